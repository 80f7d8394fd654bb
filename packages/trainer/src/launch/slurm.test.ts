import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { shellQuote } from './shell-quote';
import { takeSlurmOptions } from './slurm-options';
import { arrayScript, joinScript } from './slurm-script';

const options = {
  name: 'run',
  dir: '/data/a run/50%/slurm/1',
  cwd: "/data/it's here",
  self: ['/usr/bin/node', '--import', 'tsx', '/a b/cli.ts'],
};

test('options of sbatch are taken out of the command line, in both ways of writing', () => {
  const { rest, slurm } = takeSlurmOptions([
    'cv',
    '--slurm-partition=gpu',
    '--folds=1',
    '--slurm-time',
    '4:00:00',
    '--slurm-setup=module load cuda',
    '--slurm-setup=source venv/bin/activate',
    '--slurm-exclusive',
    '--seed=2',
  ]);
  expect(rest).toEqual(['cv', '--folds=1', '--seed=2']);
  expect(Object.fromEntries(slurm.sbatch)).toEqual({ partition: 'gpu', time: '4:00:00', exclusive: '' });
  expect(slurm.setup).toEqual(['module load cuda', 'source venv/bin/activate']);
});

test.each([
  ['--slurm-array=1-3', '--slurm-array: the launcher sets this itself'],
  ['--slurm-=x', '--slurm-: expected an option of sbatch, such as --slurm-partition=gpu'],
  ['--slurm-comment=a\nb', '--slurm-comment: expected one line; give it several times for several lines'],
])('%j is refused', (arg, message) => {
  expect(() => takeSlurmOptions([arg])).toThrow(message);
});

test('any word survives the shell', () => {
  const words = fc.array(
    fc.string({ unit: 'binary' }).map((word) => word.replaceAll('\0', '')),
    { minLength: 1, maxLength: 20 },
  );
  fc.assert(
    fc.property(words, (list) => {
      const program = 'process.stdout.write(JSON.stringify(process.argv.slice(1)))';
      const line = [process.execPath, '-e', program, '--', ...list].map(shellQuote).join(' ');
      expect(JSON.parse(execFileSync('bash', ['-c', line], { encoding: 'utf8' }))).toEqual(list);
    }),
    { numRuns: 5 },
  );
});

test('the scripts are shell, say what was asked for, and quote what they were given', () => {
  const { slurm } = takeSlurmOptions([
    '--slurm-gres=gpu:1',
    '--slurm-comment=two words',
    '--slurm-setup=module load x',
  ]);
  const folder = mkdtempSync(join(tmpdir(), 'ser-slurm-'));
  try {
    const array = arrayScript({ ...options, slurm }, 12);
    const join_ = joinScript({ ...options, slurm }, [['report', '/data/a run']]);
    for (const [name, text] of Object.entries({ array, join: join_ })) {
      writeFileSync(join(folder, name), text);
      execFileSync('bash', ['-n', join(folder, name)]);
    }
    expect(array).toContain('#SBATCH --array=0-11\n');
    expect(array).toContain('#SBATCH --output="/data/a run/50%%/slurm/1/task-%a.log"\n');
    expect(array).toContain('#SBATCH --signal=B:USR1@120\n');
    expect(array).toContain('#SBATCH --gres=gpu:1\n#SBATCH --comment="two words"\n');
    expect(array).toContain(`module load x\ncd '/data/it'\\''s here' || exit 1\n`);
    expect(array).toContain(`/usr/bin/node --import tsx '/a b/cli.ts' task "$SLURM_ARRAY_TASK_ID" --tasks`);
    expect(join_).not.toContain('gres');
    expect(join_).toContain(`\n/usr/bin/node --import tsx '/a b/cli.ts' report '/data/a run'\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
