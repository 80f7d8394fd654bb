import path from 'node:path';
import { InputError, parseJson, readText } from '@ser/files';
import type { CorpusCard, LabelColumns, TableColumns, TableSource } from '../card';
import type { RawLabel, RawUtterance, Reading } from '../corpus';
import { labelForm } from '../names';
import { findFiles } from './find-files';
import { fillTemplate, isAudioPath, pathReader } from './path-pattern';
import { isObject, parseTable, type Row, rowFaults, type Table } from './rows';
import { textOf, toUtterance } from './utterance';

/** Finds the audio file that a table names without an extension, or undefined. */
type Finder = (name: string) => string | undefined;

/**
 * A corpus whose utterances are the rows of tables: CSV, JSON Lines or JSON. The card's `columns` say which column is
 * which; those it does not name are called as the fields are: `audio`, `label`, `speaker`, and optionally `session`,
 * `start`, `end`, `split`, `id`, `annotator`. Further columns are kept.
 *
 * @param folder What the paths of tables are relative to.
 * @param audioRoot What relative audio paths are relative to; without it, the folder of each table.
 * @throws {InputError} listing every bad row at once.
 */
export async function readTables(card: CorpusCard, folder: string, audioRoot: string | undefined): Promise<Reading> {
  const sources = tableSources(card);
  const utterances: RawUtterance[] = [];
  const missing: string[] = [];
  for (const source of sources) {
    const file = path.resolve(folder, source.file);
    const root = audioRoot ?? path.dirname(file);
    const table = parseTable(await readText(file), file);
    const read = tableReader(card, source, file);
    const part = read.rows(table, await locator(root, table.rows.map(read.audioOf)));
    utterances.push(...part.utterances);
    missing.push(...part.missing);
  }
  const files = sources.map(({ file }) => path.resolve(folder, file)).join(' and ');
  return { utterances, lookedFor: `rows of audio, label and speaker in ${files}`, notes: [], missing };
}

/** The tables of a card. */
export function tableSources({ manifest }: CorpusCard): readonly TableSource[] {
  return [manifest ?? []].flat().map((source) => (typeof source === 'string' ? { file: source } : source));
}

/** The rows of a table's text as utterances; for tests. */
export function readRows(card: CorpusCard, text: string, file: string): readonly RawUtterance[] {
  const source = tableSources(card)[0] ?? { file };
  return tableReader(card, source, file).rows(parseTable(text, file), (audio) => audio).utterances;
}

/** An empty cell, for a card that ignores those. */
const unlabelled: RawLabel = ['', 1];

interface TableReader {
  /** What a row says about its audio file. */
  audioOf(row: Row): string | undefined;
  rows(table: Table, locate: Finder): { utterances: RawUtterance[]; missing: string[] };
}

