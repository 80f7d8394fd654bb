/**
 * A corpus to measure on where no recorded one is at hand: Debian's espeak-ng speaks fifteen sentences in four manners
 * with sixteen voices. Pitch, range, rate and loudness of a manner overlap with those of the others, and every voice has
 * a pitch of its own, so that it is neither trivial nor speech: its numbers compare methods and mean nothing beyond that.
 *
 *     node --conditions=@ser/source --import tsx tools/espeak-corpus.ts FOLDER
 *     npm run -s ser -- data init FOLDER
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { seeded } from '../packages/trainer/src/random';

interface Manner {
  /** 0 to 99. */
  readonly pitch: number;
  /** Of the pitch, in per cent of the usual one. */
  readonly range: number;
  /** Words a minute. */
  readonly rate: number;
  /** 0 to 200. */
  readonly loudness: number;
}

const manners: Readonly<Record<string, Manner>> = {
  neutral: { pitch: 50, range: 90, rate: 165, loudness: 100 },
  happy: { pitch: 58, range: 140, rate: 178, loudness: 110 },
  sad: { pitch: 43, range: 65, rate: 146, loudness: 85 },
  angry: { pitch: 53, range: 115, rate: 186, loudness: 130 },
};
const voices = 'adam Alex Andy benjamin boris david john Lee Alicia Andrea Annie aunty belinda linda shelby anikaRobot';
const sentences = [
  'The door was open when she came home.',
  'They will meet us at the station tomorrow.',
  'I put the letter on the kitchen table.',
  'He said that the train was late again.',
  'We have to be there before seven.',
  'The children are playing in the garden.',
  'It has been raining since this morning.',
  'She left the keys in the car.',
  'There is a stranger in front of the house.',
  'You never told me about the money.',
  'The doctor will call you in an hour.',
  'We are going to the sea on Sunday.',
  'My brother found the book under the bed.',
  'Nobody knew where the dog had gone.',
  'The shop closes in ten minutes.',
];

const folder = process.argv[2];
if (folder === undefined) {
  console.error('espeak-corpus: expected a folder to write');
  process.exit(2);
}
mkdirSync(folder, { recursive: true });
for (const [v, voice] of voices.split(' ').entries()) {
  const random = seeded('espeak', voice);
  const around = (middle: number, spread: number): number => middle + spread * (2 * random() - 1);
  const own = around(0, 12);
  for (const [s, sentence] of sentences.entries()) {
    for (const [label, { pitch, range, rate, loudness }] of Object.entries(manners)) {
      const file = path.join(
        folder,
        `v${String(v + 1).padStart(2, '0')}_s${String(s + 1).padStart(2, '0')}_${label}.wav`,
      );
      const spoken = `<speak><prosody range="${Math.round(around(range, 25))}%">${sentence}</prosody></speak>`;
      const numbers = { p: own + around(pitch, 8), s: around(rate, 16), a: around(loudness, 25) };
      const flags = Object.entries(numbers).flatMap(([flag, value]) => [`-${flag}`, String(Math.round(value))]);
      execFileSync('espeak-ng', ['-v', `en+${voice}`, '-m', ...flags, '-w', file, spoken]);
    }
  }
}
console.log(`${folder}: ${voices.split(' ').length * sentences.length * Object.keys(manners).length} files`);
