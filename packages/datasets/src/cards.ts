import asvpEsd from '../../../datasets/asvp-esd.json';
import cafe from '../../../datasets/cafe.json';
import cremaD from '../../../datasets/crema-d.json';
import demo from '../../../datasets/demo.json';
import demoFirst from '../../../datasets/demo-first.json';
import demoSecond from '../../../datasets/demo-second.json';
import emoDb from '../../../datasets/emo-db.json';
import emovo from '../../../datasets/emovo.json';
import esd from '../../../datasets/esd.json';
import iemocap from '../../../datasets/iemocap.json';
import meld from '../../../datasets/meld.json';
import mspImprov from '../../../datasets/msp-improv.json';
import mspPodcast from '../../../datasets/msp-podcast.json';
import nemo from '../../../datasets/nemo.json';
import ravdess from '../../../datasets/ravdess.json';
import savee from '../../../datasets/savee.json';
import tess from '../../../datasets/tess.json';
import { type CorpusCard, validateCard } from './card';
import { InputError } from '@ser/files';

const shipped: readonly { readonly name: string }[] = [
  asvpEsd,
  cafe,
  cremaD,
  demo,
  demoFirst,
  demoSecond,
  emoDb,
  emovo,
  esd,
  iemocap,
  meld,
  mspImprov,
  mspPodcast,
  nemo,
  ravdess,
  savee,
  tess,
];

/** The names of the cards that come with the package. */
export const cardNames: readonly string[] = shipped.map((card) => card.name);

/** A card that comes with the package. */
export function card(name: string): CorpusCard {
  const found = shipped.find((card) => card.name === name);
  if (!found)
    throw new InputError(`${name}: no such corpus, expected one of ${cardNames.join(', ')} or a card's path (.json)`);
  return validateCard(found, `card ${name}`);
}
