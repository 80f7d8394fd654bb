/**
 * Prints what the tests depend on besides the repository: Nx runs this and takes the text into the key of its cache.
 * A test that was skipped for want of a program or of reference data runs again once that is there.
 */
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';

const programs = ['sox', 'flac', 'chromium', 'chromium-browser', 'google-chrome', 'python3'];
const variables = ['SER_SHARED', 'SER_PYTHON', 'SER_TENSORBOARD_PYTHON', 'VK_DRIVER_FILES'];

const root = path.resolve(import.meta.dirname, '../..');
const folders = (process.env.PATH ?? '').split(path.delimiter);

console.log(`node ${process.version} ${process.platform} ${process.arch}`);
for (const name of programs) {
  const file = folders.map((folder) => path.join(folder, name)).find((file) => stat(file) !== undefined);
  console.log(`${name} ${file === undefined ? 'absent' : stamp(file)}`);
}
for (const name of variables) console.log(`${name} ${process.env[name] ?? ''}`);
for (const folder of ['/usr/share/vulkan/icd.d', '/etc/vulkan/icd.d']) console.log(list(folder));
console.log(list(process.env.SER_SHARED ?? path.resolve(root, '../shared')));

/** Every file below a folder with its size and time. */
function list(folder) {
  const files = stat(folder)?.isDirectory() ? readdirSync(folder, { recursive: true, encoding: 'utf8' }) : [];
  return files
    .sort()
    .map((file) => `${path.join(folder, file)} ${stamp(path.join(folder, file))}`)
    .join('\n');
}

function stamp(file) {
  const found = stat(file);
  return found ? `${found.size} ${found.mtimeMs}` : 'absent';
}

function stat(file) {
  return statSync(file, { throwIfNoEntry: false });
}
