import { Ajv, type ErrorObject } from 'ajv';
import schema from '../card.schema.json';
import { InputError } from '@ser/files';

/** How the utterances are split. A group is never on both sides of a fold, and neither is a speaker. */
export interface FoldRule {
  /** `column`: the manifest's `split` column names the fold each utterance is tested in, or says train / test. */
  readonly by: 'speaker' | 'session' | 'column';
  /** Number of folds; without it, one group is left out at a time. */
  readonly k?: number;
  /** Which groups share a fold when there are `k`. */
  readonly seed?: number;
  /** The test groups of each fold, spelt out. */
  readonly groups?: readonly (readonly string[])[];
}

/** A file that `ser data get` may download. */
export interface Archive {
  readonly file: string;
  readonly url: string;
  readonly bytes: number;
  readonly checksum: { readonly algorithm: 'md5' | 'sha1' | 'sha256'; readonly value: string };
}

/** What a corpus holds and how it is evaluated: the contents of `datasets/<name>.json`. See `card.schema.json`. */
export interface CorpusCard {
  readonly $schema?: string;
  readonly name: string;
  readonly title: string;
  readonly language?: string;
  readonly license: {
    readonly name: string;
    readonly url?: string;
    readonly access: 'open' | 'on-request' | 'generated' | 'own';
    readonly note?: string;
  };
  readonly source: {
    readonly url?: string;
    readonly citation: string;
    readonly request?: string;
    readonly unpack?: string;
    readonly archives?: readonly Archive[];
  };
  readonly reader: 'ravdess' | 'iemocap' | 'msp-improv' | 'savee' | 'manifest';
  /** Own corpora: the .jsonl or .csv file, relative to the card. */
  readonly manifest?: string;
  readonly labels: {
    readonly classes: readonly string[];
    readonly map: Readonly<Record<string, string>>;
    readonly ignore?: readonly string[];
  };
  readonly select?: { readonly speakers?: readonly string[]; readonly sessions?: readonly string[] };
  readonly folds: FoldRule;
  readonly expected?: {
    readonly utterances?: number;
    readonly speakers?: number;
    readonly classes?: Readonly<Record<string, number>>;
    readonly sessions?: Readonly<Record<string, number>>;
    readonly listed?: number;
  };
}

const validate = new Ajv({ allErrors: true }).compile<CorpusCard>(schema);

/**
 * Checks a card against the published schema, and what a schema cannot say: that labels map onto classes.
 *
 * @param origin Where the card comes from, for the error message.
 * @throws {InputError} listing every fault in one line.
 */
export function validateCard(value: unknown, origin: string): CorpusCard {
  if (!validate(value))
    throw new InputError(`${origin}: not a corpus card: ${(validate.errors ?? []).map(fault).join('; ')}`);
  const faults: string[] = [];
  const classes = new Set(value.labels.classes);
  const ignored = new Set(value.labels.ignore);
  for (const [own, label] of Object.entries(value.labels.map)) {
    if (!classes.has(label)) faults.push(`labels.map.${own} is ${JSON.stringify(label)}, not one of labels.classes`);
    if (ignored.has(own)) faults.push(`label ${JSON.stringify(own)} is both mapped and ignored`);
  }
  const reached = new Set(Object.values(value.labels.map));
  for (const label of classes)
    if (!reached.has(label)) faults.push(`no label maps to the class ${JSON.stringify(label)}`);
  for (const label of Object.keys(value.expected?.classes ?? {})) {
    if (!classes.has(label)) faults.push(`expected.classes.${label} is not one of labels.classes`);
  }
  const groups = value.folds.groups?.flat() ?? [];
  for (const [i, group] of groups.entries()) {
    if (groups.indexOf(group) !== i) faults.push(`folds.groups tests ${JSON.stringify(group)} twice`);
  }
  if (value.folds.groups && value.folds.k !== undefined)
    faults.push('folds has both groups and k, expected one of them');
  if (value.reader === 'manifest' && value.manifest === undefined) faults.push('reader "manifest" needs `manifest`');
  if (value.folds.by === 'column' && value.reader !== 'manifest') faults.push('folds by column need reader "manifest"');
  if (faults.length > 0) throw new InputError(`${origin}: not a corpus card: ${faults.join('; ')}`);
  return value;
}

function fault(error: ErrorObject): string {
  const where = error.instancePath === '' ? 'the card' : error.instancePath.slice(1).replaceAll('/', '.');
  const extra = error.params['additionalProperty'] as string | undefined;
  const allowed = error.params['allowedValues'] as readonly string[] | undefined;
  const more = extra === undefined ? (allowed === undefined ? '' : `: ${allowed.join(', ')}`) : ` (${extra})`;
  return `${where} ${error.message ?? error.keyword}${more}`;
}
