import { Command, Option } from 'commander';
import { resolveConfig, type ResolvedConfig } from '../config/resolve';
import { InputError, isInputError, messageOf } from '@ser/files';
import type { CvResult } from '../run/cv';
import { createProgress } from '../run/progress';
import { allDataIndex, foldFolder, foldKey, foldTitle } from '../record/fold-result';
import { readRunConfig } from '../record/run-config';
import { readTasks } from '../launch/tasks';
import type { SlurmOptions } from '../launch/slurm-options';
import { enterCuda } from './enter-cuda';
import { interruptSignal } from './interrupt';
import { addLauncherOptions, isSlurm, ownCommand, submitRuns, type LauncherOptions } from './launcher';
import { addConfigOptions, type ConfigOptions } from './options';

/** `ser cv`: the folds that are not done yet, then the joined report. */
export function cvCommand(slurm: SlurmOptions): Command {
  const command = new Command('cv')
    .description(
      'train and test every fold, join their predictions, write the report; finished folds are not run again',
    )
    .addOption(
      new Option('--jobs <n>', 'folds at once, each in a process of its own').default(1).argParser(positive('jobs')),
    )
    .action(async (options: ConfigOptions & LauncherOptions & { jobs: number }) => {
      const { jobs, launcher, dryRun, config: file, preset, ...flags } = options;
      const resolved = resolveConfig({ file, preset, flags });
      if (isSlurm({ launcher, dryRun }, slurm))
        await submitRuns([resolved], { slurm, dryRun: dryRun === true, join: [] });
      else await crossValidate(resolved, jobs);
    });
  return addConfigOptions(addLauncherOptions(command));
}

/** `ser fold`: one fold, of settings or of a run that exists. */
export function foldCommand(): Command {
  const command = new Command('fold')
    .description('train and test one fold: a job of its own, on any machine')
    .argument('<index>', 'number of the fold, from 1, or all-data')
    .addOption(new Option('--run <dir>', 'take the settings from this run folder'))
    .action(async (index: string, options: ConfigOptions & { run?: string }) => {
      const { run, config: file, preset, ...flags } = options;
      const resolved = run === undefined ? resolveConfig({ file, preset, flags }) : await readRunConfig(run);
      await oneFold(resolved, index === 'all-data' ? allDataIndex : positive('fold')(index), false);
    });
  return addConfigOptions(command);
}

/** `ser task`: what a launcher runs on a node, one line of its list of tasks. */
export function taskCommand(): Command {
  return new Command('task')
    .description('one fold from the list that a launcher wrote')
    .argument('<index>', 'place in the list, from 0')
    .requiredOption('--tasks <file>', 'the list')
    .action(async (index: string, { tasks: path }: { tasks: string }) => {
      const tasks = await readTasks(path);
      const task = /^\d+$/.test(index) ? tasks[Number(index)] : undefined;
      if (!task) throw new InputError(`task: expected a number from 0 to ${tasks.length - 1}, got "${index}"`);
      // A task that was put back into the queue may meet the one before it, which has not ended yet.
      await oneFold(await readRunConfig(task.run), task.fold, true);
    });
}

async function oneFold(resolved: ResolvedConfig, fold: number, wait: boolean): Promise<void> {
  const config = { ...resolved.config, folds: [foldKey(fold)] };
  const { dir, results, failed } = await crossValidateFolds({ ...resolved, config }, { jobs: 1, wait });
  if (failed[0]) throw failed[0].error;
  if (results[0]) process.stdout.write(`${foldFolder(dir, results[0].fold)}\n`);
}

async function crossValidate(resolved: ResolvedConfig, jobs: number): Promise<void> {
  const { dir, results, failed } = await crossValidateFolds(resolved, { jobs, sayFailures: true });
  if (results.length > 0) {
    const { printTable } = await import('./table');
    await printTable(dir, results, resolved.config.by);
  }
  if (failed.length === 0) return;
  const defect = failed.find(({ error }) => !isInputError(error));
  if (defect) throw defect.error;
  const folds = failed
    .map(({ fold }) => fold)
    .sort((a, b) => a - b)
    .map(foldTitle)
    .join(', ');
  throw new InputError(`${folds} failed; the same command tries again`);
}

async function crossValidateFolds(
  resolved: ResolvedConfig,
  { sayFailures, ...options }: { readonly jobs: number; readonly wait?: boolean; readonly sayFailures?: boolean },
): Promise<CvResult> {
  await enterCuda(resolved.config.engine);
  const { runCv } = await import('../run/cv');
  let left = 0;
  const progress = createProgress({ foldsLeft: () => left });
  const { signal, release } = interruptSignal();
  try {
    return await runCv(resolved, {
      ...options,
      progress,
      signal,
      self: ownCommand(),
      onFoldsLeft: (n) => (left = n),
      ...(sayFailures
        ? { onFailed: ({ fold, error }) => progress.line(`${foldTitle(fold)}  failed: ${messageOf(error)}`) }
        : {}),
    });
  } finally {
    progress.stop();
    release();
  }
}

function positive(name: string): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < 1)
      throw new InputError(`${name}: expected a whole number from 1, got "${text}"`);
    return value;
  };
}
