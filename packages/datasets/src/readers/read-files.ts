import path from 'node:path';
import { InputError } from '@ser/files';
import type { CorpusCard } from '../card';
import type { RawUtterance, Reading } from '../corpus';
import { findFiles } from './find-files';
import { fillTemplate, isAudioPath, pathReader } from './path-pattern';
import { toUtterance } from './utterance';

/** A corpus whose file and folder names say everything, read by the card's `pattern` or `regex`. */
export async function readFiles(root: string, card: CorpusCard): Promise<Reading> {
  const patterns = typeof card.pattern === 'string' ? [card.pattern] : (card.pattern ?? []);
  const read = pathReader(patterns, card.regex, `card ${card.name}`);
  const files = await findFiles(root, isAudioPath);
  const utterances = new Map<string, RawUtterance>();
  const notes: string[] = [];
  const other: string[] = [];
  let repeated = 0;
  for (const file of files) {
    const fields = read(file);
    if (!fields) {
      other.push(file);
      continue;
    }
    const wrong = (text: string): never => {
      throw new InputError(`${path.join(root, file)}: ${text} by the pattern of card ${card.name}`);
    };
    const label = fields.get('label') ?? wrong('no label');
    const bare = file.replace(/\.[^./]*$/, '');
    const name =
      card.id === undefined ? bare : (fillTemplate(card.id, (field) => fields.get(field)) ?? wrong(`no id ${card.id}`));
    const audio = path.join(root, file);
    const utterance = toUtterance({ fields, labels: [[label, 1]], audio, name, origin: file }, card, wrong);
    if (!utterance) continue;
    // Only a card that says what an id is made of knows that two files of one id are one recording.
    if (card.id !== undefined && utterances.has(utterance.id)) repeated++;
    else utterances.set(card.id === undefined ? file : utterance.id, utterance);
  }
  if (repeated > 0) notes.push(`${repeated} files are there twice under the same name, counted once`);
  if (other.length > 0 && utterances.size > 0) {
    notes.push(`${other.length} audio files do not fit the pattern and are left out (${other[0]})`);
  }
  const shown = [...patterns, ...(card.regex === undefined ? [] : [card.regex])].join(' or ');
  const found =
    utterances.size === 0 && other.length > 0 ? `; ${other.length} audio files of other names (${other[0]})` : '';
  return {
    utterances: [...utterances.values()],
    lookedFor: `${card.example ?? shown}, in this folder and below${found}`,
    notes,
    missing: [],
  };
}
