import { messageOf } from '@ser/files';
import { cells, type AblationCell, type AblationPlan } from './plan';

export interface AblationJob {
  readonly cell: AblationCell;
  readonly seed: number;
}

export interface FailedJob extends AblationJob {
  readonly error: Error;
}

/** The runs of an ablation: every cell with the first seed, then every cell with the next. */
export function ablationJobs(plan: AblationPlan, seeds: readonly number[]): AblationJob[] {
  const all = cells(plan);
  return seeds.flatMap((seed) => all.map((cell) => ({ cell, seed })));
}

/**
 * Runs the jobs one after the other; one that fails is reported and the others go on. A job that is done already is
 * expected to return at once, which makes the whole resumable.
 */
export async function runAblation<Job extends AblationJob>(
  jobs: readonly Job[],
  run: (job: Job) => Promise<void>,
  options: { readonly line: (text: string) => void; readonly signal?: AbortSignal },
): Promise<FailedJob[]> {
  const failed: FailedJob[] = [];
  for (const [index, job] of jobs.entries()) {
    const name = `${job.cell.slug}, seed ${job.seed}`;
    options.signal?.throwIfAborted();
    options.line(`run ${index + 1} of ${jobs.length}: row ${job.cell.rows.map(({ row }) => row).join(', ')} (${name})`);
    try {
      await run(job);
    } catch (error) {
      if (options.signal?.aborted === true || !(error instanceof Error)) throw error;
      failed.push({ ...job, error });
      options.line(`${name} failed: ${messageOf(error)}`);
    }
  }
  return failed;
}
