import type { LabelColumns } from '../card';
import { emotionOf } from '../emotions';
import { labelForm } from '../names';
import { distinct } from '../order';
import { labelsIn } from '../readers/read-table';
import { isObject, type Row, type Table } from '../readers/rows';
import { bare, shown, some, valuesOf } from './column-values';
import { haveSameWords, opinionColumns } from './opinion-columns';
import { dimensions, shareColumns } from './share-columns';

/** Where the labels of a table stand. */
export interface GuessedLabel {
  readonly label?: LabelColumns;
  /** What is not decided. */
  readonly open: readonly string[];
}

/** More are no classes of emotions. */
const mostLabels = 100;

const words = ['label', 'emotion', 'emo', 'emoclass', 'emotionlabel', 'emotionclass', 'category', 'categories'];
const further = ['class', 'classes', 'target', 'gefühl', 'emozione', 'émotion', 'emoción'];

/**
 * Guesses the column of the label by its name, or several columns by their names and values, or one by its values:
 * words for emotions, lists of them, or objects with a number for each.
 */
export function guessLabel(table: Table, columns: readonly string[]): GuessedLabel {
  const named = namedColumn(table, columns);
  const opinions = opinionColumns(table, columns);
  if (named !== undefined) return { label: named, open: besides(table, columns, named, opinions ?? []) };
  const numbers = numbersIn(table, opinions ?? []);
  if (opinions && numbers.length === 0) return { label: opinions, open: [] };
  const shares = shareColumns(table, columns);
  if (shares) return { label: shares, open: [] };
  const first = columns.find((column) => emotionsIn(table, column).share > 0.5);
  if (first !== undefined) return { label: first, open: besides(table, columns, first, []) };
  return opinions ? { label: opinions, open: numbers } : { open: [] };
}

/** The labels that a row has, without a word about what cannot be read. */
export function labelsOfRow({ cells }: Row, spec: LabelColumns): string[] {
  if (typeof spec === 'string') return labelsIn(cells.get(spec), () => undefined).map(([label]) => label);
  if (isList(spec))
    return spec.flatMap((column) => labelsIn(cells.get(column), () => undefined).map(([label]) => label));
  return Object.keys(spec);
}

/** Why a column with emotions in it cannot be read, if there is one. */
export function unreadableLabel(table: Table): string | undefined {
  const column = table.columns.find((name) => table.rows.some(({ cells }) => hidesEmotion(cells.get(name))));
  return (
    column &&
    `${shown(column)} has objects with an emotion in each, expected a row for each, a list of words, or an object of numbers`
  );
}

/** Whether an object, or one in a list, has a word for an emotion as a value. */
function hidesEmotion(cell: unknown): boolean {
  const objects: readonly unknown[] = Array.isArray(cell) ? cell : [cell];
  return objects
    .filter(isObject)
    .some((one) => Object.values(one).some((value) => typeof value === 'string' && emotionOf(value) !== undefined));
}

const isList = (spec: LabelColumns): spec is readonly string[] => Array.isArray(spec);

/** A column that is called as a label is; codes where no other has words. */
function namedColumn(table: Table, columns: readonly string[]): string | undefined {
  const named = [...words, ...further].flatMap((word) =>
    columns.filter((column) => [word, `${word}s`].includes(bare(column)) && canBeLabel(table, column)),
  );
  return named.find((column) => emotionsIn(table, column).share > 0.5) ?? named[0];
}

/** Whether a card can read it, and what it reads may be classes. */
function canBeLabel(table: Table, column: string): boolean {
  const names = distinct(readLabels(table, column));
  const areNumbers = names.every((name) => /^\d*[.,]\d+$/.test(name) || dimensions.has(bare(name)));
  return names.length > 0 && names.length <= mostLabels && !areNumbers;
}

/** The labels of a column; none where most rows cannot be read. A few bad rows are for a run to name. */
function readLabels(table: Table, column: string): string[] {
  let bad = 0;
  const labels = table.rows.flatMap(({ cells }) => {
    let good = true;
    const read = labelsIn(cells.get(column), () => (good = false));
    if (!good) bad++;
    return read.map(([label]) => label);
  });
  return bad > table.rows.length / 2 ? [] : labels;
}

/** The labels of a column, and how many of them are words for emotions. */
function emotionsIn(table: Table, column: string): { names: Set<string>; share: number; emotions: number } {
  const labels = readLabels(table, column).map(labelForm);
  const known = labels.flatMap((label) => emotionOf(label) ?? []);
  return {
    names: new Set(labels),
    share: labels.length > 0 ? known.length / labels.length : 0,
    emotions: new Set(known).size,
  };
}

/** Columns that might be the label as well as the one that is taken. */
function besides(table: Table, columns: readonly string[], label: string, opinions: readonly string[]): string[] {
  const taken = emotionsIn(table, label).names;
  const alike = columns.filter((column) => {
    if (column === label || opinions.includes(column)) return false;
    const { names, share, emotions } = emotionsIn(table, column);
    return emotions > 1 && share > 0.5 && haveSameWords(names, taken);
  });
  const open: string[] = [];
  if (opinions.length > 0 && !opinions.includes(label)) {
    open.push(
      `the label is ${label}; ${some(opinions)} look like opinions of several people: "label": ` +
        `${JSON.stringify(opinions)} makes a distribution of them`,
    );
  }
  const more = [...(opinions.includes(label) ? opinions.filter((column) => column !== label) : []), ...alike];
  if (more.length > 0) {
    open.push(
      `which column is the label: ${label} is taken, and ${some(more)} ${more.length > 1 ? 'have' : 'has'} the same ` +
        `words; if they are opinions of several people, "label": ${JSON.stringify([label, ...more])} takes all`,
    );
  }
  return open;
}

function numbersIn(table: Table, columns: readonly string[]): string[] {
  const values = distinct(columns.flatMap((column) => valuesOf(table, column)));
  return values.length > 0 && values.every((value) => /^\d+$/.test(value))
    ? [`whether ${some(values)} in ${some(columns)} are codes of emotions: a scale, such as of arousal, is no label`]
    : [];
}
