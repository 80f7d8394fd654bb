import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Text by which a file of a tarball would reach into what only tests have. */
const testOnly = /(?:\.\.?\/|\/)testing\/|test-support|tools\/(?:jest|webgpu|conformance)/;

/** What an unpacked tarball should not hold, or lacks: a line for each, none when all is well. */
export function tarballDefects(folder: string): string[] {
  const missing = ['LICENSE', 'README.md', 'package.json', 'dist'].filter(
    (name) => !existsSync(path.join(folder, name)),
  );
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .filter((file) => !file.split(path.sep).includes('node_modules'));
  const helpers = files.filter((file) => /(?:^|\/)testing\/|\.test(?:-d)?\.[cm]?ts$|test-results/.test(file));
  const imports = files.filter(
    (file) => /\.([cm]?[jt]s|map)$/.test(file) && testOnly.test(readFileSync(path.join(folder, file), 'utf8')),
  );
  return [
    ...missing.map((name) => `${name} is missing`),
    ...helpers.map((file) => `${file} is for tests only`),
    ...imports.map((file) => `${file} names a file that is for tests only`),
  ];
}
