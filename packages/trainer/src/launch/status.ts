import { join, resolve } from 'node:path';
import { lookAtLease } from '@ser/files';
import { percent } from '../percent';
import { allDataIndex, finishedFold, foldFolder } from '../record/fold-result';
import { readRun, type FoldData, type RunData } from '../record/read-run';
import { textTable } from '../report/text-table';
import { leaseFile } from '../run/lease-file';
import { duration } from '../run/progress';
import { activeStates, readSubmissions, submittedTasks, type SubmittedTask } from './submissions';

/** State of a fold. `stopped`: a part of the training is done, and no process continues it. */
export type FoldState = 'done' | 'running' | 'queued' | 'failed' | 'stopped' | 'missing';

export interface FoldStatus {
  readonly run: string;
  readonly fold: number;
  readonly state: FoldState;
  /** Epochs behind it, of `epochs`. */
  readonly epoch: number;
  readonly epochs: number;
  /** Training time so far, in seconds. */
  readonly seconds: number;
  /** Accuracies, who runs it, or the file that says why it failed. */
  readonly detail: string;
}

/**
 * Looks at runs without touching them: at their files, at the leases of their folds, and at what Slurm says of what was
 * submitted.
 *
 * @param folders run folders, or folders of ablations that were submitted
 * @throws {InputError} when a folder is none of these
 */
export async function readStatus(folders: readonly string[]): Promise<FoldStatus[]> {
  const all: FoldStatus[] = [];
  for (const folder of folders) {
    const submitted = await submittedTasks(folder);
    const runs = new Set((await readSubmissions(folder)).flatMap(({ tasks }) => tasks.map(({ run }) => run)));
    for (const dir of runs.size > 0 ? runs : [folder]) {
      const run = await readRun(dir);
      const ofRun = submitted.filter((one) => resolve(one.run) === resolve(dir));
      const withAllData = run.allData !== undefined || ofRun.some(({ fold }) => fold === allDataIndex);
      for (const index of [...run.expectedFolds, ...(withAllData ? [allDataIndex] : [])]) {
        const task = ofRun.find(({ fold }) => fold === index);
        const isThere = foldIn(run, index) !== undefined;
        // A fold that was not asked for is not missing.
        if (submitted.length > 0 && !task && !isThere) continue;
        all.push(await foldStatus(run, dir, index, task));
      }
    }
  }
  return all;
}

async function foldStatus(
  run: RunData,
  dir: string,
  index: number,
  task: SubmittedTask | undefined,
): Promise<FoldStatus> {
  const folder = foldFolder(dir, index);
  const result = await finishedFold(folder);
  const lease = lookAtLease(join(folder, leaseFile));
  const epochs = Number(run.config['epochs'] ?? 0);
  const behind = progressOf(foldIn(run, index));
  const status = (state: FoldState, detail: string): FoldStatus => ({
    run: dir,
    fold: index,
    state,
    epochs,
    detail,
    ...behind,
  });
  if (result) {
    const accuracies = index === allDataIndex ? 'no test' : `WA ${percent(result.wa)} %, UA ${percent(result.ua)} %`;
    return { ...status('done', accuracies), epoch: epochs, seconds: result.seconds };
  }
  if (lease && lease.age < 60) return status('running', `process ${lease.pid} on ${lease.host}`);
  if (task && activeStates.includes(task.state)) {
    return status('queued', [task.state.toLowerCase(), task.node].filter(Boolean).join(' on '));
  }
  if (task && task.state !== 'COMPLETED' && task.state !== 'UNKNOWN') {
    return status('failed', `${task.state.toLowerCase()}, see ${task.log}`);
  }
  if (behind.epoch > 0) return status('stopped', 'the same command goes on from there');
  return status('missing', '');
}

function foldIn({ folds, allData }: RunData, index: number): FoldData | undefined {
  return index === allDataIndex ? allData : folds.find((fold) => fold.index === index);
}

function progressOf(fold: FoldData | undefined): { epoch: number; seconds: number } {
  const last = fold?.epochs.filter(({ type }) => type === 'epoch').at(-1);
  return { epoch: last?.epoch ?? 0, seconds: last?.seconds ?? 0 };
}

/** One line a fold, then the counts and the time left. */
export function statusText(folds: readonly FoldStatus[]): string {
  const several = new Set(folds.map(({ run }) => run)).size > 1;
  const table = textTable(
    [...(several ? ['run'] : []), 'fold', 'state', 'epoch', 'training', ''],
    folds.map(({ run, fold, state, epoch, epochs, seconds, detail }) => [
      ...(several ? [run.split('/').at(-1) ?? run] : []),
      fold === allDataIndex ? 'all data' : String(fold),
      state,
      `${epoch}/${epochs}`,
      seconds > 0 ? duration(1000 * seconds) : '',
      detail,
    ]),
    several ? 6 : 5,
  );
  const states: readonly FoldState[] = ['done', 'running', 'queued', 'failed', 'stopped', 'missing'];
  const counts = states.flatMap((state) => {
    const count = folds.filter((fold) => fold.state === state).length;
    return count > 0 ? [`${count} ${state}`] : [];
  });
  const left = timeLeft(folds);
  return `${table}\n\n${counts.join(', ')}${left === undefined ? '' : `; about ${duration(1000 * left)} left`}`;
}

/**
 * Seconds until all folds are done if as many go on running as run now, from the epochs behind them; undefined when
 * nothing runs or nothing has been measured.
 */
function timeLeft(folds: readonly FoldStatus[]): number | undefined {
  const measured = folds.filter(({ epoch, seconds }) => epoch > 0 && seconds > 0);
  const running = folds.filter(({ state }) => state === 'running').length;
  if (running === 0 || measured.length === 0) return undefined;
  const perEpoch =
    measured.reduce((sum, { seconds }) => sum + seconds, 0) / measured.reduce((sum, { epoch }) => sum + epoch, 0);
  const open = folds.filter(({ state }) => state === 'running' || state === 'queued');
  return (open.reduce((sum, { epoch, epochs }) => sum + epochs - epoch, 0) * perEpoch) / running;
}
