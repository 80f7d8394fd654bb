import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { tinyFlags, writeOwnCorpus } from '../../packages/trainer/src/testing/own-corpus';
import { describeIf } from '../test-support/describe-if';
import { startCluster, until, whyNoSlurm, type Cluster } from './cluster';

const reason = whyNoSlurm();

describeIf(reason === undefined, `Slurm: ${reason}`)('a real Slurm with two nodes', () => {
  const root = mkdtempSync(join(tmpdir(), 'ser-launch-'));
  const program = resolve(__dirname, '../../packages/trainer/src/cli.ts');
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster();
  }, 120_000);
  afterAll(async () => {
    await cluster.stop();
    rmSync(root, { recursive: true, force: true });
  });

  const { card } = writeOwnCorpus(join(root, 'own'));
  const ser = (...args: readonly string[]): string =>
    execFileSync(process.execPath, ['--conditions=@ser/source', '--import', 'tsx', program, ...args], {
      env: cluster.environment,
      encoding: 'utf8',
      cwd: resolve(__dirname, '../..'),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  const slurm = (command: string, ...args: readonly string[]): string =>
    execFileSync(command, args, { env: cluster.environment, encoding: 'utf8' }).trim();
  const flags = (runs: string, more: Readonly<Record<string, string>> = {}): string[] =>
    Object.entries({ ...tinyFlags, dataset: card, runs: join(root, runs), ...more }).map(
      ([key, value]) => `--${key}=${value}`,
    );
  const isIdle = (): boolean => slurm('squeue', '--noheader') === '';
  const predictions = (runs: string, name: string, fold: number): string =>
    readFileSync(join(root, runs, name, `fold-${fold}`, 'predictions.jsonl'), 'utf8');
  const logs = (folder: string): string =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.log'))
      .map((name) => `${name}: ${readFileSync(join(folder, name), 'utf8')}`)
      .join('\n');

  test('an ablation of four rows and two seeds, a node lost in the middle, gives what one machine gives', async () => {
    const plan = join(root, 'four.yaml');
    writeFileSync(
      plan,
      `rows:
  - { title: mean, settings: { pool: mean, mix: none } }
  - { title: max, settings: { pool: max, mix: none } }
  - { title: flam, settings: { pool: flam, mix: none } }
  - { title: mixed, settings: { pool: flam, mix: eam } }
`,
    );
    const args = (runs: string): string[] => [
      'ablate',
      plan,
      '--seeds=2',
      ...flags(runs, { folds: '1,2', epochs: '80' }),
    ];
    const submitted = ser(...args('cluster'), '--launcher=slurm', '--slurm-time=10');
    expect(submitted).toContain('16 folds submitted as job 1');
    expect(ser(...args('cluster'), '--launcher=slurm')).toContain('0 folds submitted, 16 in the queue already');
    const folder = join(root, 'cluster', 'four-card-logmel');

    // A power cut on one of the two nodes while it trains.
    await until(() => ser('status', folder).includes('running'), 'a fold that trains', 120);
    await cluster.killNode('n1');
    slurm('scontrol', 'update', 'NodeName=n1', 'State=DOWN', 'Reason=power');
    await until(
      () => /JobId=\d+ .*Restarts=1/.test(slurm('scontrol', '--oneliner', 'show', 'job', '1')),
      'a task again',
    );
    await cluster.startNode('n1');
    await until(isIdle, 'the end of all jobs', 400);

    const status = ser('status', folder);
    expect(status).toContain('16 done');
    expect(status).not.toMatch(/running|failed|stopped|missing/);
    expect(existsSync(join(folder, 'ablation.html'))).toBe(true);
    expect(ser(...args('cluster'), '--launcher=slurm')).toContain('0 folds submitted, 16 done already');

    ser(...args('local'));
    const names = readdirSync(join(root, 'local')).filter((name) => name.includes('seed'));
    expect(names).toHaveLength(8);
    for (const name of names) {
      for (const fold of [1, 2]) expect(predictions('cluster', name, fold)).toBe(predictions('local', name, fold));
      expect(existsSync(join(root, 'cluster', name, 'report.html'))).toBe(true);
    }
  }, 900_000);

  test('a task that must make room saves, goes back into the queue, and ends as if nothing had happened', async () => {
    const args = (runs: string): string[] => ['cv', ...flags(runs, { name: 'long', folds: '1', epochs: '400' })];
    const job = /as job (\d+)/.exec(ser(...args('cluster'), '--launcher=slurm'))?.[1] ?? '';
    const run = join(root, 'cluster', 'long');
    const log = join(run, 'slurm', '1', 'task-0.log');
    await until(() => existsSync(log) && readFileSync(log, 'utf8').includes('epoch'), 'the first epoch', 120);
    // What Slurm does before the time limit.
    slurm('scancel', '--signal=USR1', '--batch', `${job}_0`);
    await until(
      () => slurm('scontrol', '--oneliner', 'show', 'job', `${job}_0`).includes('Restarts=1'),
      'the task again',
    );
    expect(readdirSync(join(run, 'fold-1')).some((name) => name.startsWith('checkpoint-'))).toBe(true);
    // Slurm's own pause is two minutes. In the second of the requeue a node still refuses the task (credential revoked).
    slurm('scontrol', 'update', `JobId=${job}_0`, 'StartTime=now+3');
    await until(isIdle, 'the end of the job', 300);
    expect(logs(join(run, 'slurm', '1'))).toMatch(
      /interrupted; the same command goes on from here[^]*going on at epoch/,
    );
    ser(...args('local'));
    expect(predictions('cluster', 'long', 1)).toBe(predictions('local', 'long', 1));
  }, 900_000);

  test('wrong input is one line, and not tried again', async () => {
    expect(() => ser('cv', ...flags('cluster', { name: 'x' }), '--launcher=slurm', '--slurm-partition=none')).toThrow(
      /sbatch: .*invalid partition/i,
    );
    expect(() => ser('cv', ...flags('cluster', { name: 'y' }), '--slurm-time=5')).toThrow(
      /--slurm-time: expected --launcher=slurm/,
    );
    expect(isIdle()).toBe(true);
  });
});
