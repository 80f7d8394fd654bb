import path from 'node:path';
import { audioExtension, type RawUtterance, type Reading } from '../corpus';
import { findFiles } from './find-files';

/** modality-channel-emotion-intensity-statement-repetition-actor */
const fileName = /^(\d{2})-(\d{2})-(\d{2})-(\d{2})-(\d{2})-(\d{2})-(\d{2})$/;

/**
 * RAVDESS speech in any folder layout: the archive's `Actor_01/…`, a folder around it, or all files in one. The file
 * name says everything. Videos and songs are passed over; a file that is there twice (one popular re-pack holds every
 * actor's folder a second time) counts once.
 */
export async function readRavdess(root: string): Promise<Reading> {
  const files = await findFiles(root, (file) => fileName.test(path.posix.parse(file).name));
  const utterances = new Map<string, RawUtterance>();
  let videos = 0;
  let songs = 0;
  let repeated = 0;
  for (const file of files) {
    const { name } = path.posix.parse(file);
    const [, modality = '', channel = '', emotion = '', , , , actor = ''] = fileName.exec(name) ?? [];
    if (modality !== '03' || !audioExtension.test(file)) videos++;
    else if (channel !== '01') songs++;
    else if (utterances.has(name)) repeated++;
    else
      utterances.set(name, { id: name, audio: path.join(root, file), rawLabel: emotion, speaker: actor, origin: file });
  }
  const notes: string[] = [];
  if (songs > 0) notes.push(`${songs} song files passed over (the second number of the name is not 01)`);
  if (videos > 0) notes.push(`${videos} video files passed over (the first number of the name is not 03)`);
  if (repeated > 0) notes.push(`${repeated} files are there twice under the same name, counted once`);
  return {
    utterances: [...utterances.values()],
    lookedFor: '03-01-EE-II-SS-RR-AA.wav, such as Actor_01/03-01-05-01-01-01-01.wav, in this folder and below',
    notes,
  };
}
