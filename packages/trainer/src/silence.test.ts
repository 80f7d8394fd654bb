import { spawnSync } from 'node:child_process';
import { testIf } from '../../../tools/test-support/describe-if';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tinyFlags, writeOwnCorpus } from './testing/own-corpus';

// SECURITY.md says what may reach out and when. Here a run, a prediction and an export are watched: what they leave in
// the home folder, and which sockets they open.

const root = mkdtempSync(join(tmpdir(), 'ser-silence-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const home = join(root, 'home');
const trace = join(root, 'trace');
mkdirSync(home);
const own = writeOwnCorpus(join(root, 'own'));
const fold = join(root, 'runs', 'silent', 'fold-1');

const cli = ['--conditions=@ser/source', '--import', 'tsx', join(__dirname, 'cli.ts')];
const flags = { ...tinyFlags, dataset: own.card, runs: join(root, 'runs'), name: 'silent', folds: '1,2', jobs: '2' };
const commands: [string, string[]][] = [
  [
    'cv, with its folds in processes of their own',
    ['cv', '--preset=none', ...Object.entries(flags).map((f) => `--${f.join('=')}`)],
  ],
  ['predict', ['predict', fold, own.files[0] ?? '']],
  ['export', ['export', fold, join(root, 'model.onnx')]],
  ['predict with the exported file', ['predict', join(root, 'model.onnx'), own.files[0] ?? '']],
];

/** strace where it can watch (a container may forbid it); it stops a process at the calls it watches alone. */
const tracer = ((): string[] => {
  const strace = ['strace', '-f', '-qq', '--seccomp-bpf', '-e', 'trace=connect,sendto,sendmsg', '-o', trace];
  return spawnSync('strace', [...strace.slice(1), 'true']).status === 0 ? strace : [];
})();

test.each(commands)(
  '%s leaves nothing in the home folder, and speaks to nobody',
  (_, args) => {
    const env: NodeJS.ProcessEnv = { ...process.env, HOME: home, XDG_CACHE_HOME: join(home, '.cache') };
    delete env['SER_CACHE'];
    delete env['ORT_DISABLE_TELEMETRY']; // the program itself must see to it
    const [program = '', ...rest] = [...tracer, process.execPath, ...cli, ...args];
    const { status, stderr } = spawnSync(program, rest, { env, encoding: 'utf8' });
    expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
    const left = readdirSync(home, { recursive: true, encoding: 'utf8' }).filter(
      (path) => !/^\.cache(\/ser.*)?$/.test(path),
    );
    expect(left).toEqual([]);
    if (tracer.length === 0) return;
    const reached = readFileSync(trace, 'utf8')
      .split('\n')
      .filter((line) => /sa_family=AF_INET6?\b/.test(line));
    expect(reached).toEqual([]);
    expect(existsSync(trace)).toBe(true);
  },
  120_000,
);

// One test more, so that a machine that cannot watch says so instead of passing in silence.
testIf(tracer.length > 0, 'sockets are not watched: strace cannot run')('sockets are watched', () => {
  const server = `require('net').connect(9, '127.0.0.1').on('error', () => {})`;
  spawnSync(tracer[0] ?? '', [...tracer.slice(1), process.execPath, '-e', server]);
  expect(readFileSync(trace, 'utf8')).toContain('sa_family=AF_INET');
});
