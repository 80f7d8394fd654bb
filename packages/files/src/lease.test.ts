import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { lookAtLease, takeLease } from './lease';

const root = mkdtempSync(join(tmpdir(), 'ser-lease-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let count = 0;
const fresh = (): string => join(root, String(count++), 'lock');

const timing = { beat: 50, stale: 600 };
const purpose = 'runs this fold';

function start(path: string, log: string, ms: number): ChildProcess {
  const script = join(__dirname, 'testing', 'holder.ts');
  return spawn(process.execPath, ['--conditions=@ser/source', '--import', 'tsx', script, path, log, String(ms)]);
}
const ended = (child: ChildProcess): Promise<number | null> => new Promise((done) => child.on('close', done));
const text = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');

/** Leaves a lease that another machine would have left. */
function leaveForeign(path: string, ageSeconds: number): void {
  const then = new Date(Date.now() - 1000 * ageSeconds);
  writeFileSync(
    path,
    JSON.stringify({ pid: 1, host: '3f2a9c1d77e0', space: 'x', started: '1', token: 't', beat: '1' }),
  );
  utimesSync(path, then, then);
}

test('one holder at a time, and nothing is left behind', async () => {
  const path = fresh();
  const lease = await takeLease(path, { purpose, timing });
  await expect(takeLease(path, { purpose, timing })).rejects.toMatchObject({
    name: 'InputError',
    message: expect.stringMatching(/^process \d+ on .* runs this fold already; .*lock\)$/),
  });
  lease.check();
  expect(lookAtLease(path)).toMatchObject({ pid: process.pid, age: expect.any(Number) });
  lease.release();
  lease.release();
  expect(lookAtLease(path)).toBeUndefined();
  (await takeLease(path, { purpose, timing })).release();
  expect(readdirSync(join(path, '..'))).toEqual([]);
});

test('four processes that want it at once take turns', async () => {
  const path = fresh();
  const log = join(root, 'turns.log');
  const codes = await Promise.all(Array.from({ length: 4 }, () => ended(start(path, log, 150))));
  expect(codes).toEqual([0, 0, 0, 0]);
  const lines = text(log).trim().split('\n');
  expect(lines).toHaveLength(8);
  for (let i = 0; i < 8; i += 2) expect(lines[i + 1]).toBe(lines[i]?.replace('in', 'out'));
});

test('a killed holder of this machine is replaced at once', async () => {
  const path = fresh();
  const log = join(root, 'killed.log');
  const child = start(path, log, 60_000);
  while (!text(log).includes('in')) await sleep(20);
  child.kill('SIGKILL');
  await ended(child);
  const before = performance.now();
  (await takeLease(path, { purpose })).release();
  expect(performance.now() - before).toBeLessThan(1000);
});

test.each([0, 3600, -3600])(
  'a holder on another machine that gives no sign of life is replaced, its clock off by %i s',
  async (age) => {
    const path = fresh();
    (await takeLease(path, { purpose, timing })).release();
    leaveForeign(path, age);
    const lines: string[] = [];
    const before = performance.now();
    const lease = await takeLease(path, { purpose, timing, onWait: (line) => lines.push(line) });
    expect(performance.now() - before).toBeGreaterThan(age > 0 ? 2 * timing.beat : timing.stale);
    expect(lines).toEqual([expect.stringContaining('held by process 1 on 3f2a9c1d77e0; waiting')]);
    lease.release();
  },
);

test('a holder on another machine that lives is seen to live', async () => {
  const path = fresh();
  (await takeLease(path, { purpose, timing })).release();
  leaveForeign(path, 3600);
  let beat = 1;
  const alive = setInterval(() => {
    writeFileSync(path, text(path).replace(/"beat":"\d+"/, `"beat":"${++beat}"`));
  }, timing.beat);
  await expect(takeLease(path, { purpose, timing })).rejects.toThrow(
    'process 1 on 3f2a9c1d77e0 runs this fold already',
  );
  clearInterval(alive);
});

test('two that find the same dead holder do not both get the lease', async () => {
  const path = fresh();
  (await takeLease(path, { purpose, timing })).release();
  leaveForeign(path, 3600);
  const both = await Promise.allSettled([takeLease(path, { purpose, timing }), takeLease(path, { purpose, timing })]);
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  for (const one of both) if (one.status === 'fulfilled') one.value.release();
});

test('a lease that was taken over tells its old holder', async () => {
  const path = fresh();
  const lease = await takeLease(path, { purpose, timing });
  rmSync(path);
  (await takeLease(path, { purpose, timing })).check();
  expect(() => lease.check()).toThrow('another process took over');
  while (!lease.signal.aborted) await sleep(10);
  lease.release();
  expect(existsSync(path)).toBe(true); // the new holder's
});

test('waiting can be ended', async () => {
  const path = fresh();
  const lease = await takeLease(path, { purpose, timing });
  const stop = new AbortController();
  const waiting = takeLease(path, { purpose, timing, wait: true, signal: stop.signal });
  stop.abort(new Error('interrupted'));
  await expect(waiting).rejects.toThrow('interrupted');
  lease.check();
  lease.release();
  expect(readdirSync(join(path, '..'))).toEqual([]);
});

test('a file in place of the folder is one line', async () => {
  const path = fresh();
  (await takeLease(path, { purpose, timing })).release();
  writeFileSync(path, '');
  await expect(takeLease(join(path, 'lock'), { purpose })).rejects.toThrow(/ENOTDIR|EEXIST/);
  await expect(takeLease(join(path, 'lock'), { purpose })).rejects.toMatchObject({ name: 'InputError' });
});
