import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const root = path.resolve(__dirname, '../..');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'conformance-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function conformance(...args: string[]): { status: number | null; output: string } {
  const options = ['--conditions=@ser/source', '--import', 'tsx', 'tools/conformance/index.ts', ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, options, { cwd: root, encoding: 'utf8' });
  return { status, output: stdout + stderr };
}

function write(name: string, weight: number): void {
  const label_adaptive = [{ length_i: 300, length_j: 100, weight_i: 1 - weight, weight_j: weight }];
  mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
  writeFileSync(path.join(folder, name), JSON.stringify({ energy_adaptive: [], label_adaptive }));
}

test('finds fixtures by name at any depth and lists what nothing covers', () => {
  write('more/eam.json', 0.25);
  write('other.json', 0.25);
  const { status, output } = conformance(folder);
  expect(output).toMatch(/more\/eam\.json +\| eager +\| 1 +\| 0\.00e\+0/);
  expect(output).toContain('not covered: other.json');
  expect(status).toBe(0);
});

test('a value past the tolerance is named and fails', () => {
  write('eam.json', 0.25 + 2e-6);
  const { status, output } = conformance(folder);
  expect(output).toContain('FAILED (1)');
  expect(output).toContain('label_adaptive[0] weights');
  expect(status).toBe(1);
});

test('a damaged fixture, an empty folder and a missing one fail in one line', () => {
  expect(conformance(folder)).toMatchObject({ status: 1, output: expect.stringContaining('no known fixture') });
  writeFileSync(path.join(folder, 'eam.json'), '{"energy_adaptive": [{}]}');
  expect(conformance(folder)).toMatchObject({ status: 1, output: expect.stringContaining('"mix_length" is missing') });
  expect(conformance(path.join(folder, 'none'))).toMatchObject({ status: 2 });
});
