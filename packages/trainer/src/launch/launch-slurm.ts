import { join } from 'node:path';
import { writeFileWhole } from '@ser/files';
import { foldTitle } from '../record/fold-result';
import { submit } from './slurm-commands';
import type { SlurmOptions } from './slurm-options';
import { arrayScript, joinScript } from './slurm-script';
import { activeStates, newSubmissionFolder, readSubmissions, recordSubmission, submittedTasks } from './submissions';
import { sameTask, writeTasks, type Task } from './tasks';

export interface LaunchOptions {
  /** Folder of the run or of the ablation; scripts and logs go below it. */
  readonly base: string;
  /** Name of the jobs. */
  readonly name: string;
  /** Command line of this program. */
  readonly self: readonly string[];
  readonly slurm: SlurmOptions;
  /** Arguments of the commands that join the results, once all tasks have ended. */
  readonly join: readonly (readonly string[])[];
}

export interface Launched {
  /** Tasks that this call submitted. */
  readonly submitted: readonly Task[];
  /** Tasks that an earlier call submitted and that still wait or run. */
  readonly active: readonly Task[];
  /** Number of the array job; undefined when there was nothing to submit. */
  readonly job?: number;
  readonly dir?: string;
}

/**
 * Submits tasks as one array job, and after it a job that joins the results. Tasks that an earlier submission has in the
 * queue are left out, so that the same command can be given again at any time.
 *
 * @throws {InputError} with what Slurm's own commands say
 */
export async function launchSlurm(tasks: readonly Task[], options: LaunchOptions): Promise<Launched> {
  const { base, name, self, slurm } = options;
  const queued = (await submittedTasks(base)).filter(({ state }) => activeStates.includes(state));
  const active = tasks.filter((task) => queued.some((other) => sameTask(task, other)));
  const submitted = tasks.filter((task) => !active.includes(task));
  if (submitted.length === 0) return { submitted, active };

  const dir = await newSubmissionFolder(base);
  const script = { name, dir, cwd: process.cwd(), self, slurm };
  await writeTasks(join(dir, 'tasks.json'), submitted);
  await writeFileWhole(join(dir, 'array.sh'), arrayScript(script, submitted.length));
  await writeFileWhole(join(dir, 'report.sh'), joinScript(script, options.join));
  const before = active.length > 0 ? (await readSubmissions(base)).map(({ job }) => job) : [];
  const job = await submit(join(dir, 'array.sh'));
  await recordSubmission(dir, job);
  await submit(join(dir, 'report.sh'), [...before, job]);
  return { submitted, active, job, dir };
}

/** What `launchSlurm` would submit, as text. */
export function dryRun(tasks: readonly Task[], options: LaunchOptions): string {
  const script = { ...options, dir: join(options.base, 'slurm', '1'), cwd: process.cwd() };
  return [
    `# tasks.json: ${tasks.map(({ run, fold }) => `${run} ${foldTitle(fold)}`).join(', ')}`,
    '# array.sh',
    arrayScript(script, tasks.length),
    '# report.sh, after it',
    joinScript(script, options.join),
  ].join('\n');
}
