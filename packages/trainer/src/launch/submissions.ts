import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, fileError, InputError, makeFolder, readJsonIfThere, writeFileWhole } from '@ser/files';
import { taskStates, type TaskState } from './slurm-commands';
import { readTasks, type Task } from './tasks';

/** One call of `sbatch` for a run or an ablation, with the folder of its scripts and logs. */
export interface Submission {
  readonly dir: string;
  /** Number of the array job. */
  readonly job: number;
  readonly tasks: readonly Task[];
}

/** A task of a submission, and what Slurm says of it. */
export interface SubmittedTask extends Task {
  readonly state: string;
  readonly node: string;
  readonly log: string;
}

const folder = 'slurm';

/** States in which a task will still run, or runs. */
export const activeStates: readonly string[] = [
  'PENDING',
  'CONFIGURING',
  'RUNNING',
  'REQUEUED',
  'REQUEUE_HOLD',
  'RESIZING',
  'SUSPENDED',
  'COMPLETING',
];

/** A new folder for a submission, `slurm/1`, `slurm/2`, … below `base`. */
export async function newSubmissionFolder(base: string): Promise<string> {
  const parent = join(base, folder);
  try {
    makeFolder(parent);
    for (let number = (await numbersIn(parent)).length + 1; ; number++) {
      try {
        await mkdir(join(parent, String(number)));
        return join(parent, String(number));
      } catch (error) {
        if (errorCode(error) !== 'EEXIST') throw error; // another process has just taken this number
      }
    }
  } catch (error) {
    throw fileError(error, parent);
  }
}

/** Notes the job of a submission; a folder without this note was never submitted. */
export async function recordSubmission(dir: string, job: number): Promise<void> {
  await writeFileWhole(join(dir, 'submission.json'), `${JSON.stringify({ job })}\n`);
}

/** All submissions below `base`, the oldest first. */
export async function readSubmissions(base: string): Promise<Submission[]> {
  const parent = join(base, folder);
  const submissions: Submission[] = [];
  for (const number of await numbersIn(parent)) {
    const dir = join(parent, String(number));
    const note = await readJsonIfThere(join(dir, 'submission.json'));
    if (note === undefined) continue;
    if (typeof note !== 'object' || note === null || !('job' in note) || !Number.isInteger(note.job)) {
      throw new InputError(`${join(dir, 'submission.json')}: expected { "job": number }`);
    }
    submissions.push({ dir, job: Number(note.job), tasks: await readTasks(join(dir, 'tasks.json')) });
  }
  return submissions;
}

/** The last that Slurm says of every task that was ever submitted below `base`. */
export async function submittedTasks(base: string): Promise<SubmittedTask[]> {
  const latest = new Map<string, SubmittedTask>();
  for (const { dir, job, tasks } of await readSubmissions(base)) {
    const states = new Map<number, TaskState>((await taskStates(job)).map((state) => [state.task, state]));
    tasks.forEach((task, index) => {
      const { state = 'UNKNOWN', node = '' } = states.get(index) ?? {};
      latest.set(`${task.fold} ${task.run}`, { ...task, state, node, log: join(dir, `task-${index}.log`) });
    });
  }
  return [...latest.values()];
}

async function numbersIn(parent: string): Promise<number[]> {
  const names = await readdir(parent).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return [];
    throw fileError(error, parent);
  });
  return names
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}
