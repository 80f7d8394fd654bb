import { distinct } from '../order';
import { some } from './column-values';
import { type Draft, foldsOf, speakersUnknown } from './draft';
import { guessPattern } from './guess-pattern';

/** A card that reads names of files and folders; undefined when they say too little. */
export function draftFromPaths(audio: readonly string[]): Draft | undefined {
  const guess = guessPattern(audio);
  if (!guess) return undefined;
  const comments = new Map<string, readonly string[]>();
  const open: string[] = [];
  comments.set('pattern', [
    `${guess.files} of ${audio.length} audio files have this form.`,
    ...guess.others.map(({ field, values }) => `{${field}} is ${some(values)}: give it a name if it has a meaning.`),
  ]);
  if (!guess.labelsKnown) {
    open.push(
      `the labels are a guess: ${some(distinct(guess.labels ?? []))} are no words for emotions; labels.map gives them names`,
    );
  }
  if (guess.speakers === undefined) {
    const parts = guess.others.filter(({ repeats }) => repeats);
    open.push(
      speakersUnknown(
        parts.length === 0
          ? '{speaker} in the pattern says which part of the path does'
          : `{speaker} in the pattern names them: ${parts.map(({ field, values }) => `{${field}} (${some(values)})`).join(' or ')} may be it`,
      ),
    );
  }
  const fields: Draft['fields'] = {
    reader: 'files',
    pattern: guess.pattern,
    ...(guess.speakers === undefined && { unknownSpeakers: true }),
    ...foldsOf({ speakers: guess.speakers, splits: guess.splits }, comments, open),
  };
  return { fields, labels: guess.labels ?? [], severalLabels: false, comments, open };
}
