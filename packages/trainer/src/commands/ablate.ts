import { join } from 'node:path';
import { Command, Option } from 'commander';
import { selectRows, type AblationCell, type AblationPlan } from '../ablation/plan';
import { table3Plan } from '../ablation/table3';
import { resolveConfig, type ResolvedConfig } from '../config/resolve';
import { InputError } from '@ser/files';
import type { SlurmOptions } from '../launch/slurm-options';
import { addLauncherOptions, isSlurm, submitRuns, withoutLauncher, type LauncherOptions } from './launcher';
import { addConfigOptions, type ConfigOptions } from './options';
import { shownPath } from './shown-path';

interface AblateOptions extends ConfigOptions, LauncherOptions {
  readonly seeds: string;
  readonly rows?: string;
  readonly hubert?: string;
  readonly wavlm?: string;
  readonly onlyTable?: boolean;
}

/** `ser ablate table3|seeds|FILE`: rows × seeds as ordinary runs, then the table. What is done already is not run again. */
export function ablateCommand(slurm: SlurmOptions): Command {
  const command = new Command('ablate')
    .description(
      "run an ablation (the paper's Table 3, or a YAML file of rows) or one recipe with several seeds, and write its table",
    )
    .argument(
      '<ablation>',
      'table3; seeds, for the settings as they are (--name names them); or a YAML file: rows: [{ title, settings: { … } }, …]',
    )
    .addOption(new Option('--seeds <n|list>', 'number of seeds from --seed on, or seeds such as 1,5,9').default('3'))
    .addOption(new Option('--rows <list>', 'rows to run, such as 6,8,12; all by default'))
    .addOption(new Option('--hubert <dir>', 'table3: weights of the HuBERT rows; with --wavlm instead of --encoder'))
    .addOption(
      new Option('--wavlm <dir>', 'table3: weights of the WavLM rows; rows without their encoder are left out'),
    )
    .addOption(new Option('--only-table', 'run nothing: write the table from the runs that are there'))
    .action((ablation: string, options: AblateOptions) => ablate(ablation, options, slurm));
  return addConfigOptions(addLauncherOptions(command));
}

async function ablate(ablation: string, options: AblateOptions, slurm: SlurmOptions): Promise<void> {
  const { seeds: seedList, rows, hubert, wavlm, onlyTable, launcher, dryRun, config: file, preset, ...rest } = options;
  const { name, ...given } = rest;
  const flags = { ...(ablation === 'table3' && file === undefined ? ofTable3 : {}), ...given };
  if (name !== undefined && ablation !== 'seeds')
    throw new InputError('--name: the runs of an ablation are named by their settings');
  const encoders = { ...(hubert ? { hubert } : {}), ...(wavlm ? { wavlm } : {}) };
  const { ablationJobs, ablationResults, bySameMixing, ablationText, writeAblation } = await import('../ablation');
  const { ablationFolder, ablationRunName } = await import('../ablation/results');
  const recipe = typeof name === 'string' ? name : (preset ?? 'seeds');
  const everything = await planOf(ablation, { encoders, flags, recipe });
  const plan = selectRows(everything, rows === undefined ? [] : rows.split(',').map((row) => row.trim()));
  const resolveCell = (settings: object, more: object): ResolvedConfig =>
    resolveConfig({ file, preset, flags: { ...flags, ...settings, ...more } });
  const [first] = plan.rows;
  const { config: common } = resolveCell(first?.settings ?? {}, name === undefined ? {} : { name });
  const folds = common.folds.filter((fold) => typeof fold === 'number');
  if (folds.length < common.folds.length)
    throw new InputError('--folds=all-data: expected folds that are tested, because an ablation compares results');
  const seeds = parseSeeds(seedList, common.seed);
  const corpus = common.trainOn === undefined ? common.dataset : `${common.trainOn}-to-${common.testOn ?? ''}`;
  const word =
    corpus
      .split('/')
      .filter(Boolean)
      .at(-1)
      ?.replace(/\.[a-z]+$/i, '') ?? 'corpus';
  const encoder = 'hubert' in encoders || 'wavlm' in encoders ? Object.keys(encoders).join('-') : common.encoder;
  const nameOf = (cell: AblationCell, seed: number): string => ablationRunName(plan, word, encoder, cell, seed);
  // Every configuration is checked before the first run starts.
  const resolvedJobs = ablationJobs(plan, seeds).map((job) => ({
    ...job,
    resolved: resolveCell(job.cell.settings, { seed: job.seed, name: nameOf(job.cell, job.seed) }),
  }));
  const jobs = bySameMixing(resolvedJobs, ({ resolved }) => resolved.config);

  const folder = ablationFolder(common.runs, plan, word, encoder);
  if (isSlurm({ launcher, dryRun }, slurm)) {
    const runs = jobs.map(({ resolved }) => resolved);
    const table = [...withoutLauncher(process.argv.slice(2)), '--only-table'];
    await submitRuns(runs, { slurm, dryRun: dryRun === true, base: folder, join: table });
    return;
  }

  let failures = 0;
  if (onlyTable !== true) failures = await runJobs(jobs, join(folder, 'mixed'));
  const results = await ablationResults({
    plan,
    seeds,
    folds,
    runDir: (cell, seed) => join(common.runs, nameOf(cell, seed)),
  });
  const { htmlPath } = await writeAblation(folder, results);
  process.stdout.write(`${ablationText(results)}\nreport: ${shownPath(htmlPath)}\n`);
  if (failures > 0)
    throw new InputError(`${failures} of ${jobs.length} runs failed; the same command tries them again`);
}

