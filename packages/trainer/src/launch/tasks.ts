import { readJsonIfThere, InputError, writeFileWhole } from '@ser/files';

/** One fold of one run: the smallest piece of work that is a job of its own. */
export interface Task {
  /** The run's folder, which holds its `config.json`. */
  readonly run: string;
  /** From 1; `allDataIndex` for the model of all data. */
  readonly fold: number;
}

export async function writeTasks(path: string, tasks: readonly Task[]): Promise<void> {
  await writeFileWhole(path, `${JSON.stringify(tasks, null, 1)}\n`);
}

/** @throws {InputError} when the file is missing or is no list of tasks. */
export async function readTasks(path: string): Promise<Task[]> {
  const value = await readJsonIfThere(path);
  if (!Array.isArray(value) || !value.every(isTask)) {
    throw new InputError(`${path}: expected a list of tasks, { "run": folder, "fold": number }`);
  }
  return value;
}

function isTask(value: unknown): value is Task {
  if (typeof value !== 'object' || value === null || !('run' in value && 'fold' in value)) return false;
  return typeof value.run === 'string' && Number.isInteger(value.fold);
}

export const sameTask = (a: Task, b: Task): boolean => a.run === b.run && a.fold === b.fold;
