import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseJson, readJsonIfThere } from './json';
import { decodeText, readText, readTextIfThere } from './read-text';

const root = mkdtempSync(join(tmpdir(), 'ser-text-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

test('UTF-8 with and without a byte order mark is the same text', () => {
  expect(decodeText(Buffer.from('\uFEFFJörg\n'), 'f')).toBe('Jörg\n');
  expect(decodeText(Buffer.from('Jörg\n'), 'f')).toBe('Jörg\n');
  expect(decodeText(new Uint8Array(0), 'f')).toBe('');
});

test('another encoding is named, with the line', () => {
  expect(() => decodeText(Buffer.from('a,b\nJörg,1\n', 'latin1'), 'm.csv')).toThrow(
    /^m\.csv: line 2 is not UTF-8 \(Windows-1252 or Latin-1\?\): save it as UTF-8$/,
  );
  for (const bytes of [
    Buffer.from('\uFEFFa,b\n', 'utf16le'),
    Buffer.from('a,b,c\n', 'utf16le'),
    Buffer.from('\uFEFFa', 'utf16le').swap16(),
  ]) {
    expect(() => decodeText(bytes, 'm.csv')).toThrow('m.csv: UTF-16 text, expected UTF-8');
  }
});

test('a file that is missing, too large or a folder is one line', async () => {
  const path = join(root, 'none');
  await expect(readTextIfThere(path)).resolves.toBeUndefined();
  await expect(readText(path)).rejects.toThrow(`${path}: no such file or folder (ENOENT)`);
  await expect(readTextIfThere(root)).rejects.toMatchObject({ name: 'InputError' });
  writeFileSync(path, 'four');
  await expect(readText(path, 3)).rejects.toThrow('4 bytes, expected a text file of at most 3');
});

test('JSON: a mark is dropped, and what is no JSON or too deep is one line', async () => {
  const path = join(root, 'a.json');
  writeFileSync(path, '\uFEFF{"a":"[[\\"["}');
  await expect(readJsonIfThere(path)).resolves.toEqual({ a: '[["[' });
  expect(() => parseJson('{"a":', 'card.json')).toThrow(/^card\.json: not JSON: .*$/);
  expect(() => parseJson('['.repeat(300_000) + ']'.repeat(300_000), 'deep.json')).toThrow(
    'deep.json: JSON nested more than 200 deep',
  );
});