interface ResolvedJob {
  readonly cell: AblationCell;
  readonly seed: number;
  readonly resolved: ResolvedConfig;
}

/**
 * Runs whose encoder hears the same stand one after the other. Where it is frozen, the first of them leaves the features of
 * its mixed utterances in a folder for the others.
 */
async function runJobs(jobs: readonly ResolvedJob[], mixedFolder: string): Promise<number> {
  // The trainer is loaded only when something is trained.
  const [{ openMixedFolders, runAblation }, { runCv }, { writeReport }, { createProgress }, { interruptSignal }] =
    await Promise.all([
      import('../ablation'),
      import('../run/cv'),
      import('../report'),
      import('../run/progress'),
      import('./interrupt'),
    ]);
  const progress = createProgress();
  const configs = jobs.map(({ resolved }) => resolved.config);
  const mixed = await openMixedFolders(mixedFolder, configs, progress.line);
  const { signal, release } = interruptSignal();
  try {
    const run = async ({ resolved }: ResolvedJob): Promise<void> => {
      const mixedDir = await mixed.folderFor(resolved.config);
      const options = { jobs: 1, progress, signal, ...(mixedDir === undefined ? {} : { mixedDir }) };
      const { dir, failed } = await runCv(resolved, options);
      if (failed[0]) throw failed[0].error;
      await writeReport(dir);
    };
    return (await runAblation(jobs, run, { line: progress.line, signal })).length;
  } finally {
    progress.stop();
    release();
    await mixed.close();
  }
}

interface PlanOptions {
  readonly encoders: Encoders;
  readonly flags: Readonly<Record<string, unknown>>;
  /** Name of the one row of `ablate seeds`. */
  readonly recipe: string;
}

async function planOf(ablation: string, { encoders, flags, recipe }: PlanOptions): Promise<AblationPlan> {
  if (ablation === 'table3') return planOfTable3(encoders, flags);
  if (ablation === 'seeds') return seedsPlan(recipe);
  const { readPlan } = await import('../ablation');
  return readPlan(ablation);
}

/** One recipe: what differs between its runs is the seed. */
const seedsPlan = (name: string): AblationPlan => ({
  name,
  rows: [{ row: '1', title: name, settings: {} }],
  contrasts: [],
  notes: [],
});

/** As in the paper, and so that rows do not share a probe: what a preset may say otherwise. */
const ofTable3 = { fusion: 'none', lossWeights: 'auto' };

/** Folders of weights. */
interface Encoders {
  readonly hubert?: string;
  readonly wavlm?: string;
}

function planOfTable3({ hubert, wavlm }: Encoders, flags: Readonly<Record<string, unknown>>): AblationPlan {
  if (hubert === undefined && wavlm === undefined) return table3Plan({ single: {} });
  for (const flag of ['encoder', 'weights']) {
    if (flags[flag] !== undefined) throw new InputError(`--${flag} and --hubert or --wavlm: expected one or the other`);
  }
  return table3Plan({
    ...(hubert === undefined ? {} : { hubert: { encoder: 'hubert' as const, weights: hubert } }),
    ...(wavlm === undefined ? {} : { wavlm: { encoder: 'wavlm' as const, weights: wavlm } }),
  });
}

/** `3` → three seeds from the first on; `1,5,9` → those. */
function parseSeeds(list: string, first: number): number[] {
  const numbers = list.split(',').map(Number);
  const wrong = numbers.some((seed) => !Number.isInteger(seed) || seed < 0);
  if (wrong || new Set(numbers).size !== numbers.length) {
    throw new InputError(`--seeds=${list}: expected a number of seeds, or different seeds such as 1,5,9`);
  }
  const [count = 0] = numbers;
  if (numbers.length > 1) return numbers;
  if (count < 1) throw new InputError(`--seeds=${list}: expected at least one seed`);
  return Array.from({ length: count }, (_, index) => first + index);
}
