import { Command, Option } from 'commander';
import { resolveConfig, type ResolvedConfig } from '../config/resolve';
import { InputError, isInputError } from '@ser/files';
import type { CvResult } from '../run/cv';
import { createProgress } from '../run/progress';
import { readRunConfig } from '../record/run-config';
import { interruptSignal } from './interrupt';
import { addConfigOptions, type ConfigOptions } from './options';

/** `ser cv`: the folds that are not done yet, then the joined report. */
export function cvCommand(): Command {
  const command = new Command('cv')
    .description(
      'train and test every fold, join their predictions, write the report; finished folds are not run again',
    )
    .addOption(
      new Option('--jobs <n>', 'folds at once, each in a process of its own').default(1).argParser(positive('jobs')),
    )
    .action(async (options: ConfigOptions & { jobs: number }) => {
      const { jobs, config: file, preset, ...flags } = options;
      await crossValidate(resolveConfig({ file, preset, flags }), jobs);
    });
  return addConfigOptions(command);
}

/** `ser fold`: one fold, of settings or of a run that exists. */
export function foldCommand(): Command {
  const command = new Command('fold')
    .description('train and test one fold: a job of its own, on any machine')
    .argument('<index>', 'number of the fold, from 1')
    .addOption(new Option('--run <dir>', 'take the settings from this run folder'))
    .action(async (index: string, options: ConfigOptions & { run?: string }) => {
      const { run, config: file, preset, ...flags } = options;
      const resolved = run === undefined ? resolveConfig({ file, preset, flags }) : await readRunConfig(run);
      const folds = [positive('fold')(index)];
      const { dir, results, failed } = await crossValidateFolds(
        { ...resolved, config: { ...resolved.config, folds } },
        1,
      );
      if (failed[0]) throw failed[0].error;
      if (results[0]) process.stdout.write(`${dir}/fold-${results[0].fold}\n`);
    });
  return addConfigOptions(command);
}

async function crossValidate(resolved: ResolvedConfig, jobs: number): Promise<void> {
  const { dir, results, failed } = await crossValidateFolds(resolved, jobs);
  if (results.length > 0) {
    const { printTable } = await import('./table');
    await printTable(dir, results);
  }
  for (const { fold, error } of failed) process.stderr.write(`fold ${fold} failed: ${error.message}\n`);
  if (failed.length === 0) return;
  const defect = failed.find(({ error }) => !isInputError(error));
  if (defect) throw defect.error;
  throw new InputError(`${failed.length} fold${failed.length > 1 ? 's' : ''} failed; the same command tries again`);
}

async function crossValidateFolds(resolved: ResolvedConfig, jobs: number): Promise<CvResult> {
  const { runCv } = await import('../run/cv');
  let left = 0;
  const progress = createProgress({ foldsLeft: () => left });
  const { signal, release } = interruptSignal();
  try {
    const self = [process.execPath, ...process.execArgv, process.argv[1] ?? ''];
    return await runCv(resolved, { jobs, progress, signal, self, onFoldsLeft: (n) => (left = n) });
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
