import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { LineCounter, parseDocument } from 'yaml';
import { decodeText, errorCode, fileError, InputError, messageOf } from '@ser/files';
import { flagName, parseFlags } from './flags';
import { firstName, renameFormer } from './former';
import { presetFor, presets } from './presets';
import { defaults, keys, type Config } from './schema';
import { didYouMean, validate } from './validate';

export interface ResolvedConfig {
  readonly config: Config;
  /** Where each value came from: `default`, `preset demo`, `my.yaml:12` or `--flag`. */
  readonly origins: Readonly<Record<string, string>>;
}

/**
 * Joins, later ones winning: defaults, preset, file (YAML or JSON), flags.
 * @throws {InputError} with file and line, or flag, and the nearest known key.
 */
export function resolveConfig(sources: {
  file?: string;
  preset?: string;
  flags?: Readonly<Record<string, unknown>>;
}): ResolvedConfig {
  const flags = parseFlags(sources.flags ?? {});
  const file = sources.file === undefined ? { settings: {}, lines: {} } : readConfigFile(sources.file);
  const { preset: filePreset, ...fileSettings } = file.settings;
  const name = sources.preset ?? filePreset ?? presetFor({ ...fileSettings, ...flags });
  const preset = name !== undefined && Object.hasOwn(presets, name) ? presets[name] : undefined;
  if (name !== undefined && name !== 'none' && !preset) {
    const known = Object.keys(presets);
    throw new InputError(`preset "${name}" is not one of ${known.join(', ')}${didYouMean(name, known)}`);
  }
  const layers: [Partial<Config>, (key: string) => string][] = [
    [defaults, () => 'default'],
    [preset?.settings ?? {}, () => `preset ${name}`],
    [fileSettings, (key) => `${sources.file}:${file.lines[key] ?? 1}`],
    [flags, (key) => `--${flagName(key)}`],
  ];
  const origins: Record<string, string> = {};
  let config: Config = defaults;
  for (const [settings, origin] of layers) {
    config = { ...config, ...settings };
    for (const key of keys) if (settings[key] !== undefined) origins[key] = origin(key);
  }
  if (config.encoder === 'logmel' && origins['tune'] === 'default') {
    config = { ...config, tune: 'all' };
    origins['tune'] = 'default of logmel';
  }
  checkTogether(config, origins);
  return { config, origins };
}

/** Nobody writes more settings; looking for the line of each of a million wrong keys would not end. */
const mostBytes = 2 ** 16;

interface FileSettings extends Partial<Config> {
  preset?: string;
}

function readConfigFile(path: string): { settings: FileSettings; lines: Record<string, number> } {
  let text: string;
  try {
    const { size } = statSync(path);
    if (size > mostBytes) throw new InputError(`${path}: ${size} bytes, expected settings of at most ${mostBytes}`);
    text = decodeText(readFileSync(path), path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') throw new InputError(`configuration ${path}: no such file`);
    throw fileError(error, path);
  }
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter });
  const [broken] = document.errors;
  if (broken) throw new InputError(`${path}:${broken.linePos?.[0].line ?? 1}: ${broken.message.split('\n')[0]}`);
  const settings = renamed(path, plainValue(path, document));
  const lineOf = (at: readonly string[]): number => {
    for (let depth = at.length; depth > 0; depth--) {
      const node = nodeAt(document, at.slice(0, depth));
      if (node !== undefined) return counter.linePos(node).line;
    }
    return 1;
  };
  const problems = validate(settings);
  if (problems.length > 0) {
    const lines = problems.map(({ path: at, message }) => {
      const subject = at.length > 0 && !message.startsWith('unknown key') ? `${at.join('.')} ` : '';
      return `${path}:${lineOf(at)}: ${subject}${message}`;
    });
    throw new InputError(lines.join('\n'));
  }
  const checked = settings as FileSettings; // exactly what the schema above has just established
  const lines: Record<string, number> = {};
  for (const key of Object.keys(checked)) lines[key] = Math.max(lineOf([key]), lineOf([firstName(key)]));
  return { settings: checked, lines };
}

/** The document as plain data. Aliases of aliases, which would fill the memory, are refused. */
function plainValue(path: string, document: ReturnType<typeof parseDocument>): unknown {
  try {
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    return value ?? {};
  } catch (error) {
    throw new InputError(`${path}: ${messageOf(error)}`);
  }
}

/** Former names under their present ones; what is no map is left for the schema to refuse. */
function renamed(path: string, value: unknown): unknown {
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isMap ? renameFormer({ ...value }, path) : value;
}

/** Offset of the value at a path, if the document has one there. */
function nodeAt(document: ReturnType<typeof parseDocument>, path: readonly string[]): number | undefined {
  const node: unknown = document.getIn(path, true);
  if (typeof node !== 'object' || node === null || !('range' in node) || !Array.isArray(node.range)) return undefined;
  const start: unknown = node.range[0];
  return typeof start === 'number' ? start : undefined;
}

