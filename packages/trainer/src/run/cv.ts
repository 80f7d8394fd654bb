import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { assertNoSharedSamples } from '@ser/datasets';
import type { Encoder } from '@ser/frontend-wavlm';
import { renameFormer } from '../config/former';
import { freeKeys, needCuda, runName, type ResolvedConfig } from '../config/resolve';
import { defaults, keys, type Config } from '../config/schema';
import type { Engine } from '../training/engine';
import { InputError, messageOf } from '@ser/files';
import { listCards, visibleCards } from '../cuda/cards';
import { openData, type OpenedData, type Split } from './corpus';
import { doneFold } from './done-fold';
import { checkEncoderFolder } from './encoder-folder';
import { percent } from '../percent';
import { checkColumns, columnsOf } from '../record/columns';
import { notProved, refuseOther, type Fingerprint } from '../record/fingerprint';
import { allDataIndex, foldFolder, foldKey, foldTitle } from '../record/fold-result';
import { runFingerprint, storedRun, writeRunConfig } from '../record/run-config';
import type { FoldResult } from '../record/run-files';
import type { StoredWave } from '../data/waves';
import type { AudioHashes } from './fingerprint';
import type { Progress } from './progress';

// tfjs and ONNX Runtime take a while to load: only what trains imports them, after everything cheaper was found right.

export interface FailedFold {
  readonly fold: number;
  readonly error: Error;
}

export interface CvResult {
  readonly dir: string;
  readonly results: readonly FoldResult[];
  readonly failed: readonly FailedFold[];
}

export interface CvOptions {
  /** Folds at once, each in a process of its own when more than one. */
  readonly jobs: number;
  readonly progress: Progress;
  readonly signal?: AbortSignal;
  /** Told how many folds come after the one that is running. */
  readonly onFoldsLeft?: (left: number) => void;
  /** Told of a fold that fails, as soon as it does, where nothing has been printed about it yet. */
  readonly onFailed?: (failed: FailedFold) => void;
  /** Command line of this program, for folds in processes of their own. */
  readonly self?: readonly string[];
  /** Waits for a fold that another process has, instead of an error. */
  readonly wait?: boolean;
  /** Folder of `FoldJob.mixed`; not used by folds in processes of their own. */
  readonly mixedDir?: string;
}

/** A run before anything is trained: its folder, its corpus, and which of its folds are to be done. */
export interface PreparedRun {
  readonly dir: string;
  readonly data: OpenedData;
  /** Folds asked for. */
  readonly chosen: readonly Split[];
  /** Those of them that are not done. */
  readonly open: readonly Split[];
  readonly done: readonly FoldResult[];
  readonly encoder: EncoderFacts;
}

/**
 * Everything that can be wrong with settings, corpus and encoder folder is found here, before anything is written.
 * @throws {InputError} when they are not usable, or the folder holds a run that was made from something else.
 */
export async function prepareRun(resolved: ResolvedConfig): Promise<PreparedRun> {
  const { config } = resolved;
  const dir = runFolder(resolved);
  await checkEncoderFolder(config);
  const before = await storedRun(dir);
  if (before) refuseOtherSettings(dir, before, config);
  let opened: Promise<Encoder> | undefined;
  const openOnce = async (): Promise<Encoder> => {
    const { openEncoder } = await import('../model/encoder');
    opened ??= openEncoder(config)();
    return opened;
  };
  try {
    return await prepare(config, dir, before, openOnce);
  } finally {
    (await opened?.catch(() => undefined))?.dispose();
  }
}

/** @param openOnce the encoder, which is loaded at the first call */
async function prepare(
  config: Config,
  dir: string,
  before: Readonly<Record<string, unknown>> | undefined,
  openOnce: () => Promise<Encoder>,
): Promise<PreparedRun> {
  const data = await openData(config, async () => (await openOnce()).minSamples);
  checkColumns(config.by, columnsIn(data));
  const chosen = chooseFolds(config, data);
  if (before) refuseOtherClasses(dir, before, data);
  const encoder = await aboutEncoder(config, data, await openOnce());
  if (before) refuseOther(dir, runFingerprint(before, dir), encoder.fingerprint);
  const done = await doneFolds(dir, chosen, encoder.fingerprint);
  const open = chosen.filter(({ fold }) => !done.some((result) => result.fold === fold.index));
  return { dir, data, chosen, open, done, encoder };
}

