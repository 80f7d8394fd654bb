import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { errorCode, InputError, messageOf } from '@ser/files';

const run = promisify(execFile);

/** State of one task of an array job, in Slurm's own word: PENDING, RUNNING, COMPLETED, FAILED, NODE_FAIL, … */
export interface TaskState {
  readonly task: number;
  readonly state: string;
  readonly node: string;
}

/**
 * Submits a script.
 * @param after jobs that must have ended before, well or not
 * @returns the number of the job
 * @throws {InputError} with what `sbatch` says
 */
export async function submit(script: string, after: readonly number[] = []): Promise<number> {
  const dependency = after.length === 0 ? [] : [`--dependency=afterany:${after.join(':')}`];
  const text = await slurm('sbatch', ['--parsable', ...dependency, script]);
  const job = Number(text.trim().split(';')[0]);
  if (!Number.isInteger(job)) throw new InputError(`sbatch answered "${text.trim()}", expected the number of a job`);
  return job;
}

/**
 * The tasks of an array job: those that wait or run from `squeue`, those that have ended from `sacct` where the cluster
 * keeps accounts, else what the controller still knows of them.
 */
export async function taskStates(job: number): Promise<TaskState[]> {
  const [queued, ended] = await Promise.all([queuedTasks(job), endedTasks(job)]);
  const states = new Map(ended.map((task) => [task.task, task]));
  for (const task of queued) states.set(task.task, task);
  return [...states.values()].sort((a, b) => a.task - b.task);
}

async function queuedTasks(job: number): Promise<TaskState[]> {
  // --array: a line a task, also for those that have not begun.
  const format = '%K|%T|%N';
  const text = await slurm('squeue', ['--noheader', '--array', `--jobs=${job}`, `--format=${format}`]).catch(
    (error: unknown) => {
      // A job that has ended long ago is no longer known: nothing of it is queued.
      if (messageOf(error).includes('Invalid job id')) return '';
      throw error;
    },
  );
  return rows(text).flatMap(([task = '', state = '', node = '']) => {
    const active = !['COMPLETED', 'FAILED', 'CANCELLED', 'TIMEOUT', 'NODE_FAIL', 'OUT_OF_MEMORY'].includes(state);
    return /^\d+$/.test(task) && active ? [{ task: Number(task), state, node }] : [];
  });
}

async function endedTasks(job: number): Promise<TaskState[]> {
  const text = await slurm('sacct', [
    '--noheader',
    '--parsable2',
    '--allocations',
    `--jobs=${job}`,
    '--format=JobID,State,NodeList',
  ]).catch(() => undefined);
  if (text !== undefined) return rows(text).flatMap(([id = '', state = '', node = '']) => arrayTask(id, state, node));
  // No accounts are kept: the controller remembers for some minutes (MinJobAge).
  const known = await slurm('scontrol', ['--oneliner', 'show', 'job', String(job)]).catch(() => '');
  return known.split('\n').flatMap((line) => {
    const field = (name: string): string => new RegExp(`(?:^| )${name}=(\\S*)`).exec(line)?.[1] ?? '';
    return arrayTask(`${job}_${field('ArrayTaskId')}`, field('JobState'), field('NodeList'));
  });
}

function arrayTask(id: string, state: string, node: string): TaskState[] {
  const task = /_(\d+)$/.exec(id)?.[1];
  return task === undefined ? [] : [{ task: Number(task), state: state.split(' ')[0] ?? '', node }];
}

const rows = (text: string): string[][] =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => line.trim().split('|'));

/** One of Slurm's own commands. */
async function slurm(command: string, args: readonly string[]): Promise<string> {
  try {
    const { stdout } = await run(command, [...args], { maxBuffer: 64 * 2 ** 20 });
    return stdout;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') {
      throw new InputError(`${command}: not found; --launcher=slurm runs where Slurm's commands are, on a login node`);
    }
    const said = typeof error === 'object' && error !== null && 'stderr' in error ? String(error.stderr).trim() : '';
    throw new InputError(`${command}: ${said === '' ? messageOf(error) : said.replaceAll('\n', '; ')}`);
  }
}
