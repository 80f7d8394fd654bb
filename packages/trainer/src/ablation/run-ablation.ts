import { messageOf } from '@ser/files';
import { duration } from '../run/progress';
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
 * Runs the jobs one after the other. One that fails does not stop the others, and is tried once more when they are done.
 * A job that is done already is expected to return at once, which makes the whole resumable.
 *
 * @returns the jobs that failed twice
 */
export async function runAblation<Job extends AblationJob>(
  jobs: readonly Job[],
  run: (job: Job) => Promise<void>,
  options: { readonly line: (text: string) => void; readonly signal?: AbortSignal },
): Promise<FailedJob[]> {
  const { line, signal } = options;
  const clock = createClock();
  const attempt = async (job: Job, heading: string): Promise<Error | undefined> => {
    const rows = job.cell.rows.map(({ row }) => row).join(', ');
    signal?.throwIfAborted();
    line(`${heading}: row ${rows} (${nameOf(job)})`);
    try {
      await clock.measure(() => run(job));
      return undefined;
    } catch (error) {
      if (signal?.aborted === true || !(error instanceof Error)) throw error;
      line(`${nameOf(job)} failed: ${messageOf(error)}`);
      return error;
    }
  };

  const failed: Job[] = [];
  for (const [index, job] of jobs.entries()) {
    const { length } = failed;
    const counts = [...(length > 0 ? [`${length} failed`] : []), ...clock.left(jobs.length - index)];
    const error = await attempt(job, [`run ${index + 1} of ${jobs.length}`, ...counts].join(', '));
    if (error) failed.push(job);
  }
  const failedTwice: FailedJob[] = [];
  for (const [index, job] of failed.entries()) {
    const error = await attempt(job, `again, ${index + 1} of ${failed.length}`);
    if (error) failedTwice.push({ ...job, error });
  }
  return failedTwice;
}

const nameOf = ({ cell, seed }: AblationJob): string => `${cell.slug}, seed ${seed}`;

/** A job that takes less was done already and says nothing about those to come. */
const noTraining = 3_000;

/** Estimates the time left from the jobs that trained. */
function createClock(): { measure: (job: () => Promise<void>) => Promise<void>; left: (jobs: number) => string[] } {
  const times: number[] = [];
  return {
    async measure(job) {
      const begin = performance.now();
      await job();
      const time = performance.now() - begin;
      if (time > noTraining) times.push(time);
    },
    left: (jobs) =>
      times.length === 0 ? [] : [`about ${duration((jobs * times.reduce((a, b) => a + b, 0)) / times.length)} left`],
  };
}
