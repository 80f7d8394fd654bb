import { emotionOf } from '../emotions';
import { labelForm } from '../names';
import type { Table } from '../readers/rows';
import { textOf } from '../readers/utterance';
import { valuesOf } from './column-values';

/** Words for who gives an opinion. */
const people =
  /^(raters?|annotators?|annot|anno|ann|coders?|judges?|evaluators?|listeners?|labell?ers?|workers?|votes?|voters?|opinions?|bewerter|kodierer|annotateurs?)$/;
/** Words for the opinion. */
const opinions = /^(labels?|emotions?|emo|emos|annotations?|ratings?|emotional)$/;

/**
 * Columns with one opinion each about the same thing: `rater_A`, `rater_B`; `ann1`, `ann2`, `ann3`. Their names are alike
 * but for a number or a letter, and their values are of one set. Undefined when there are none, or when the columns may
 * as well be first and second choices.
 */
export function opinionColumns(table: Table, columns: readonly string[]): readonly string[] | undefined {
  const groups = new Map<string, Named[]>();
  for (const column of columns) {
    for (const { frame, name, byPeople } of framesOf(column)) {
      groups.set(frame, [...(groups.get(frame) ?? []), { column, name, byPeople }]);
    }
  }
  const found = [...groups.values()].filter((group) => group.length > 1 && isOfOneThing(table, group));
  const emotional = (group: readonly Named[]): number =>
    group.filter(({ column }) => emotionShare(valuesOf(table, column)) >= 0.5).length;
  const [best] = found.sort((a, b) => emotional(b) - emotional(a) || b.length - a.length);
  return best?.map(({ column }) => column);
}

interface Named {
  readonly column: string;
  /** What differs: a number, a letter, or whoever the rater is. */
  readonly name: string;
  /** Whether a word for a person is in the name. */
  readonly byPeople: boolean;
}

/** A column's name with one part left out, in each way in which it may be one of several. */
function framesOf(column: string): { frame: string; name: string; byPeople: boolean }[] {
  const parts = (column.normalize('NFC').match(/\d+|\p{Lu}?\p{Ll}+|\p{Lu}+/gu) ?? []).map(labelForm);
  const byPeople = parts.some((part) => people.test(part));
  return parts.flatMap((name, i) => {
    const rest = parts.filter((_, p) => p !== i);
    const counted = /^(\d{1,3}|\p{L})$/u.test(name);
    const person = byPeople && i > 0 && people.test(parts[i - 1] ?? '');
    const frame = [...parts.slice(0, i), '#', ...parts.slice(i + 1)].join(' ');
    return rest.length > 0 && (counted || person) ? [{ frame, name, byPeople }] : [];
  });
}

function isOfOneThing(table: Table, group: readonly Named[]): boolean {
  const sets = group.map(({ column }) => new Set(valuesOf(table, column).map(labelForm)));
  if (sets.some((set) => set.size === 0 || set.size > 40) || !sets.every((set) => haveSameWords(set, sets[0] ?? set)))
    return false;
  const values = group.flatMap(({ column }) => valuesOf(table, column));
  if (values.every((value) => Number.isFinite(Number(value)))) {
    // Codes of emotions are whole numbers and few; a scale may be, too.
    const isScale = group.some(({ column }) => /arous|valen|domin|activ|confid|intens|certain|quality/i.test(column));
    return group.every(({ byPeople }) => byPeople) && !isScale && values.every((value) => /^\d{1,2}$/.test(value));
  }
  if (group.every(({ byPeople }) => byPeople)) return true;
  const isOpinion = group.every(({ column }) =>
    column.split(/[^\p{L}]+/u).some((part) => opinions.test(labelForm(part))),
  );
  if (!isOpinion && emotionShare(values) < 0.5) return false;
  return areCounted(group) && areFilled(table, group) && agree(table, group);
}

/** Whether half of the smaller set, or more, is in the other. */
export function haveSameWords(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  const both = [...a].filter((value) => b.has(value)).length;
  return both > 0 && both >= Math.min(a.size, b.size) / 2;
}

const emotionShare = (values: readonly string[]): number =>
  values.filter((value) => emotionOf(value) !== undefined).length / Math.max(1, values.length);

/** 1, 2, 3 or a, b, c: `emotion_i` and `emotion_p` are intended and perceived. */
function areCounted(group: readonly Named[]): boolean {
  const names = group.map(({ name }) => name).sort();
  return (
    names.every((name) => /^\d+$/.test(name)) || names.every((name, i) => name === 'abcdefghijklmnopqrstuvwxyz'[i])
  );
}

/** A second choice is often left empty. */
const areFilled = (table: Table, group: readonly Named[]): boolean =>
  group.every(({ column }) => valuesOf(table, column).length >= 0.9 * table.rows.length);

/** A first and a second choice differ; two opinions are often the same. */
function agree(table: Table, group: readonly Named[]): boolean {
  const rows = table.rows.map(({ cells }) => group.map(({ column }) => labelForm(textOf(cells.get(column)) ?? '')));
  return rows.filter((row) => new Set(row).size < row.length).length >= table.rows.length / 4;
}