/** The columns of all that is tested. */
const columnsIn = ({ splits }: OpenedData): Record<string, string>[] =>
  splits.flatMap(({ fold }) => fold.test.map(columnsOf));

/** Writes the run's `config.json`. */
export async function recordRun(resolved: ResolvedConfig, { dir, data, encoder }: PreparedRun): Promise<void> {
  const folds = data.splits.map(({ fold }) => fold.index);
  await writeRunConfig(dir, resolved, {
    corpus: data.name,
    labels: data.labels,
    folds,
    fingerprint: encoder.fingerprint,
  });
}

/**
 * Runs the folds that are not done yet; one that fails does not stop the others.
 * @throws {InputError} before anything is written, when settings, corpus, encoder folder or engine are not usable.
 */
export async function runCv(resolved: ResolvedConfig, options: CvOptions): Promise<CvResult> {
  const { config } = resolved;
  const { progress } = options;
  const run = await prepareRun(resolved);
  const { dir, data, chosen, open, done, encoder } = run;
  const inProcesses = options.jobs > 1 && open.length > 1;
  const engine = inProcesses || open.length === 0 ? undefined : await startEngine(config, progress);
  await recordRun(resolved, run);
  data.notes.forEach(progress.line);
  const old = done.filter(({ fingerprint }) => fingerprint === undefined).map(({ fold }) => foldTitle(fold));
  if (old.length > 0) progress.line(`${old.join(', ')} of ${dir}: ${notProved}`);
  for (const split of chosen) {
    const { index } = split.fold;
    if (!open.includes(split)) progress.line(`${foldTitle(index)}  done already (${foldFolder(dir, index)})`);
  }
  const failed: FailedFold[] = [];
  if (inProcesses) failed.push(...(await runInProcesses(dir, open, options, config)));
  else if (engine) failed.push(...(await runHere({ config, engine, dir, data, encoder }, open, options)));
  return { dir, results: await doneFolds(dir, chosen, encoder.fingerprint), failed };
}

function runFolder(resolved: ResolvedConfig): string {
  return join(resolved.config.runs, runName(resolved));
}

/** Results of the folds that are done, and were made from what is there now. */
async function doneFolds(dir: string, splits: readonly Split[], fingerprint: Fingerprint): Promise<FoldResult[]> {
  const results: FoldResult[] = [];
  for (const { fold } of splits) {
    const result = await doneFold(foldFolder(dir, fold.index), fingerprint);
    if (result) results.push(result);
  }
  return results;
}

/** What must be known of the encoder and the data before anything is trained. */
interface EncoderFacts {
  readonly createEncoder: () => Promise<Encoder>;
  readonly minSamples: number;
  readonly fingerprint: Fingerprint;
  readonly audio: AudioHashes;
}

async function aboutEncoder(config: Config, data: OpenedData, encoder: Encoder): Promise<EncoderFacts> {
  const [{ openEncoder }, { audioHashes, fingerprintOf, utterancesOf }] = await Promise.all([
    import('../model/encoder'),
    import('./fingerprint'),
  ]);
  const audio = await audioHashes(utterancesOf(data.splits));
  const fingerprint = await fingerprintOf(config, data, encoder, audio);
  return { createEncoder: openEncoder(config), minSamples: encoder.minSamples, fingerprint, audio };
}

interface OpenRun {
  readonly config: Config;
  readonly engine: Engine;
  readonly dir: string;
  readonly data: OpenedData;
  readonly encoder: EncoderFacts;
}

