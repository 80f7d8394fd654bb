import { readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { encode } from 'node-wav';
import { errorCode, InputError, makeFolder, messageOf } from '@ser/files';
import { seededRandom } from '../random';
import { blend, prosodies } from './prosody';
import { speakers } from './speakers';
import { demoSampleRate, speak } from './voice';

/** The name of one utterance and the seed of everything random in it. */
interface Take {
  readonly emotion: keyof typeof prosodies;
  readonly intensity: '01' | '02';
  readonly statement: '01' | '02';
  readonly repetition: number;
}

/** Twelve utterances an emotion and speaker; as in RAVDESS, neutral has no strong intensity. */
const takes: readonly Take[] = (['01', '03', '04', '05'] as const).flatMap((emotion) =>
  (['01', '02'] as const)
    .filter((intensity) => emotion !== '01' || intensity === '01')
    .flatMap((intensity) =>
      (['01', '02'] as const).flatMap((statement) =>
        Array.from({ length: emotion === '01' ? 6 : 3 }, (_, i) => ({
          emotion,
          intensity,
          statement,
          repetition: i + 1,
        })),
      ),
    ),
);

/**
 * Writes the demo corpus: 384 utterances of eight synthetic voices in four emotions, laid out and named as RAVDESS is,
 * the same bytes every time. Written beside `dir` and moved there when complete: a folder that exists is whole, and
 * several processes may do this at once.
 *
 * @throws {InputError} when `dir` exists and is something else.
 */
export async function writeDemoCorpus(dir: string): Promise<void> {
  if ((await isOccupied(dir)) && !(await isDemoCorpus(dir))) throw cannotPut(dir, 'something else is there');
  const partial = `${dir}.${process.pid}.${Math.random().toString(36).slice(2)}.partial`;
  try {
    for (const [s, speaker] of speakers.entries()) {
      const folder = path.join(partial, `Actor_${speaker.actor}`);
      makeFolder(folder);
      for (const [t, { emotion, intensity, statement, repetition }] of takes.entries()) {
        const random = seededRandom(1000 * (s + 1) + t);
        const amount = (intensity === '02' ? 1.25 : 0.85) * speaker.expressiveness * (0.85 + 0.3 * random());
        const samples = speak(speaker, blend(prosodies[emotion], amount), statement, random);
        const number = String(repetition).padStart(2, '0');
        const name = `03-01-${emotion}-${intensity}-${statement}-${number}-${speaker.actor}.wav`;
        await writeFile(
          path.join(folder, name),
          encode([samples], { sampleRate: demoSampleRate, float: false, bitDepth: 16 }),
        );
      }
    }
    await moveIntoPlace(partial, dir);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

async function moveIntoPlace(partial: string, dir: string): Promise<void> {
  try {
    await rename(partial, dir);
  } catch (error) {
    // Another process was first; its files are the same as ours.
    if (await isDemoCorpus(dir)) return;
    throw cannotPut(dir, errorCode(error) ?? messageOf(error));
  }
}

function cannotPut(dir: string, why: string): InputError {
  return new InputError(
    `${dir}: the demo corpus cannot be put here (${why}), expected a folder that is empty or not there`,
  );
}

function isOccupied(dir: string): Promise<boolean> {
  return readdir(dir).then(
    (names) => names.length > 0,
    () => false,
  );
}

/** Whether a folder holds the demo corpus. */
export async function isDemoCorpus(dir: string): Promise<boolean> {
  const last = path.join(dir, 'Actor_08', '03-01-05-02-02-03-08.wav');
  return stat(last).then(
    (found) => found.isFile(),
    () => false,
  );
}