/** Rules over more than one setting. */
function checkTogether(config: Config, origins: Readonly<Record<string, string>>): void {
  const at = (key: keyof Config): string => `${key} (${origins[key] ?? 'default'})`;
  if (config.encoder !== 'logmel' && config.weights === undefined) {
    throw new InputError(`encoder "${config.encoder}" needs --weights=DIR, the folder of its checkpoint`);
  }
  if (config.encoder === 'logmel' && config.weights !== undefined) {
    throw new InputError(
      `${at('weights')}: the logmel encoder has no weights to load; name --encoder=whisper, wavlm or hubert`,
    );
  }
  if (config.encoder === 'logmel' && config.tune !== 'all') {
    throw new InputError(`${at('tune')}: the logmel encoder starts from random numbers and must learn; use --tune=all`);
  }
  if (config.encoder === 'logmel' && config.fusion === 'probe') {
    throw new InputError(`${at('fusion')}: the logmel encoder starts from random numbers, which a probe cannot read`);
  }
  if (config.speakerNormalize && (config.encoder === 'logmel' || config.tune !== 'frozen')) {
    throw new InputError(`${at('speakerNormalize')}: needs a pre-trained encoder with --tune=frozen`);
  }
  if (config.pool === 'flam' && config.encoder === 'logmel' && config.hiddenSize % config.heads !== 0) {
    throw new InputError(
      `${at('hiddenSize')}: ${config.hiddenSize} is not divisible by the ${config.heads} heads of flam`,
    );
  }
  if (config.precision === 'mixed' && config.engine !== 'auto') needCuda(config.engine, at('precision'));
  if (!config.tf32 && config.engine !== 'onnx-cuda' && config.engine !== 'auto') {
    throw new InputError(`${at('tf32')}: only onnx-cuda multiplies in TF32, ${config.engine} has none to switch off`);
  }
  if (config.select === 'best' && config.validationGroups === 0) {
    throw new InputError(
      `${at('select')}: "best" needs inner validation groups, such as --validation-groups=2; the test fold never selects`,
    );
  }
  if (config.snrDb[0] > config.snrDb[1]) throw new InputError(`${at('snrDb')}: the lower end comes first`);
  if ((config.trainOn === undefined) !== (config.testOn === undefined)) {
    throw new InputError('cross-corpus evaluation needs both --train-on and --test-on');
  }
  if (config.foldsBy !== undefined && config.trainOn !== undefined) {
    throw new InputError(`${at('foldsBy')}: a cross-corpus run has one fold, expected no --folds-by`);
  }
  if (config.lossWeights !== 'auto') {
    for (const loss of config.losses) {
      if (config.lossWeights[loss] === undefined) {
        throw new InputError(`${at('lossWeights')}: no weight for "${loss}", which is in losses`);
      }
    }
  }
}

/**
 * Mixed precision is one of CUDA's.
 * @param subject of the message
 * @throws {InputError} for another engine
 */
export function needCuda(engine: Config['engine'], subject: string): void {
  if (engine !== 'onnx-cuda')
    throw new InputError(`${subject}: mixed precision is for --engine=onnx-cuda; ${engine} trains in float32`);
}

/** Where a run is or what it needs, rather than what it computes: these may differ between two starts of a run. */
export const freeKeys: readonly (keyof Config)[] = [
  'name',
  'runs',
  'folds',
  'threads',
  'keepCheckpoints',
  'checkpointEvery',
  'baseline',
  'by',
  'cacheLimit',
  'stepsPerRun',
  'dataDir',
  'trainDir',
  'testDir',
  'weights',
];

/**
 * The name of a run when none was given: what distinguishes it at a glance, and six digits of the settings that are not
 * the preset's own, so that another setting is another run.
 */
export function runName({ config, origins }: ResolvedConfig): string {
  if (config.name !== undefined) return config.name;
  const data = config.trainOn === undefined ? config.dataset : `${config.trainOn}-to-${config.testOn ?? ''}`;
  const base = data
    .split('/')
    .map((part) => part.replace(/\.[a-z]+$/i, ''))
    .filter(Boolean)
    .pop();
  const named: readonly string[] = ['dataset', 'trainOn', 'testOn', 'encoder', 'tune', 'mix', 'pool', 'seed'];
  const own = keys
    .filter(
      (key) => !freeKeys.includes(key) && !named.includes(key) && !/^(default|preset)/.test(origins[key] ?? 'default'),
    )
    .map((key) => [firstName(key), config[key]]); // a run keeps its name though a setting gets another
  const digits =
    own.length > 0 ? createHash('sha256').update(JSON.stringify(own)).digest('hex').slice(0, 6) : undefined;
  const tune = config.tune.replace(':', '');
  return [base, config.encoder, tune, config.mix, config.pool, `seed${config.seed}`, digits].filter(Boolean).join('-');
}