async function runHere(
  { config, engine, dir, data, encoder }: OpenRun,
  splits: readonly Split[],
  options: CvOptions,
): Promise<FailedFold[]> {
  const { progress, signal } = options;
  const [{ loadWaves }, { runFold }] = await Promise.all([import('../data/waves'), import('./fold')]);
  const { minSamples, createEncoder, fingerprint, audio } = encoder;
  const needed = new Map(
    splits.flatMap(({ fold, validation }) => [...fold.train, ...validation, ...fold.test]).map((u) => [u.id, u]),
  );
  const waves = await loadWaves([...needed.values()], {
    trim: config.trim,
    trimDb: config.trimDb,
    minSamples,
    onProgress: (done, total) => progress.count('audio files', done, total),
  });
  refuseSharedSamples(splits, waves);
  const failed: FailedFold[] = [];
  for (const [i, { fold, validation }] of splits.entries()) {
    options.onFoldsLeft?.(splits.length - 1 - i);
    const { wait = false, mixedDir } = options;
    const job = { config, labels: data.labels, fold, validation, waves, createEncoder, engine, progress, signal, wait };
    const times = config.epochs * splits.length;
    const mixed = mixedDir === undefined ? {} : { mixed: { dir: mixedDir, times } };
    try {
      const result = await runFold({ ...job, ...mixed, fingerprint, audio, dir: foldFolder(dir, fold.index) });
      progress.line(summary(result));
    } catch (error) {
      if (signal?.aborted) throw error;
      if (!(error instanceof Error)) throw error;
      failed.push({ fold: fold.index, error });
      options.onFailed?.({ fold: fold.index, error });
    }
  }
  return failed;
}

/** Two files may hold one recording: what was decoded tells. */
function refuseSharedSamples(splits: readonly Split[], waves: ReadonlyMap<string, StoredWave>): void {
  const digests = new Map([...waves].flatMap(([id, { digest }]) => (digest === undefined ? [] : [[id, digest]])));
  const sides = splits.map(({ fold, validation }) => {
    const train = new Set(fold.train);
    return { ...fold, dev: validation.filter((utterance) => !train.has(utterance)) };
  });
  assertNoSharedSamples(sides, digests);
}

/** Who usually sends a signal. */
const killers: Readonly<Partial<Record<NodeJS.Signals, string>>> = {
  SIGKILL: ' (by the system when memory is short, or by hand)',
  SIGSEGV: ' (a fault in a native library)',
};

interface End {
  readonly code: number | null;
  readonly killedBy: NodeJS.Signals | null;
}

const howItEnded = ({ code, killedBy }: End): string =>
  killedBy === null
    ? `its process ended with code ${code}`
    : `its process was killed by ${killedBy}${killers[killedBy] ?? ''}`;

/** Several folds at once: each is `ser fold` on the run's own configuration, on a GPU of its own as far as there are some. */
async function runInProcesses(
  dir: string,
  splits: readonly Split[],
  options: CvOptions,
  { engine }: Pick<Config, 'engine'>,
): Promise<FailedFold[]> {
  const [command, ...prefix] = options.self ?? [];
  if (command === undefined) throw new Error('no command line to start folds with');
  const queue = [...splits];
  const failed: FailedFold[] = [];
  if (engine === 'onnx-webgpu') options.progress.line(sharedCard);
  const cards = usesCards(engine) ? visibleCards(await listCards()) : [];
  const worker = async (_: unknown, place: number): Promise<void> => {
    const card = cards[place % Math.max(1, cards.length)];
    const env = card === undefined ? process.env : { ...process.env, CUDA_VISIBLE_DEVICES: card };
    for (let split = queue.shift(); split && !options.signal?.aborted; split = queue.shift()) {
      const { index } = split.fold;
      const child = spawn(command, [...prefix, 'fold', String(foldKey(index)), '--run', dir], {
        stdio: ['ignore', 'inherit', 'pipe'],
        env,
      });
      if (card !== undefined) options.progress.line(`${foldTitle(index)}  on card ${card} of ${cards.length}`);
      let tail = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        tail = (tail + text).slice(-4000);
        for (const line of text.split('\n')) if (line.trim() !== '') options.progress.line(line);
      });
      const stop = (): void => void child.kill('SIGINT');
      options.signal?.addEventListener('abort', stop);
      const end = await new Promise<End>((done) => {
        child.on('error', (error) => {
          tail = messageOf(error);
          options.progress.line(tail);
          done({ code: 1, killedBy: null });
        });
        child.on('close', (code, killedBy) => done({ code, killedBy }));
      });
      options.signal?.removeEventListener('abort', stop);
      if (end.code === 0) continue;
      const own = end.killedBy === null ? tail.trim().split('\n').at(-1) : undefined;
      const error = new InputError(own || howItEnded(end));
      failed.push({ fold: index, error });
      if (own)
        options.progress.line(`${foldTitle(index)}  failed`); // why stands above: what a process prints is passed on
      else options.onFailed?.({ fold: index, error });
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.jobs, splits.length) }, worker));
  options.signal?.throwIfAborted();
  return failed;
}

