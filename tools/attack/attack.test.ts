import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

it('a sample of every group of attacks ends without a defect', async () => {
  const args = ['--conditions=@ser/source', '--import', 'tsx', path.join(__dirname, 'index.ts'), '--sample=25'];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  expect(stdout).toMatch(/^encoders: 25 attacks: \d+ refused in one line, \d+ read, 0 defects; /m);
}, 240_000);
