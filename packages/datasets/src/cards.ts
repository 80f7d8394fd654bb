import demo from '../../../datasets/demo.json';
import demoFirst from '../../../datasets/demo-first.json';
import demoSecond from '../../../datasets/demo-second.json';
import iemocap from '../../../datasets/iemocap.json';
import mspImprov from '../../../datasets/msp-improv.json';
import ravdess from '../../../datasets/ravdess.json';
import savee from '../../../datasets/savee.json';
import { type CorpusCard, validateCard } from './card';
import { InputError } from '@ser/files';

const shipped: readonly { readonly name: string }[] = [demo, demoFirst, demoSecond, iemocap, mspImprov, ravdess, savee];

/** The names of the cards that come with the package. */
export const cardNames: readonly string[] = shipped.map((card) => card.name);

/** A card that comes with the package. */
export function card(name: string): CorpusCard {
  const found = shipped.find((card) => card.name === name);
  if (!found)
    throw new InputError(`${name}: no such corpus, expected one of ${cardNames.join(', ')} or a card's path (.json)`);
  return validateCard(found, `card ${name}`);
}
