import type { CorpusCard } from '../card';
import type { RawLabel, RawUtterance } from '../corpus';
import { brokenIn, labelForm, nameForm, textForm } from '../names';
import { parseSeconds } from './seconds';

/** What a source says of one utterance, by field: strings of a path, or cells of a row. */
export interface Source {
  readonly fields: ReadonlyMap<string, unknown>;
  readonly labels: readonly RawLabel[];
  /** Path of the audio file. */
  readonly audio: string;
  /** The id when no field gives one. */
  readonly name: string;
  readonly origin: string;
}

/** Fields with a meaning of their own; the others become columns. */
const known = new Set(['id', 'audio', 'label', 'speaker', 'session', 'split', 'start', 'end', 'annotator', 'file']);

/**
 * An utterance from what a path or a row says, its names in one Unicode form and renamed as the card has it; undefined
 * when something is wrong, after `fault` was told each thing.
 */
export function toUtterance(
  source: Source,
  card: Pick<CorpusCard, 'rename' | 'unknownSpeakers'>,
  fault: (text: string) => void,
): RawUtterance | undefined {
  let good = true;
  const complain = (text: string): undefined => {
    fault(text);
    good = false;
  };
  const name = (field: string): string | undefined => {
    const value = source.fields.get(field);
    if (value === undefined) return undefined;
    const text = textOf(value);
    if (text === undefined) return complain(`${field} is ${JSON.stringify(value)}, expected text`);
    const broken = brokenIn(text);
    if (broken !== undefined) return complain(`${field} ${JSON.stringify(text)} has ${broken}, expected text as UTF-8`);
    return renamed(card, field, nameForm(text)) || complain(`${field} is ${JSON.stringify(value)}, expected text`);
  };
  const seconds = (field: 'start' | 'end'): number | undefined => {
    const value = parseSeconds(source.fields.get(field));
    if (value === null) return complain(`${field} is ${JSON.stringify(source.fields.get(field))}, expected seconds`);
    return value;
  };
  const [start, end] = [seconds('start'), seconds('end')];
  if (end !== undefined && end <= (start ?? 0)) complain(`end ${end} is not after start ${start ?? 0}`);
  const whole = start === undefined && end === undefined;
  const id = name('id') ?? nameForm(whole ? source.name : `${source.name}#${start ?? 0}-${end ?? ''}`);
  // One recording is most likely of one speaker, and its parts must not be on two sides.
  const speaker = speakerOf(card, name('speaker'), whole ? id : nameForm(source.name));
  if (speaker === undefined && source.fields.get('speaker') === undefined) complain('no speaker');
  const [session, split] = [name('session'), name('split')];
  const columns: Record<string, string> = {};
  for (const [field, value] of source.fields) {
    if (!known.has(field)) columns[field] = renamed(card, field, textOf(value) ?? JSON.stringify(value));
  }
  if (!good || speaker === undefined) return undefined;
  return {
    id,
    audio: source.audio,
    rawLabels: source.labels,
    speaker,
    origin: source.origin,
    ...(session !== undefined && { session }),
    ...(split !== undefined && { split }),
    ...(start !== undefined && { start }),
    ...(end !== undefined && { end }),
    ...(Object.keys(columns).length > 0 && { columns }),
  };
}

/** Where the corpus does not name the speaker, each recording counts as a speaker of its own. */
function speakerOf(
  { unknownSpeakers }: Pick<CorpusCard, 'unknownSpeakers'>,
  speaker: string | undefined,
  recording: string,
): string | undefined {
  if (unknownSpeakers === undefined || unknownSpeakers === false) return speaker;
  const unknown =
    speaker === undefined ||
    (Array.isArray(unknownSpeakers) && unknownSpeakers.some((name: string) => labelForm(name) === labelForm(speaker)));
  return unknown ? `${unknownSpeaker}${recording}` : speaker;
}

/** In front of the name of a recording whose speaker is not known. */
const unknownSpeaker = 'unknown: ';

/** Whether nobody knows who speaks. Such a speaker is named after the recording. */
export const isUnknownSpeaker = (speaker: string): boolean => speaker.startsWith(unknownSpeaker);

function renamed({ rename }: Pick<CorpusCard, 'rename'>, field: string, value: string): string {
  const names = Object.entries(rename?.[field] ?? {});
  return names.find(([from]) => labelForm(from) === labelForm(value))?.[1] ?? value;
}

/** A value as text; undefined for what can be none. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))) return String(value);
  if (typeof value !== 'string' || value.includes('\0')) return undefined;
  return textForm(value) || undefined;
}