function tableReader(card: CorpusCard, source: TableSource, file: string): TableReader {
  const columns = { ...card.columns, ...source.columns };
  const { label: labelColumn = 'label', ...others } = columns;
  const used = new Set(columnsIn(labelColumn));
  for (const spec of Object.values(others)) if (spec !== undefined && !spec.includes('{')) used.add(spec);
  const patterns = [card.pattern ?? []].flat();
  const fromPath =
    patterns.length + (card.regex === undefined ? 0 : 1) > 0
      ? pathReader(patterns, card.regex, `card ${card.name}`)
      : undefined;

  const fieldsOf = ({ cells }: Row): Map<string, unknown> => {
    const fields = new Map<string, unknown>();
    for (const [name, value] of cells) if (!used.has(name)) fields.set(name, value);
    for (const [field, spec] of Object.entries(others)) {
      if (spec === undefined) continue;
      const value = spec.includes('{') ? fillTemplate(spec, (name) => textOf(cells.get(name))) : cells.get(spec);
      if (value !== undefined) fields.set(field, value);
      else fields.delete(field);
    }
    for (const [field, value] of Object.entries(source.values ?? {})) fields.set(field, value);
    return fields;
  };

  return {
    audioOf: (row) => textOf(fieldsOf(row).get('audio')),
    rows(table, locate) {
      checkColumns(card, source, table, columns, file);
      const faults: string[] = [];
      const missing: string[] = [];
      const found = new Map<string, { utterance: RawUtterance; line: number; annotators: Set<string> }>();
      for (const row of table.rows) {
        let good = true;
        const fault = (text: string): void => {
          faults.push(`line ${row.line}: ${text}`);
          good = false;
        };
        const fields = fieldsOf(row);
        const named = textOf(fields.get('audio'));
        if (named === undefined) {
          fault(fields.has('audio') ? `audio is ${JSON.stringify(fields.get('audio'))}, expected text` : 'no audio');
          continue;
        }
        for (const [field, value] of fromPath?.(named) ?? []) {
          if (!fields.has(field) && field !== 'file') fields.set(field, value);
        }
        const pathLabel = fields.get('label');
        const rowLabels = labelsOf(row, labelColumn, fault);
        const labels: readonly RawLabel[] =
          rowLabels.length === 0 && typeof pathLabel === 'string' ? [[pathLabel, 1]] : rowLabels;
        if (labels.length === 0 && good && !card.labels.ignore?.includes('')) fault('no label');
        const audio = locate(named);
        const source = {
          fields,
          labels: labels.length === 0 ? [unlabelled] : labels,
          audio: audio ?? named,
          name: named,
          origin: `${file}:${row.line}`,
        };
        const utterance = toUtterance(source, card, fault);
        if (!good || !utterance) continue;
        if (audio === undefined) {
          missing.push(utterance.id);
          continue;
        }
        const annotator = textOf(fields.get('annotator'));
        const before = found.get(utterance.id);
        if (before === undefined) {
          const annotators = new Set(annotator === undefined ? [] : [annotator]);
          found.set(utterance.id, { utterance, line: row.line, annotators });
        } else if (annotator === undefined) {
          fault(
            `utterance ${utterance.id} is in line ${before.line} already (columns.annotator names who labelled it)`,
          );
        } else if (before.annotators.has(annotator)) {
          fault(`${annotator} has labelled ${utterance.id} in an earlier line`);
        } else {
          const difference = differenceOf(before.utterance, utterance);
          if (difference !== undefined) fault(`${difference} of ${utterance.id} differs from line ${before.line}`);
          before.annotators.add(annotator);
          found.set(utterance.id, {
            ...before,
            utterance: { ...before.utterance, rawLabels: [...before.utterance.rawLabels, ...utterance.rawLabels] },
          });
        }
      }
      if (faults.length > 0) throw rowFaults(file, faults);
      return { utterances: [...found.values()].map(({ utterance }) => utterance), missing };
    },
  };
}

/** The labels of a row: a cell, several cells of one opinion each, or a share in each of several cells. */
function labelsOf({ cells }: Row, spec: LabelColumns, fault: (text: string) => void): RawLabel[] {
  if (typeof spec === 'string') return labelsIn(cells.get(spec), fault);
  if (isList(spec)) return spec.flatMap((column) => labelsIn(cells.get(column), fault));
  return Object.entries(spec).flatMap(([label, column]) => share(label, cells.get(column) ?? 0, fault));
}

const isList = (value: unknown): value is readonly string[] => Array.isArray(value);

