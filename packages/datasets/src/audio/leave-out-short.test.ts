import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { card } from '../cards';
import type { Corpus } from '../corpus';
import { removeTemporaryFolders, temporaryFolder } from '../testing/temporary-folder';
import { aiffBytes } from '../testing/aiff-bytes';
import { toneWav, wavBytes } from '../testing/wav-bytes';
import { wave64Bytes } from '../testing/wave64-bytes';
import { checkAudio } from './check-audio';
import { leaveOutShort } from './leave-out-short';

afterAll(removeTemporaryFolders);

test('what is shorter than the encoder takes is left out and named; what cannot be read stays', async () => {
  const dir = temporaryFolder();
  const utterances = [10, 20, 30].map((ms) => {
    const audio = path.join(dir, `${ms}.wav`);
    writeFileSync(audio, toneWav(440, ms / 1000));
    return { id: `${ms}ms`, audio, label: 'sad', speaker: 's' };
  });
  const missing = { id: 'missing', audio: path.join(dir, 'none.wav'), label: 'sad', speaker: 's' };
  const part = { ...utterances[2]!, id: 'part', start: 0.001, end: 0.006 };
  const corpus: Corpus = {
    card: card('ravdess'),
    root: dir,
    labels: ['sad'],
    utterances: [...utterances, missing, part],
    notes: [],
  };
  const kept = async (seconds?: number): Promise<readonly string[]> => {
    const left = await leaveOutShort(corpus, seconds);
    return [...left.utterances.map(({ id }) => id), ...left.notes];
  };
  expect(await kept()).toEqual(['30ms', 'missing', '3 utterances below 25 ms are left out: 10ms, 20ms, part']);
  const whisper = 201 / 16_000;
  expect(await kept(whisper)).toEqual([
    '20ms',
    '30ms',
    'missing',
    '2 utterances below 12.6 ms are left out: 10ms, part',
  ]);
});

test('a file without a sample is as short as one can be, and the refusal says how to go on', async () => {
  const dir = temporaryFolder();
  const none = Buffer.alloc(0);
  const files = {
    'none.wav': wavBytes(none),
    'none.w64': wave64Bytes(wavBytes(none)),
    'none.aiff': aiffBytes(none),
    'damaged.wav': toneWav().subarray(0, 100),
    'tone.wav': toneWav(),
  };
  const utterances = Object.entries(files).map(([id, bytes]) => {
    writeFileSync(path.join(dir, id), bytes);
    return { id, audio: path.join(dir, id), label: 'sad', speaker: 's' };
  });
  const corpus: Corpus = { card: card('ravdess'), root: dir, labels: ['sad'], utterances, notes: [] };
  const left = await leaveOutShort(corpus);
  expect([...left.utterances.map(({ id }) => id), ...left.notes]).toEqual([
    'damaged.wav',
    'tone.wav',
    '3 utterances below 25 ms are left out: none.aiff, none.w64, none.wav',
  ]);
  const one = await leaveOutShort({ ...corpus, utterances: utterances.slice(0, 1) });
  expect(one.notes).toEqual(['1 utterance below 25 ms is left out: none.wav']);
  const refused = checkAudio(corpus);
  await expect(refused).rejects.toThrow(`none.wav: no audio in its data chunk; --allow-incomplete leaves it out`);
  await expect(refused).rejects.toThrow(/damaged\.wav: truncated: [^;]*$/m);
});
