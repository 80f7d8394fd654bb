import { spawnSync } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Utterance } from './corpus';
import { makeFold } from './folds';
import { assertNoSharedAudio, assertNoSharedSamples, sameRecordings } from './shared-audio';
import { removeTemporaryFolders, tree } from './testing/temporary-folder';
import { toneWav } from './testing/wav-bytes';

afterAll(removeTemporaryFolders);

const root = tree({ 'a.wav': toneWav(440), 'copy.wav': toneWav(440), 'same-size.wav': toneWav(441) });
const at = (name: string): string => path.join(root, name);
symlinkSync(at('a.wav'), at('link.wav'));
// Equal where a glance looks, and nowhere else.
const long = Buffer.alloc(200_000);
writeFileSync(at('long.bin'), long);
writeFileSync(at('other.bin'), Buffer.from(long).fill(1, 50_000, 50_010));

const utterance = (name: string, more: Partial<Utterance> = {}): Utterance => ({
  id: name,
  audio: at(name),
  label: 'x',
  speaker: name,
  ...more,
});
const fold = (train: Utterance[], test: Utterance[], dev: Utterance[] = []): ReturnType<typeof makeFold> =>
  makeFold({ index: 1, name: 'f', train, test, dev, groupBy: 'speaker' });

test('copies and links are one recording; files of one size are not', async () => {
  const names = ['a.wav', 'copy.wav', 'same-size.wav', 'link.wav', 'long.bin', 'other.bin', 'none.wav'];
  const first = await sameRecordings(names.map(at));
  expect([...first].map((pair) => pair.map((file) => path.basename(file)).join('='))).toEqual([
    'a.wav=a.wav',
    'copy.wav=a.wav',
    'link.wav=a.wav',
  ]);
});

test('a recording on two sides of a fold under two names is refused, whichever sides these are', async () => {
  const other = utterance('same-size.wav');
  await expect(assertNoSharedAudio([fold([utterance('a.wav')], [utterance('copy.wav')])])).rejects.toThrow(
    /fold 1 \(f\): the same audio on two sides: a.wav = copy.wav \(train and test\).*`exclude`/,
  );
  await expect(assertNoSharedAudio([fold([utterance('a.wav')], [other], [utterance('link.wav')])])).rejects.toThrow(
    /a.wav = link.wav \(train and dev\)/,
  );
  await assertNoSharedAudio([fold([utterance('a.wav'), utterance('copy.wav')], [other])]);
  await assertNoSharedAudio([fold([utterance('a.wav', { end: 0.05 })], [utterance('copy.wav', { start: 0.05 })])]);
});

test('the same samples in two files on two sides are refused; those of silence are not compared', () => {
  const sides = [fold([utterance('a')], [utterance('b'), utterance('c')], [utterance('d')])];
  const refused =
    (digests: [string, string][]): (() => void) =>
    () =>
      assertNoSharedSamples(sides, new Map(digests));
  expect(refused([['a', '1'], ['c', '1']])).toThrow(/fold 1 \(f\): the same audio on two sides: a = c \(train and test\)/); // prettier-ignore
  expect(refused([['b', '1'], ['d', '1']])).toThrow(/d = b \(dev and test\)/); // prettier-ignore
  expect(refused([['b', '1'], ['c', '1'], ['a', '2']])).not.toThrow(); // prettier-ignore
});

test('a pipe among the recordings is named, and nobody waits for it', async () => {
  spawnSync('mkfifo', [at('pipe.wav')]);
  await expect(assertNoSharedAudio([fold([utterance('a.wav')], [utterance('pipe.wav')])])).rejects.toMatchObject({
    name: 'InputError',
    message: `${at('pipe.wav')}: a pipe, expected a file`,
  });
});
