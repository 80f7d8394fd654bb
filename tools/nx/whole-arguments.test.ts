import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { flagName } from '../../packages/trainer/src/config/flags';
import { keys } from '../../packages/trainer/src/config/schema';

const nx = join(__dirname, '../../node_modules/.bin/nx');

/** What a command gets of the arguments that Nx was given. */
function arrived(...args: string[]): string[] {
  const { stdout } = spawnSync(nx, ['run', 'tools:arguments', ...args], {
    cwd: join(__dirname, '../..'),
    encoding: 'utf8',
    env: { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false', FORCE_COLOR: '0' },
  });
  const line = /^\s*arguments: (\[.*\])\s*$/m.exec(stdout)?.[1];
  if (line === undefined) throw new Error(`no arguments in what Nx printed:\n${stdout}`);
  return JSON.parse(line) as string[];
}

test('every flag of ser arrives through Nx', () => {
  const flags = [...keys.map((key) => `--${flagName(key)}=x`), '--config=x', '--preset=x', '--jobs=2'];
  expect(arrived(...flags).sort()).toEqual(flags.sort());
  expect(arrived('--batch-size', '4', '--epochs=2').sort()).toEqual(['--batch-size=4', '--epochs=2']);
  expect(arrived('--', '--batch-size=4')).toEqual(['--batch-size=4']);
}, 60_000);