/** Engines whose processes are told apart by `CUDA_VISIBLE_DEVICES`. */
const usesCards = (engine: Config['engine']): boolean => ['onnx-cuda', 'tfjs-node-gpu', 'auto'].includes(engine);

const sharedCard =
  'onnx-webgpu computes on the card that the system names first: the folds share it (onnx-cuda gives each its own)';

async function startEngine(config: Config, progress: Progress): Promise<Engine> {
  const { chooseEngine, openEngine, probe } = await import('../training/engine');
  if (config.engine === 'auto') {
    const { engine, because } = await chooseEngine(config.threads, config);
    progress.line(`engine ${engine.name} (${because})`);
    if (config.precision === 'mixed') needCuda(engine.name, 'precision');
    return engine;
  }
  const engine = await openEngine(config.engine, config.threads, config);
  await probe(engine);
  progress.line(`engine ${engine.name}`);
  return engine;
}

function chooseFolds(config: Config, data: OpenedData): Split[] {
  if (config.folds.length === 0) return [...data.splits];
  return config.folds.map((index) => {
    if (index === 'all-data') return data.allData();
    const split = data.splits.find(({ fold }) => fold.index === index);
    if (!split) throw new InputError(`--folds=${index}: ${data.name} has folds 1 to ${data.splits.length}`);
    return split;
  });
}

/** A run folder of other settings is not continued. */
function refuseOtherSettings(dir: string, before: Readonly<Record<string, unknown>>, config: Config): void {
  const old = new Map(Object.entries({ ...defaults, ...renameFormer(before, join(dir, 'config.json')) }));
  const changed = keys.filter(
    (key) => !freeKeys.includes(key) && JSON.stringify(old.get(key)) !== JSON.stringify(config[key]),
  );
  if (changed.length === 0) return;
  const list = changed.map((key) => `${key} was ${JSON.stringify(old.get(key))}, is ${JSON.stringify(config[key])}`);
  throw new InputError(
    `${dir} was started with other settings (${list.join('; ')}); choose another --name or remove the folder`,
  );
}

/** Said before the encoder is loaded, because it takes no time. */
function refuseOtherClasses(dir: string, run: Readonly<Record<string, unknown>>, { labels }: OpenedData): void {
  const before = run['labels'];
  if (!Array.isArray(before) || before.join('\n') === labels.join('\n')) return;
  throw new InputError(
    `${dir} was started with the classes ${before.join(', ')}, now they are ${labels.join(', ')}; ` +
      'it stays as it is: choose another --name, or remove it',
  );
}

function summary(result: FoldResult): string {
  const { fold, name, wa, ua, seconds, trainUtterances, testUtterances, testSets } = result;
  const { sharedSpeakers, unknownSpeakers, speakerNormalized } = result;
  const training = `${Math.round(seconds)} s of training`;
  if (fold === allDataIndex) return `all data  ${trainUtterances} utterances, none of them a test (${training})`;
  const score = (of: { readonly wa: number; readonly ua: number }): string =>
    `WA ${percent(of.wa)} %  UA ${percent(of.ua)} %`;
  // Two test sets are two results; what they come to together is none.
  const scores = testSets ? Object.entries(testSets).map(([set, of]) => `${set} ${score(of)}`) : [score({ wa, ua })];
  const shared = sharedSpeakers ? `; not speaker-independent: ${sharedSpeakers.length} speakers on both sides` : '';
  const unknown = unknownSpeakers ? '; not speaker-independent: unknown speakers in the test' : '';
  const normalized = speakerNormalized ? '; normalised by speaker' : '';
  return `fold ${fold}  ${name}: ${scores.join('; ')}  (${testUtterances} test utterances, ${training})${shared}${unknown}${normalized}`;
}
