import { InputError } from '@ser/files';
import type { Corpus, Utterance } from './corpus';
import { nameForm } from './names';
import { distinct } from './order';
import { columnOf } from './select';

/** A part of a corpus, and another way to split it, chosen when it is opened and not in its card. */
export interface Narrowing {
  /** Only these utterances: `gender=female,language=pl|de` means both, each with one of the values. */
  readonly where?: string | undefined;
  /** Folds by another column than the card says: `sentence`, or `sentence:5` for five folds. */
  readonly foldsBy?: string | undefined;
}

/**
 * The corpus with only the utterances asked for, and with the folds asked for. Classes of which no utterance is left are
 * none of its labels any more; a note says what was chosen.
 *
 * @throws {InputError} for a column or a value that no utterance has, and for what is no rule
 */
export function narrow(corpus: Corpus, { where, foldsBy }: Narrowing): Corpus {
  const chosen = where === undefined ? corpus : choose(corpus, where);
  return foldsBy === undefined ? chosen : foldBy(chosen, foldsBy);
}

function choose(corpus: Corpus, where: string): Corpus {
  const fail = (what: string): never => {
    throw new InputError(`--where=${where}: ${what}`);
  };
  const rules = where.split(',').map((rule) => {
    const [, name = '', list = ''] = /^([^=]+)=(.+)$/.exec(rule.trim()) ?? [];
    if (name === '') fail('expected rules such as gender=female,language=pl|de');
    const column = nameForm(name);
    const values = new Set(list.split('|').map(nameForm));
    const there = valuesOf(corpus, column);
    if (there.length === 0) fail(`no utterance has ${column}; there are ${columnNames(corpus).join(', ')}`);
    const known = new Set(there.map(nameForm));
    const unknown = [...values].find((value) => !known.has(value));
    if (unknown !== undefined) fail(`no utterance has the ${column} ${unknown}; there are ${some(there)}`);
    return { column, values };
  });
  const utterances = corpus.utterances.filter((utterance) =>
    rules.every(({ column, values }) => values.has(nameForm(valueOf(utterance, column) ?? ''))),
  );
  if (utterances.length === 0) fail('no utterance has all of these');
  const kept = corpus.labels.map((label, i) =>
    utterances.some((u) => u.label === label || (u.distribution?.[i] ?? 0) > 0),
  );
  const isKept = (_: unknown, i: number): boolean => kept[i] ?? false;
  const gone = corpus.labels.filter((label, i) => !isKept(label, i));
  const without = gone.length === 0 ? '' : `; none is left of ${gone.join(', ')}`;
  return {
    ...corpus,
    labels: corpus.labels.filter(isKept),
    utterances: utterances.map((u) => (u.distribution ? { ...u, distribution: u.distribution.filter(isKept) } : u)),
    notes: [
      ...corpus.notes,
      `${utterances.length} of ${corpus.utterances.length} utterances are chosen by ${where}${without}`,
    ],
  };
}

function foldBy(corpus: Corpus, foldsBy: string): Corpus {
  const [, name = '', count] = /^(.+?)(?::([1-9]\d{0,4}))?$/.exec(foldsBy.trim()) ?? [];
  const groups = valuesOf(corpus, name);
  if (groups.length === 0) {
    throw new InputError(
      `--folds-by=${foldsBy}: no utterance has ${name}; expected one of ${columnNames(corpus).join(', ')}, and perhaps a number of folds: speaker:5`,
    );
  }
  const { seed } = corpus.card.folds;
  const rule = {
    by: name,
    ...(count === undefined ? {} : { k: Number(count) }),
    ...(seed === undefined ? {} : { seed }),
  };
  return { ...corpus, card: { ...corpus.card, folds: rule } };
}

const valueOf = (utterance: Utterance, name: string): string | undefined =>
  name === 'label' ? utterance.label : columnOf(utterance, name);

const valuesOf = ({ utterances }: Corpus, name: string): string[] =>
  distinct(utterances.flatMap((utterance) => valueOf(utterance, name) ?? []));

/** What utterances can be told apart by. */
function columnNames(corpus: Corpus): string[] {
  const columns = distinct(corpus.utterances.flatMap(({ columns: own }) => Object.keys(own ?? {})));
  return [...['label', 'speaker', 'session', 'split'].filter((name) => valuesOf(corpus, name).length > 0), ...columns];
}

const some = (values: readonly string[]): string =>
  values.slice(0, 10).join(', ') + (values.length > 10 ? ` and ${values.length - 10} more` : '');
