import type { CorpusCard } from './card';
import type { Corpus, Reading, Utterance } from './corpus';
import { InputError } from '@ser/files';
import { byText, countBy, distinct } from './order';

/**
 * What a reader found, in the classes of the card: labels mapped, ignored ones left out, `select` applied, sorted by id
 * and compared with the counts of the card.
 *
 * @throws {InputError} on an unknown label, an id that is there twice, or (without `allowIncomplete`) other counts.
 */
export function select(card: CorpusCard, root: string, reading: Reading, allowIncomplete: boolean): Corpus {
  const notes = [...reading.notes];
  const utterances = classed(card, reading, notes).sort((a, b) => byText(a.id, b.id));
  const twice = utterances.find((utterance, i) => utterances[i - 1]?.id === utterance.id);
  if (twice) throw new InputError(`${card.name}: utterance ${twice.id} is there twice, expected ids that differ`);
  if (utterances.length === 0) {
    throw new InputError(`${root}: no utterance of ${card.title} found; looked for ${reading.lookedFor}`);
  }
  const differences = compareCounts(card, reading, utterances);
  if (differences.length > 0) {
    if (!allowIncomplete) {
      throw new InputError(
        `${root}: not the whole of ${card.name}: ${[...differences, ...notes].join('; ')}; looked for ` +
          `${reading.lookedFor}; --allow-incomplete goes on with what is there`,
      );
    }
    notes.push(...differences);
  }
  return { card, root, labels: card.labels.classes, utterances, notes };
}

function classed(card: CorpusCard, reading: Reading, notes: string[]): Utterance[] {
  const map = new Map(Object.entries(card.labels.map));
  const ignored = new Set(card.labels.ignore);
  const speakers = card.select?.speakers && new Set(card.select.speakers);
  const sessions = card.select?.sessions && new Set(card.select.sessions);
  const leftOut = new Map<string, number>();
  const utterances: Utterance[] = [];
  for (const { rawLabel, origin, ...utterance } of reading.utterances) {
    if (speakers && !speakers.has(utterance.speaker)) continue;
    if (sessions && !sessions.has(utterance.session ?? '')) continue;
    const label = map.get(rawLabel);
    if (label !== undefined) utterances.push({ ...utterance, label });
    else if (ignored.has(rawLabel)) leftOut.set(rawLabel, (leftOut.get(rawLabel) ?? 0) + 1);
    else {
      throw new InputError(
        `${origin}: unknown label ${JSON.stringify(rawLabel)}; expected one of ${[...map.keys(), ...ignored].join(', ')}`,
      );
    }
  }
  if (leftOut.size > 0) {
    const counts = [...leftOut].sort(([a], [b]) => byText(a, b)).map(([label, n]) => `${n} ${label}`);
    notes.push(`left out by the card: ${counts.join(', ')}`);
  }
  return utterances;
}

/** What differs from the counts of the card, a phrase each. */
function compareCounts(card: CorpusCard, reading: Reading, utterances: readonly Utterance[]): string[] {
  const expected = card.expected;
  if (!expected) return [];
  const differences: string[] = [];
  const compare = (what: string, found: number, wanted: number | undefined): void => {
    if (wanted !== undefined && found !== wanted) differences.push(`${found} of ${wanted} ${what}`);
  };
  compare('labelled utterances listed', reading.utterances.length, expected.listed);
  compare('utterances', utterances.length, expected.utterances);
  const speakers = distinct(utterances.map((u) => u.speaker));
  compare(`speakers (${speakers.join(', ')})`, speakers.length, expected.speakers);
  const classes = countBy(utterances, (u) => u.label);
  for (const [label, n] of Object.entries(expected.classes ?? {})) compare(label, classes.get(label) ?? 0, n);
  const sessions = countBy(utterances, (u) => u.session ?? '');
  for (const [session, n] of Object.entries(expected.sessions ?? {}))
    compare(`in session ${session}`, sessions.get(session) ?? 0, n);
  return differences;
}
