import { emotionOf } from '../emotions';
import { labelForm } from '../names';
import type { Table } from '../readers/rows';
import { textOf } from '../readers/utterance';
import { bare } from './column-values';

/** Words for who speaks. A number, a name or "ID" may follow them. */
const sure = ['speaker', 'spk', 'spkr', 'actor', 'subject', 'participant', 'client', 'voice', 'performer'];
const likely = [
  ...['subj', 'talker', 'person', 'user', 'caller', 'patient', 'actress', 'vp', 'vpn', 'versuchsperson', 'proband'],
  ...['probandin', 'sprecher', 'sprecherin', 'schauspieler', 'teilnehmer', 'locuteur', 'acteur', 'parlante'],
  ...['attore', 'locutor', 'hablante', 'actriz', 'mówca', 'aktor', 'lektor'],
];
/** Names that may be those of people, or of anything. */
const vague = ['id', 'pid', 'sid', 'uid', 'code', 'kürzel', 'name', 'nr', 'no', 'number'];
const ending = /(id|ids|nr|no|num|number|nummer|code|name|index)$/;
/** What repeats as a speaker does, and is none. */
const other =
  /^(gender|sex|geschlecht|sexe|age|alter|agegroup|lang|language|sprache|text|sentence|sentenceid|satz|transcript|split|set|fold|folds|take|repetition|intensity|level|dataset|task|type|channel|samplerate)$/;

/** An utterance of a table: what names it, and its label. */
export interface LabelledRow {
  readonly utterance: string;
  readonly label: string;
}

/** Who speaks, as far as a table's columns say. */
export interface GuessedSpeaker {
  readonly speaker?: string;
  /** Whether the name of the column says little, and only its values are as those of speakers are. */
  readonly vague?: boolean;
  /** Without a speaker: columns that may be it. */
  readonly candidates: readonly string[];
}

/** Guesses the column of the speaker by its name, and by its values where the name is not enough. */
export function guessSpeaker(table: Table, columns: readonly string[], rows: readonly LabelledRow[]): GuessedSpeaker {
  const exact = sure.flatMap((word) => columns.filter((column) => bare(column) === word));
  const [named] = [...exact, ...sure.flatMap((word) => columns.filter((column) => stem(column) === word))];
  if (named !== undefined) return { speaker: named, candidates: [] };
  const likelyOne = columns
    .filter((column) => likely.includes(stem(column)) || likely.includes(bare(column)))
    .find((column) => mostlyRepeats(table, column, rows));
  if (likelyOne !== undefined) return { speaker: likelyOne, candidates: [] };
  const candidates = columns.filter((column) => repeats(table, column, rows));
  const [only] = candidates;
  if (only !== undefined && candidates.length === 1 && vague.includes(bare(only))) {
    return { speaker: only, vague: true, candidates: [] };
  }
  return { candidates };
}

function stem(column: string): string {
  const name = bare(column);
  return name.replace(ending, '') || name;
}

interface Group {
  readonly utterances: Set<string>;
  readonly labels: Set<string>;
}

/** The utterances and labels of each value of a column. */
function groupsOf(table: Table, column: string, rows: readonly LabelledRow[]): Map<string, Group> {
  const groups = new Map<string, Group>();
  for (const [i, { cells }] of table.rows.entries()) {
    const value = textOf(cells.get(column));
    const row = rows[i];
    if (value === undefined || row === undefined) continue;
    const group = groups.get(labelForm(value)) ?? { utterances: new Set(), labels: new Set() };
    group.utterances.add(row.utterance);
    group.labels.add(row.label);
    groups.set(labelForm(value), group);
  }
  return groups;
}

/** Enough for a column that is called as a speaker is: some of a large corpus speak once. */
function mostlyRepeats(table: Table, column: string, rows: readonly LabelledRow[]): boolean {
  const groups = groupsOf(table, column, rows);
  return groups.size > 1 && new Set(rows.map(({ utterance }) => utterance)).size >= 1.5 * groups.size;
}

/** Whether each value has several utterances, with more than one label: so it is with people. */
function repeats(table: Table, column: string, rows: readonly LabelledRow[]): boolean {
  if (other.test(bare(column))) return false;
  const groups = groupsOf(table, column, rows);
  const names = [...groups.keys()];
  const list = [...groups.values()];
  const emotions = names.filter((value) => emotionOf(value) !== undefined).length;
  return (
    list.length > 1 &&
    emotions < list.length / 2 &&
    names.every((name) => name.length <= 40 && !/^\d*[.,]\d+$/.test(name)) &&
    list.every(({ utterances }) => utterances.size > 1) &&
    list.reduce((sum, { labels }) => sum + labels.size, 0) >= 1.5 * list.length
  );
}
