import path from 'node:path';
import { checkCorpus } from './check-corpus';
import { describeCheck, describeFolds } from './describe';
import { openCorpus } from './open-corpus';
import { describeIf } from '../../../tools/test-support/describe-if';
import { hasRavdess, sharedFolder } from './testing/outside';
import { ownCard } from './testing/own-card';
import { removeTemporaryFolders, tree } from './testing/temporary-folder';
import { int16, toneWav, wavBytes } from './testing/wav-bytes';

afterAll(removeTemporaryFolders);

test('counts, folds, durations, and everything that is wrong with files', async () => {
  const square = wavBytes(int16(...Array.from({ length: 1600 }, (_, i) => (i % 40 < 20 ? 32767 : -32768))));
  const twin = toneWav(500);
  const root = tree({
    'Actor_01/03-01-01-01-01-01-01.wav': toneWav(300, 0.2),
    // The same sound in another container format, in another fold, under another label.
    'Actor_01/03-01-03-01-01-01-01.wav': twin,
    'Actor_11/03-01-04-01-01-01-11.wav': twin,
    'Actor_02/03-01-05-01-01-01-02.wav': wavBytes(twin.subarray(44), { extensible: true }),
    'Actor_02/03-01-02-01-01-01-02.wav': wavBytes(Buffer.alloc(3200)),
    'Actor_02/03-01-06-01-01-01-02.wav': square,
    'Actor_03/03-01-07-01-01-01-03.wav': toneWav().subarray(0, 99),
    // Its size counts the header, too.
    'Actor_03/03-01-08-01-01-01-03.wav': wavBytes(toneWav(350).subarray(44), {
      channels: 2,
      sampleRate: 48_000,
      dataSize: 3244,
    }),
  });
  const corpus = await openCorpus('ravdess', root, { allowIncomplete: true });
  let progress = 0;
  const check = await checkCorpus(corpus, { workers: 1, onProgress: (done) => (progress = done) });
  expect(progress).toBe(8);
  expect(check.classes).toEqual({
    neutral: 1,
    calm: 1,
    happy: 1,
    sad: 1,
    angry: 1,
    fearful: 1,
    disgust: 1,
    surprised: 1,
  });
  expect(check.silent).toEqual(['03-01-02-01-01-01-02']);
  expect(check.clipped).toEqual([{ id: '03-01-06-01-01-01-02', samples: 1600 }]);
  expect(check.unreadable).toEqual([expect.stringMatching(/03-01-07-01-01-01-03.wav: truncated/)]);
  expect(check.overstated).toEqual(['03-01-08-01-01-01-03']);
  expect(check.duplicates).toEqual([
    {
      ids: ['03-01-03-01-01-01-01', '03-01-04-01-01-01-11', '03-01-05-01-01-01-02'],
      labels: ['happy', 'sad', 'angry'],
      leaks: [1, 3],
    },
  ]);
  expect(check.duration.quantiles['100']).toBeCloseTo(0.2);
  expect(check.formats).toEqual({ '16000 Hz, 1 channel': 6, '48000 Hz, 2 channels': 1 });
  expect(check.folds.map((fold) => fold.test.groups)).toEqual([{ '01': 2, '11': 1 }, { '03': 2 }, { '02': 3 }]);
  const text = describeCheck(check);
  expect(text).toContain('speakers: 01 2, 02 3, 03 2, 11 1');
  expect(text).toContain('labelled happy and sad and angry, on two sides of fold 1 and 3');
  expect(text).toContain('states more than is there, by its own 44 bytes at most: 1\n  03-01-08-01-01-01-03\n');
  expect(text).toContain('note: 8 of 1440 utterances');
  expect(describeFolds(check.folds).split('\n')[0]).toBe('folds: 3, no speaker in train and test');
});

test('a recording on both sides of a fixed split is a fault of the folds, and is named with its fold', async () => {
  const root = tree({
    'a.wav': toneWav(300),
    'b.wav': toneWav(400),
    'm.csv': 'audio,label,speaker,split,id\na.wav,calm,s1,train,u1\nb.wav,upset,s2,train,u2\na.wav,calm,s3,test,u3\n',
    'card.json': JSON.stringify({
      ...ownCard,
      labels: { classes: ['calm', 'upset'], map: { calm: 'calm', upset: 'upset' } },
      folds: { by: 'split' },
    }),
  });
  const check = await checkCorpus(await openCorpus(path.join(root, 'card.json')), { workers: 1 });
  expect(check.foldFault).toContain('the audio of u1 = u3 on both sides');
  expect(describeCheck(check)).toContain('u1 = u3, on two sides of fold 1');
});

describeIf(hasRavdess, 'no recordings in shared/data')('the real RAVDESS', () => {
  test('1,440 files, the counts of the card, and the byte-identical pair of actor 7', async () => {
    const check = await checkCorpus(await openCorpus('ravdess', sharedFolder('data/ravdess-16k')), { workers: 2 });
    expect(check.utterances).toBe(1440);
    expect(check.classes).toEqual({
      neutral: 96,
      calm: 192,
      happy: 192,
      sad: 192,
      angry: 192,
      fearful: 192,
      disgust: 192,
      surprised: 192,
    });
    expect(check.folds.map((fold) => fold.test.utterances)).toEqual([240, 240, 240, 240, 240, 240]);
    expect(check.duplicates).toEqual([
      { ids: ['03-01-03-01-02-01-07', '03-01-03-01-02-02-07'], labels: ['happy'], leaks: [] },
    ]);
    expect([check.silent, check.unreadable]).toEqual([[], []]);
  }, 300_000);

  test('the original 48 kHz recordings, stereo among them', async () => {
    const root = path.join(sharedFolder('data/ravdess-48k-samples'));
    await expect(openCorpus('ravdess', root)).rejects.toThrow(/6 of 1440 utterances/);
    const check = await checkCorpus(await openCorpus('ravdess', root, { allowIncomplete: true }), { workers: 1 });
    expect(check.formats).toEqual({ '48000 Hz, 1 channel': 3, '48000 Hz, 2 channels': 3 });
    expect(check.unreadable).toEqual([]);
  });
});
