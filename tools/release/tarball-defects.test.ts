import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { tarballDefects } from './tarball-defects';

let folder: string;
const write = (file: string, text = ''): void => {
  mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
  writeFileSync(path.join(folder, file), text);
};

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'tarball-'));
  for (const file of ['LICENSE', 'README.md', 'package.json', 'src/index.ts']) write(file);
  write('dist/index.mjs', "import './chunk.mjs'; // a testing/ in words is no path");
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

test('a whole tarball has no defect', () => {
  expect(tarballDefects(folder)).toEqual([]);
});

test('names what is missing, what is for tests, and who reaches for it', () => {
  rmSync(path.join(folder, 'LICENSE'));
  write('src/testing/wave.ts');
  write('src/index.test-d.ts');
  write('src/sum.ts', "export * from './testing/wave';");
  write('dist/index.mjs.map', '{ "sources": ["../src/testing/wave.ts"] }');
  expect(tarballDefects(folder).sort()).toEqual([
    'LICENSE is missing',
    'dist/index.mjs.map names a file that is for tests only',
    'src/index.test-d.ts is for tests only',
    'src/sum.ts names a file that is for tests only',
    'src/testing/wave.ts is for tests only',
  ]);
});
