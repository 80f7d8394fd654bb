import { Ajv, type ErrorObject } from 'ajv';
import schema from '../card.schema.json';
import { InputError } from '@ser/files';
import { labelForm } from './names';

/** How the utterances are split. A group is never on both sides of a fold, and neither is a speaker. */
export interface FoldRule {
  /**
   * `speaker`, `session`, or a column such as `sentence`: what never is on both sides. `split` (or `column`): the
   * corpus's own split into train, dev and test, or the name of the fold that each utterance is tested in.
   */
  readonly by: string;
  /** Number of folds; without it, one group is left out at a time. */
  readonly k?: number;
  /** Which groups share a fold when there are `k`. */
  readonly seed?: number;
  /** The test groups of each fold, spelt out. */
  readonly groups?: readonly (readonly string[])[];
}

/** Where a label stands: a column, several of one opinion each, or for each label the column of its share. */
export type LabelColumns = string | readonly string[] | Readonly<Record<string, string>>;

/** Our field to the name of a column, or to a text with `{column}` in it. */
export interface TableColumns {
  readonly audio?: string;
  readonly label?: LabelColumns;
  readonly speaker?: string;
  readonly session?: string;
  readonly split?: string;
  readonly id?: string;
  readonly start?: string;
  readonly end?: string;
  /** Who gave the label, where a table has several rows an utterance. */
  readonly annotator?: string;
}

/** A table, with columns and values that hold for it alone. */
export interface TableSource {
  readonly file: string;
  readonly columns?: TableColumns;
  /** Fields that are the same in every row, such as `{"split": "train"}`. */
  readonly values?: Readonly<Record<string, string>>;
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
  /** `files`: names of files and folders say all; `manifest`: tables do; the others have label files of their own. */
  readonly reader: 'files' | 'manifest' | 'iemocap' | 'msp-improv';
  /** The ends of paths, such as `{speaker}_{sentence}_{label}.wav`; the first that fits is taken. See `pathReader`. */
  readonly pattern?: string | readonly string[];
  /** In place of a pattern, a regular expression with named groups. */
  readonly regex?: string;
  /** What an utterance is called, such as `{file}` (the name of its file). Without it, its path. */
  readonly id?: string;
  /** A path that the pattern fits, for messages. */
  readonly example?: string;
  /** Tables of utterances, relative to the card or the corpus's folder. */
  readonly manifest?: string | readonly (string | TableSource)[];
  /** Which columns of the tables are which. */
  readonly columns?: TableColumns;
  /** Other names for values of a field: `{"speaker": {"OA": "OAF"}}`. */
  readonly rename?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Names that stand for "not known"; true when the corpus does not say who speaks. Each such utterance counts as a speaker of its own. */
  readonly unknownSpeakers?: boolean | readonly string[];
  readonly labels: {
    readonly classes: readonly string[];
    readonly map: Readonly<Record<string, string>>;
    readonly ignore?: readonly string[];
    /** The share of all opinions that the most frequent one needs; 0 without it. */
    readonly agreement?: number;
    /** Whether shares of labels are kept as a distribution; true without it. */
    readonly soft?: boolean;
  };
  /** Only utterances with these `speakers`, `sessions`, or values of a column. */
  readonly select?: Readonly<Record<string, readonly string[]>>;
  /** Ids that are left out. */
  readonly exclude?: readonly string[];
  readonly folds: FoldRule;
  readonly expected?: {
    readonly utterances?: number;
    readonly speakers?: number;
    readonly classes?: Readonly<Record<string, number>>;
    readonly sessions?: Readonly<Record<string, number>>;
    readonly listed?: number;
  };
}

const validate = new Ajv({ allErrors: true, verbose: true }).compile<CorpusCard>(schema);

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
  if (JSON.stringify(value).includes('\\u0000')) faults.push('a text with a NUL character in it');
  const classes = new Set(value.labels.classes);
  const own = [...Object.keys(value.labels.map), ...(value.labels.ignore ?? [])];
  for (const [own, label] of Object.entries(value.labels.map)) {
    if (!classes.has(label)) faults.push(`labels.map.${own} is ${JSON.stringify(label)}, not one of labels.classes`);
    if (value.labels.ignore?.includes(own)) faults.push(`label ${JSON.stringify(own)} is both mapped and ignored`);
  }
  for (const [i, label] of own.entries()) {
    const first = own.find((other) => labelForm(other) === labelForm(label));
    if (first !== label && own.indexOf(label) === i)
      faults.push(
        `labels ${JSON.stringify(first)} and ${JSON.stringify(label)} are one: they are compared without case`,
      );
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
  if (value.reader === 'files' && value.pattern === undefined && value.regex === undefined)
    faults.push('reader "files" needs `pattern` or `regex`');
  if (faults.length > 0) throw new InputError(`${origin}: not a corpus card: ${faults.join('; ')}`);
  return value;
}

function fault(error: ErrorObject): string {
  const where = error.instancePath === '' ? 'the card' : error.instancePath.slice(1).replaceAll('/', '.');
  const meaning = (error.parentSchema as { readonly description?: string } | undefined)?.description;
  if (error.keyword === 'pattern' && meaning !== undefined)
    return `${where} is ${JSON.stringify(error.data).slice(0, 80)}, expected: ${meaning}`;
  const extra = error.params['additionalProperty'] as string | undefined;
  const allowed = error.params['allowedValues'] as readonly string[] | undefined;
  const more = extra === undefined ? (allowed === undefined ? '' : `: ${allowed.join(', ')}`) : ` (${extra})`;
  return `${where} ${error.message ?? error.keyword}${more}`;
}
