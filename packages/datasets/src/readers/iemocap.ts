import path from 'node:path';
import type { RawUtterance, Reading } from '../corpus';
import { InputError, readText } from '@ser/files';
import { findFiles } from './find-files';
import { isAudioPath } from './path-pattern';

/** A dialogue's label file: directly in EmoEvaluation; its subfolders hold the single raters' files. */
const labelFile = /(^|\/)EmoEvaluation\/Ses\d\d[FM]_(impro|script)[^/]*\.txt$/;
/** Ses, session, who wears the markers, dialogue, the speaker of this turn, turn (XX0 and the like in a few). */
const utteranceId = /^Ses(\d\d)[FM]_(?:impro|script)\w*_([FM])X*\d+$/;
/** [6.2901 - 8.2357] Ses01F_impro01_F000 neu [2.5000, 2.5000, 2.5000] */
const turn = /^\[\s*[\d.]+\s*-\s*[\d.]+\s*\]\s+(\S+)\s+(\S+)\s+\[/;

/**
 * IEMOCAP: labels from `Session?/dialog/EmoEvaluation/*.txt`, improvised and scripted; audio from
 * `Session?/sentences/wav`, or wherever below the folder a file of that name is (re-packs that put all in one folder).
 * The speaker of an utterance is the `_F` or `_M` before its turn number, not the letter of the dialogue.
 */
export async function readIemocap(root: string): Promise<Reading> {
  const files = await findFiles(root, (file) => labelFile.test(file) || isAudioPath(file));
  const audio = new Map<string, string>();
  for (const file of files) if (isAudioPath(file)) audio.set(path.posix.parse(file).name, file);
  const utterances = new Map<string, RawUtterance>();
  const missing: string[] = [];
  for (const file of files.filter((file) => labelFile.test(file))) {
    for (const [i, line] of (await readText(path.join(root, file))).split(/\r?\n/).entries()) {
      // Rater lines and the explanation at the top do not start with a time.
      if (!line.startsWith('[') || /^\[START_TIME/i.test(line)) continue;
      const origin = `${file}:${i + 1}`;
      const [, id = '', rawLabel = ''] = turn.exec(line) ?? [];
      const [, session = '', speaker = ''] = utteranceId.exec(id) ?? [];
      if (session === '')
        throw new InputError(`${path.join(root, origin)}: expected "[start - end] utterance label [v, a, d]"`);
      if (utterances.has(id)) continue;
      const found = audio.get(id);
      if (found === undefined) missing.push(id);
      else {
        utterances.set(id, {
          id,
          audio: path.join(root, found),
          rawLabels: [[rawLabel, 1]],
          speaker: `Ses${session}${speaker}`,
          session: String(Number(session)),
          origin,
        });
      }
    }
  }
  return {
    utterances: [...utterances.values()],
    lookedFor:
      'labels in Session1..5/dialog/EmoEvaluation/Ses*.txt and audio in Session1..5/sentences/wav, in this folder and below',
    notes: [],
    missing,
  };
}
