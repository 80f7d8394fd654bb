import { Option, type Command } from 'commander';
import { InputError } from '@ser/files';
import { join } from 'node:path';
import type { ResolvedConfig } from '../config/resolve';
import { dryRun as scripts, launchSlurm } from '../launch/launch-slurm';
import { takeSlurmOptions, type SlurmOptions } from '../launch/slurm-options';
import type { Task } from '../launch/tasks';

export interface LauncherOptions {
  readonly launcher: 'local' | 'slurm';
  readonly dryRun?: boolean;
}

export function addLauncherOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--launcher <where>', 'where folds run: here, or as an array job of Slurm')
        .choices(['local', 'slurm'])
        .default('local'),
    )
    .addOption(new Option('--dry-run', 'with --launcher=slurm: print the scripts and submit nothing'))
    .addHelpText(
      'after',
      '\nEvery option of sbatch can be given with --slurm- before it: --slurm-partition=gpu --slurm-gres=gpu:1\n' +
        '--slurm-time=4:00:00. --slurm-setup="module load cuda" runs in every task first.\n',
    );
}

/** @throws {InputError} for options of Slurm without Slurm. */
export function isSlurm({ launcher, dryRun }: LauncherOptions, { sbatch, setup }: SlurmOptions): boolean {
  if (launcher === 'slurm') return true;
  const [name = setup.length > 0 ? 'setup' : undefined] = sbatch.keys();
  if (name !== undefined) throw new InputError(`--slurm-${name}: expected --launcher=slurm with it`);
  if (dryRun === true) throw new InputError('--dry-run: expected --launcher=slurm with it');
  return false;
}

/** Command line of this program, for processes and jobs of their own. */
export function ownCommand(): string[] {
  return [process.execPath, ...process.execArgv, process.argv[1] ?? ''];
}

/** A command line without what says where it runs: the same command, here. */
export function withoutLauncher(args: readonly string[]): string[] {
  const { rest } = takeSlurmOptions(args);
  return rest.filter((arg, i) => !/^--(launcher(=|$)|dry-run$)/.test(arg) && rest[i - 1] !== '--launcher');
}

export interface SubmitOptions {
  readonly slurm: SlurmOptions;
  readonly dryRun: boolean;
  /** Folder of an ablation, where scripts and logs of all its runs go; the run's own folder when absent. */
  readonly base?: string;
  readonly name?: string;
  /** Arguments of a further command that runs when all reports are written. */
  readonly join: readonly string[];
}

/** Prepares runs as `ser cv` would, and submits their folds that are not done instead of running them. */
export async function submitRuns(runs: readonly ResolvedConfig[], options: SubmitOptions): Promise<void> {
  const { prepareRun, recordRun } = await import('../run/cv');
  const tasks: Task[] = [];
  const dirs: string[] = [];
  let done = 0;
  for (const resolved of runs) {
    const run = await prepareRun(resolved);
    if (!options.dryRun) await recordRun(resolved, run);
    dirs.push(run.dir);
    done += run.chosen.length - run.open.length;
    tasks.push(...run.open.map(({ fold }) => ({ run: run.dir, fold: fold.index })));
  }
  const [first = ''] = dirs;
  const base = options.base ?? first;
  const name = options.name ?? join(base).split('/').at(-1) ?? 'ser';
  const launch = {
    base,
    name: `ser-${name}`,
    self: ownCommand(),
    slurm: options.slurm,
    join: [['report', ...dirs], ...(options.join.length > 0 ? [options.join] : [])],
  };
  if (options.dryRun) {
    process.stdout.write(scripts(tasks, launch));
    return;
  }
  const { submitted, active, job, dir } = await launchSlurm(tasks, launch);
  const counts = [
    `${submitted.length} folds submitted${job === undefined ? '' : ` as job ${job}`}`,
    ...(active.length > 0 ? [`${active.length} in the queue already`] : []),
    ...(done > 0 ? [`${done} done already`] : []),
  ];
  process.stdout.write(`${counts.join(', ')}\n`);
  if (dir !== undefined) process.stdout.write(`scripts and logs: ${dir}\n`);
  process.stdout.write(`ser status ${base} says how far they are; the report is written when all have ended\n`);
}
