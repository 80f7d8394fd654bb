import { existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { makeFolder } from './make-folder';
import { testIf } from '../../../tools/test-support/describe-if';

const root = mkdtempSync(join(tmpdir(), 'ser-make-folder-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

test('makes all levels; a folder that is there stays', () => {
  const path = join(root, 'a', 'b', 'c');
  makeFolder(path);
  writeFileSync(join(path, 'x'), '');
  makeFolder(path);
  makeFolder(relative(process.cwd(), join(root, 'd', 'e')));
  expect(existsSync(join(path, 'x'))).toBe(true);
  expect(statSync(join(root, 'd', 'e')).isDirectory()).toBe(true);
});

test.each([
  ['a file of this name', (): string => join(root, 'file'), 'ENOTDIR'],
  ['a file on the way', (): string => join(root, 'file', 'a', 'b'), 'ENOTDIR'],
  ['a link to nothing', (): string => join(root, 'link'), 'EEXIST'],
  ['a name that is too long', (): string => join(root, 'x'.repeat(300), 'a'), 'ENAMETOOLONG'],
])('%s is refused', (_, pathOf, code) => {
  writeFileSync(join(root, 'file'), '');
  rmSync(join(root, 'link'), { force: true });
  symlinkSync(join(root, 'nothing'), join(root, 'link'));
  expect(() => makeFolder(pathOf())).toThrow(expect.objectContaining({ code }) as Error);
});

// Node's own `mkdir` with `recursive` does not end here (nodejs/node, libuv's answer ENOENT starts it anew).
testIf(process.platform === 'linux', 'folders in /proc: only Linux has it').each([
  '/proc/nothing',
  '/proc/nothing/below',
])('%s is refused and does not hang', (path) => {
  expect(() => makeFolder(path)).toThrow(expect.objectContaining({ code: 'ENOENT' }) as Error);
});
