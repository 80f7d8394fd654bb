import type { CorpusCard } from '../card';
import { shown, some } from './column-values';
import { speakersUnknown } from './draft';
import { guessPattern } from './guess-pattern';

/** A table without labels that names the speaker of each file, as audformat has it. */
export interface SpeakerTable {
  readonly file: string;
  readonly column: string;
  /** The speaker of each audio file. */
  readonly speakers: ReadonlyMap<string, string>;
}

/** How the speakers are named that no column of the labels' table names, or why they are not. */
export interface TableSpeakers {
  readonly fields: Partial<CorpusCard>;
  readonly speakers: readonly string[] | undefined;
  /** What is said beside the pattern. */
  readonly notes: readonly string[];
  readonly open: readonly string[];
}

/**
 * Speakers that no column names may be a part of the paths. Another table that names them shows whether that is so; a
 * card cannot read them from it, because it does not join tables.
 */
export function speakersOfTable({
  file,
  audio,
  files,
  candidates,
  tables,
}: {
  readonly file: string;
  readonly audio: readonly string[];
  /** The audio of the table's rows. */
  readonly files: readonly (string | undefined)[];
  readonly candidates: readonly string[];
  readonly tables: readonly SpeakerTable[];
}): TableSpeakers {
  const guess = guessPattern(audio, false);
  const inPaths = guess?.files === audio.length ? guess : undefined;
  const other = tables.find(({ speakers }) => files.every((name) => name === undefined || speakers.has(name)));
  if (inPaths && (other === undefined || isSame(audio, inPaths.speakers ?? [], other.speakers))) {
    return {
      fields: { pattern: inPaths.pattern },
      speakers: inPaths.speakers,
      notes: [
        other === undefined
          ? 'No column names the speakers; this part of the paths may. See that it does.'
          : `No column names the speakers; this part of the paths does, as ${shown(other.column)} in ${shown(other.file)} says.`,
      ],
      open:
        other === undefined
          ? [
              `whether {speaker} in the pattern is the speaker: no column is called so${
                candidates.length > 0 ? `; columns.speaker names one, and ${some(candidates)} may be it` : ''
              }`,
            ]
          : [],
    };
  }
  const remedy =
    other !== undefined
      ? `the column ${shown(other.column)} of ${shown(other.file)} does, but a card does not join tables: copy it into ${shown(file)} and name it in columns.speaker`
      : candidates.length > 0
        ? `columns.speaker says which column does: ${some(candidates)} may be it`
        : 'columns.speaker says which column does, or {speaker} in a pattern which part of the path';
  return { fields: { unknownSpeakers: true }, speakers: undefined, notes: [], open: [speakersUnknown(remedy)] };
}

/** Whether two ways to name speakers divide the files alike. */
function isSame(audio: readonly string[], names: readonly string[], others: ReadonlyMap<string, string>): boolean {
  const there = new Map<string, string>();
  const back = new Map<string, string>();
  return audio.every((file, i) => {
    const [name, other] = [names[i] ?? '', others.get(file.normalize('NFC'))];
    if (other === undefined) return true;
    if (!there.has(name)) there.set(name, other);
    if (!back.has(other)) back.set(other, name);
    return there.get(name) === other && back.get(other) === name;
  });
}
