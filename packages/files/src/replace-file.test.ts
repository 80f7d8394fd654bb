import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { replaceFile, writeFileWhole, writeFileWholeSync } from './replace-file';

const root = mkdtempSync(join(tmpdir(), 'ser-replace-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

test('the content is the old one or the new one, and no part is left', async () => {
  const path = join(root, 'new', 'a.txt');
  await writeFileWhole(path, 'one');
  const failing = replaceFile(path, async (part) => {
    writeFileSync(part, 'tw');
    throw new Error('a defect');
  });
  await expect(failing).rejects.toThrow('a defect');
  expect(readFileSync(path, 'utf8')).toBe('one');
  writeFileWholeSync(path, Buffer.from('two'));
  await Promise.all(['three', 'four'].map((text) => writeFileWhole(path, text)));
  expect(['three', 'four']).toContain(readFileSync(path, 'utf8'));
  expect(readdirSync(join(root, 'new'))).toEqual(['a.txt']);
});

test.each([
  ['a file where a folder should be', (): string => join(root, 'file', 'a.txt'), /ENOTDIR|EEXIST/],
  ['a folder of that name', (): string => join(root, 'folder'), /EISDIR|ENOTEMPTY|EEXIST/],
  ['a name that is too long', (): string => join(root, 'x'.repeat(300)), /ENAMETOOLONG/],
])('%s is one line that names the path', async (_, pathOf, code) => {
  mkdirSync(join(root, 'folder', 'inside'), { recursive: true });
  writeFileSync(join(root, 'file'), '');
  const path = pathOf();
  const errors = [
    await writeFileWhole(path, 'x').then(
      () => undefined,
      (error: unknown) => error,
    ),
    ((): unknown => {
      try {
        writeFileWholeSync(path, 'x');
        return undefined;
      } catch (error) {
        return error;
      }
    })(),
  ];
  for (const error of errors) {
    expect(error).toMatchObject({ name: 'InputError', message: expect.stringMatching(code) });
    expect(String(error)).toContain(path);
  }
});
