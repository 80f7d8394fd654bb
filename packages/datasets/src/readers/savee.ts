import path from 'node:path';
import { audioExtension, type RawUtterance, type Reading } from '../corpus';
import { findFiles } from './find-files';

/** `DC/a01.wav` in the archive, `DC_a01.wav` in the re-packs that put all in one folder. */
const utterance = /(?:^|\/)(DC|JE|JK|KL)[/_]([a-z]{1,2})(\d\d)\.\w+$/i;

/** SAVEE: speaker and label from the file name (a, d, f, h, n, sa, su), anywhere below the folder. */
export async function readSavee(root: string): Promise<Reading> {
  const files = await findFiles(root, (file) => audioExtension.test(file) && utterance.test(file));
  const utterances = new Map<string, RawUtterance>();
  let repeated = 0;
  for (const file of files) {
    const [, speaker = '', label = '', number = ''] = utterance.exec(file) ?? [];
    const id = `${speaker.toUpperCase()}_${label.toLowerCase()}${number}`;
    if (utterances.has(id)) repeated++;
    else
      utterances.set(id, {
        id,
        audio: path.join(root, file),
        rawLabel: label.toLowerCase(),
        speaker: speaker.toUpperCase(),
        origin: file,
      });
  }
  return {
    utterances: [...utterances.values()],
    lookedFor: 'DC/a01.wav or DC_a01.wav (speakers DC, JE, JK, KL), in this folder and below',
    notes: repeated === 0 ? [] : [`${repeated} files are there twice (as DC/a01.wav and DC_a01.wav), counted once`],
  };
}
