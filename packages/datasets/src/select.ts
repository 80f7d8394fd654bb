import { InputError } from '@ser/files';
import type { CorpusCard } from './card';
import type { Corpus, RawUtterance, Reading, Utterance } from './corpus';
import { labelJudge } from './label-shares';
import { alikeNames, nameForm } from './names';
import { byText, countBy, distinct } from './order';
import { isUnknownSpeaker } from './readers/utterance';

/**
 * What a reader found, in the classes of the card: labels mapped, ignored ones left out, `select` applied, sorted by id
 * and compared with the counts of the card.
 *
 * @throws {InputError} on an unknown label, an id that is there twice, or (without `allowIncomplete`) other counts.
 */
export function select(card: CorpusCard, root: string, reading: Reading, allowIncomplete: boolean): Corpus {
  const notes = [...reading.notes];
  const utterances = classed(card, chosen(card, reading.utterances, notes), notes).sort((a, b) => byText(a.id, b.id));
  const twice = utterances.find((utterance, i) => utterances[i - 1]?.id === utterance.id);
  if (twice) throw new InputError(`${card.name}: utterance ${twice.id} is there twice, expected ids that differ`);
  if (utterances.length === 0) {
    throw new InputError(
      `${root}: no utterance of ${card.title} found; ${[...notes, `looked for ${reading.lookedFor}`].join('; ')}`,
    );
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
  notes.push(...doubts(utterances));
  return { card, root, labels: card.labels.classes, utterances, notes };
}

/** What `select` and `exclude` leave. */
function chosen(card: CorpusCard, utterances: readonly RawUtterance[], notes: string[]): readonly RawUtterance[] {
  const excluded = new Set(card.exclude?.map(nameForm));
  const rules = Object.entries(card.select ?? {}).map(([field, values]) => {
    const name = field === 'speakers' ? 'speaker' : field === 'sessions' ? 'session' : field;
    return { name, values: new Set(values.map(nameForm)) };
  });
  const leftOut = new Map<string, number>();
  const kept = utterances.filter((utterance) => {
    if (excluded.has(utterance.id)) {
      leftOut.set('excluded by id', (leftOut.get('excluded by id') ?? 0) + 1);
      return false;
    }
    const rule = rules.find(({ name, values }) => !values.has(nameForm(columnOf(utterance, name) ?? '')));
    if (!rule) return true;
    const reason = `with ${rule.name} ${columnOf(utterance, rule.name) ?? 'not given'}`;
    // Of speakers and sessions, only that some are left out is of interest.
    const key = rule.name === 'speaker' || rule.name === 'session' ? `of other ${rule.name}s` : reason;
    leftOut.set(key, (leftOut.get(key) ?? 0) + 1);
    return false;
  });
  if (leftOut.size > 0) notes.push(`not selected by the card: ${listCounts(leftOut)}`);
  return kept;
}

/** A field of an utterance by its name: one of its own, or a column. */
export function columnOf(
  utterance: Pick<Utterance, 'speaker' | 'session' | 'split' | 'columns'>,
  name: string,
): string | undefined {
  if (name === 'speaker' || name === 'session' || name === 'split') return utterance[name];
  return utterance.columns?.[name];
}

function classed(card: CorpusCard, utterances: readonly RawUtterance[], notes: string[]): Utterance[] {
  const judge = labelJudge(card.labels);
  const leftOut = new Map<string, number>();
  const kept: Utterance[] = [];
  for (const { rawLabels, origin, ...utterance } of utterances) {
    const verdict = judge(rawLabels, origin);
    if ('leftOut' in verdict) leftOut.set(verdict.leftOut, (leftOut.get(verdict.leftOut) ?? 0) + 1);
    else kept.push({ ...utterance, ...verdict });
  }
  if (leftOut.size > 0) notes.push(`left out by the card: ${listCounts(leftOut)}`);
  return kept;
}

function listCounts(counts: ReadonlyMap<string, number>): string {
  return [...counts]
    .sort(([a], [b]) => byText(a, b))
    .map(([what, n]) => `${n} ${what}`)
    .join(', ');
}

/** What programs write where nothing is known. */
const nobodies = /^(nan|<?n\/?a>?|#n\/a|none|null|nil|unknown|unk|undefined|\?+|-+)$/i;

/** What is not wrong, and may well be. */
function doubts(utterances: readonly Utterance[]): string[] {
  const speakers = distinct(utterances.map((u) => u.speaker).filter((name) => !isUnknownSpeaker(name)));
  const alike = alikeNames(speakers).map(
    (names) => `speakers ${names.join(' and ')} may be one person: they are counted as ${names.length}`,
  );
  const unknown = utterances.filter((u) => isUnknownSpeaker(u.speaker)).length;
  if (unknown > 0) {
    alike.push(`${unknown} utterances have no known speaker: each recording is counted as a speaker of its own`);
  }
  const nobody = speakers.filter((name) => nobodies.test(name));
  if (nobody.length > 0)
    alike.push(
      `speaker ${nobody.join(' and ')} is counted as one person; if it means that nobody knows, the card says so: ` +
        `"unknownSpeakers": ${JSON.stringify(nobody)}`,
    );
  return alike;
}

/** What differs from the counts of the card, a phrase each. */
function compareCounts(card: CorpusCard, reading: Reading, utterances: readonly Utterance[]): string[] {
  const differences: string[] = [];
  const excluded = new Set(card.exclude?.map(nameForm));
  const missing = reading.missing.filter((id) => !excluded.has(id));
  if (missing.length > 0) {
    differences.push(`${missing.length} labelled utterances have no audio file (${missing.slice(0, 3).join(', ')})`);
  }
  const expected = card.expected;
  if (!expected) return differences;
  const compare = (what: string, found: number, wanted: number | undefined): void => {
    if (wanted !== undefined && found !== wanted) differences.push(`${found} of ${wanted} ${what}`);
  };
  compare('labelled utterances listed', reading.utterances.length, expected.listed);
  compare('utterances', utterances.length, expected.utterances);
  const speakers = distinct(utterances.map((u) => u.speaker));
  compare(`speakers (${shortList(speakers)})`, speakers.length, expected.speakers);
  const classes = countBy(utterances, (u) => u.label);
  for (const [label, n] of Object.entries(expected.classes ?? {})) compare(label, classes.get(label) ?? 0, n);
  const sessions = countBy(utterances, (u) => u.session ?? '');
  for (const [session, n] of Object.entries(expected.sessions ?? {}))
    compare(`in session ${session}`, sessions.get(session) ?? 0, n);
  return differences;
}

function shortList(names: readonly string[]): string {
  return names.length <= 30 ? names.join(', ') : `${names.slice(0, 30).join(', ')} and ${names.length - 30} more`;
}
