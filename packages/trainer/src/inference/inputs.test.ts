import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { readFileSync } from 'node:fs';
import { spoken, writeWav } from '../testing/tiny-model';
import { expandInputs } from './inputs';

const dir = mkdtempSync(join(tmpdir(), 'ser-inputs-'));
const at = (...parts: string[]): string => join(dir, ...parts);
const none = Readable.from([]);
beforeAll(() => {
  mkdirSync(at('deep', 'er'), { recursive: true });
  for (const name of ['b.wav', 'a.wav', 'deep/c.wav', 'deep/er/d.WAV', '[odd].wav']) writeWav(at(name), spoken(1_600));
  writeFileSync(at('deep', 'notes.txt'), '');
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const names = async (...args: string[]): Promise<string[]> =>
  (await expandInputs(args, none)).map(({ name }) => name.replace(`${dir}/`, ''));

test('files, folders with all below, and globs', async () => {
  expect(await names(at('b.wav'), at('missing.wav'))).toEqual(['b.wav', 'missing.wav']);
  expect(await names(at('deep'))).toEqual(['deep/c.wav', 'deep/er/d.WAV']);
  expect(await names(at('*.wav'))).toEqual(['[odd].wav', 'a.wav', 'b.wav']);
  expect(await names(at('[odd].wav'))).toEqual(['[odd].wav']);
  await expect(names(at('none-*.wav'))).rejects.toThrow('no file there; expected audio files');
});

test('manifests with spans, relative to their folder', async () => {
  writeFileSync(at('list.csv'), 'id,audio,start,end\n1,a.wav,,\n2,deep/c.wav,0.02,0.07\n');
  writeFileSync(at('list.jsonl'), '{"file":"a.wav"}\n\n{"path":"b.wav","start":0.05}\n');
  const rows = await expandInputs([at('list.csv'), at('list.jsonl')], none);
  expect(rows.map(({ name }) => name)).toEqual(['a.wav', 'deep/c.wav#t=0.02,0.07', 'a.wav', 'b.wav#t=0.05']);
  expect(await Promise.all(rows.map(async ({ read }) => (await read()).length))).toEqual([1600, 800, 1600, 800]);
});

test.each([
  ['label\nhappy\n', /list\.csv:1: no recording named, expected audio, file, path/],
  ['audio,start\na.wav,soon\n', /list\.csv:1: start is "soon", expected seconds/],
  ['audio\n"a.wav\n', /list\.csv: /],
])('a manifest that cannot be used: %j', async (text, message) => {
  writeFileSync(at('list.csv'), text);
  await expect(expandInputs([at('list.csv')], none)).rejects.toThrow(message);
});

test('standard input is a recording', async () => {
  const [input] = await expandInputs(['-'], Readable.from([readFileSync(at('a.wav'))]));
  expect(await input?.read()).toHaveLength(1_600);
});

test.each(['pipe.wav', 'pipe.csv'])('%s, a pipe, is not waited for', async (name) => {
  spawnSync('mkfifo', [at(name)]);
  const [input] = await expandInputs([at(name)], none);
  await expect(input?.read()).rejects.toMatchObject({
    name: 'InputError',
    message: `${at(name)}: a pipe, expected a file; - reads a recording from standard input`,
  });
});