/** The labels of a cell: one, a list, or shares, also as JSON in text. */
export function labelsIn(cell: unknown, fault: (text: string) => void): RawLabel[] {
  if (cell === undefined) return [];
  if (typeof cell === 'string' && /^\s*[[{]/.test(cell)) {
    try {
      return labelsIn(parseJson(cell, 'label'), fault);
    } catch {
      fault(`label is ${cell.slice(0, 40)}, expected a name, or a JSON list or object`);
      return [];
    }
  }
  if (Array.isArray(cell)) return (cell as readonly unknown[]).flatMap((one) => single(one, fault));
  if (isObject(cell)) return Object.entries(cell).flatMap(([label, weight]) => share(label, weight, fault));
  return single(cell, fault);
}

function single(value: unknown, fault: (text: string) => void): RawLabel[] {
  const text = textOf(value);
  if (text === undefined) fault(`label is ${JSON.stringify(value)}, expected text`);
  return text === undefined ? [] : [[text, 1]];
}

function share(label: string, value: unknown, fault: (text: string) => void): RawLabel[] {
  const weight = typeof value === 'string' ? Number(value.replace(',', '.')) : value;
  if (typeof weight !== 'number' || !Number.isFinite(weight) || weight < 0) {
    fault(`the share of ${label} is ${JSON.stringify(value)}, expected a number that is not negative`);
    return [];
  }
  return weight === 0 ? [] : [[label, weight]];
}

function differenceOf(a: RawUtterance, b: RawUtterance): string | undefined {
  return (['audio', 'speaker', 'session', 'split', 'start', 'end'] as const).find((field) => a[field] !== b[field]);
}

const columnsIn = (spec: LabelColumns): readonly string[] =>
  typeof spec === 'string' ? [spec] : isList(spec) ? spec : Object.values(spec);

/** Names what a table lacks before its rows are looked at. */
function checkColumns(
  card: CorpusCard,
  source: TableSource,
  { columns: there, rows }: Table,
  columns: TableColumns,
  file: string,
): void {
  if (rows.length === 0) return;
  const lacking: string[] = [];
  const need = (name: string): void => {
    if (!there.includes(name)) lacking.push(name);
  };
  for (const [field, spec] of Object.entries(columns) as [string, LabelColumns][]) {
    for (const name of columnsIn(spec)) {
      if (!name.includes('{')) need(name);
      else for (const [, inner = ''] of name.matchAll(/\{([^{}]+)\}/g)) if (field !== 'label') need(inner);
    }
  }
  const fromPath = card.pattern !== undefined || card.regex !== undefined;
  for (const field of ['audio', 'label', 'speaker'] as const) {
    if (columns[field] !== undefined || source.values?.[field] !== undefined) continue;
    if (field !== 'audio' && fromPath) continue;
    if (field === 'speaker' && card.unknownSpeakers === true) continue;
    need(field);
  }
  if (lacking.length === 0) return;
  const near = lacking.flatMap((name) => there.filter((other) => labelForm(other) === labelForm(name)));
  throw new InputError(
    `${file}: no column ${lacking.join(', ')}${near.length > 0 ? ` (is it ${near.join(', ')}?)` : ''}; expected audio, label and ` +
      `speaker, or their names in the card's columns; found ${there.join(', ')}`,
  );
}

/** A path as it stands; a name without an extension is looked for below the root. */
async function locator(root: string, names: readonly (string | undefined)[]): Promise<Finder> {
  const bare = names.some((name) => name !== undefined && !isAudioPath(name));
  const find = bare ? await fileFinder(root) : undefined;
  const resolve = (name: string): string => path.resolve(root, name);
  return (name) =>
    isAudioPath(name) ? resolve(name) : (find?.(name) ?? (/\.\w{2,4}$/.test(name) ? resolve(name) : undefined));
}

/** Audio files by their path without extension, and by their name where only one has it. */
async function fileFinder(root: string): Promise<Finder> {
  const byPath = new Map<string, string>();
  const byName = new Map<string, string | undefined>();
  for (const file of await findFiles(root, isAudioPath)) {
    const bare = file.replace(/\.[^./]*$/, '').normalize('NFC');
    const name = path.posix.basename(bare);
    byPath.set(bare, path.join(root, file));
    byName.set(name, byName.has(name) ? undefined : path.join(root, file));
  }
  return (name) => {
    const normal = name.normalize('NFC').replaceAll('\\', '/').replace(/^\.\//, '');
    return byPath.get(normal) ?? byName.get(normal);
  };
}
