import { execFileSync } from 'node:child_process';
import { testIf } from '../../../../tools/test-support/describe-if';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import protobuf from 'protobufjs';
import { openEventLog, type EventRow } from './event-log';
import { maskedCrc, record } from './records';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ser-events-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

function row(type: 'step' | 'epoch', step: number, seconds: number): EventRow {
  const components = { kl: { raw: 2 / step, weighted: 1 / step } };
  const learningRates = { model: 1e-4, centers: 5e-3 };
  const validation = type === 'epoch' ? { validation: { wa: 0.5, ua: 0.25 } } : {};
  return { type, step, loss: 3 / step, components, learningRates, seconds, ...validation };
}

describe('records', () => {
  it('have the CRC-32C of RFC 3720, masked', () => {
    const unmask = (masked: number): number => {
      const rotated = (masked - 0xa282ead8) >>> 0;
      return ((rotated >>> 17) | (rotated << 15)) >>> 0;
    };
    // RFC 3720, appendix B.4.
    expect(unmask(maskedCrc(new Uint8Array(32)))).toBe(0x8a9136aa);
    expect(unmask(maskedCrc(new Uint8Array(32).fill(0xff)))).toBe(0x62a8ab43);
    expect(unmask(maskedCrc(Uint8Array.from({ length: 32 }, (_, index) => index)))).toBe(0x46dd794e);
  });

  it('frame the data', () => {
    const frame = record(Uint8Array.of(1, 2, 3));
    expect(frame.readBigUInt64LE(0)).toBe(3n);
    expect([...frame.subarray(12, 15)]).toEqual([1, 2, 3]);
    expect(frame).toHaveLength(19);
  });
});

/** Tag, step, value and wall time of every scalar, read by hand from the framing and by a schema of its own. */
async function scalarsIn(path: string): Promise<[string, number, number, number][]> {
  const source = `syntax = "proto3"; message V { string tag = 1; float simple_value = 2; } message S { repeated V value = 1; }
    message E { double wall_time = 1; int64 step = 2; string file_version = 3; S summary = 5; }`;
  const type = protobuf.parse(source).root.lookupType('E');
  const bytes = await readFile(path);
  const found: [string, number, number, number][] = [];
  for (let at = 0; at < bytes.length;) {
    const length = Number(bytes.readBigUInt64LE(at));
    const data = bytes.subarray(at + 12, at + 12 + length);
    expect(bytes.readUInt32LE(at + 12 + length)).toBe(maskedCrc(data));
    const event = type.toObject(type.decode(data), { longs: Number });
    if (at === 0) expect(event['fileVersion']).toBe('brain.Event:2');
    const values: { tag: string; simpleValue: number }[] = event['summary']?.value ?? [];
    for (const { tag, simpleValue } of values) found.push([tag, event['step'] ?? 0, simpleValue, event['wallTime']]);
    at += 16 + length;
  }
  return found;
}

it('writes each row as scalars of its step', async () => {
  const log = openEventLog(dir, [], { now: () => 1_000_000 });
  log.add(row('step', 1, 5));
  log.add(row('epoch', 1, 6));
  expect(await scalarsIn(log.path)).toEqual([
    ['loss/total', 1, 3, 1000],
    ['loss_weighted/kl', 1, 1, 1000],
    ['loss_raw/kl', 1, 2, 1000],
    ['learning_rate/model', 1, Math.fround(1e-4), 1000],
    ['learning_rate/centers', 1, Math.fround(5e-3), 1000],
    ['epoch/loss', 1, 3, 1000],
    ['validation/wa', 1, 0.5, 1000],
    ['validation/ua', 1, 0.25, 1000],
  ]);
});

it('leaves out what a row read back could not hold', async () => {
  const kept: EventRow = JSON.parse(JSON.stringify({ ...row('epoch', 1, 1), validation: { wa: 0.5, ua: NaN } }));
  const log = openEventLog(dir, [kept]);
  expect((await scalarsIn(log.path)).map(([tag]) => tag)).toEqual(['epoch/loss', 'validation/wa']);
});

it('starts anew from the rows kept when a fold is resumed, and leaves other files alone', async () => {
  await writeFile(join(dir, 'metrics.jsonl'), '');
  const first = openEventLog(dir, [], { now: () => 1_000_000 });
  [1, 2, 3].forEach((step) => first.add(row('step', step, step)));
  const second = openEventLog(dir, [row('step', 1, 1), row('step', 2, 4)], { now: () => 2_000_000 });
  second.add(row('step', 3, 5));
  expect((await readdir(dir)).sort()).toEqual(['events.out.tfevents.2000.ser', 'metrics.jsonl']);
  const totals = (await scalarsIn(second.path)).filter(([tag]) => tag === 'loss/total');
  expect(totals.map(([, step, , time]) => [step, time])).toEqual([
    [1, 1997],
    [2, 2000],
    [3, 2000],
  ]);
});

const python = process.env.SER_TENSORBOARD_PYTHON;
const reads = python !== undefined && existsSync(python);
testIf(reads, 'TensorBoard: set SER_TENSORBOARD_PYTHON to a Python that has tensorboard')(
  'is read by TensorBoard',
  () => {
    const log = openEventLog(dir, [row('step', 1, 1)]);
    log.add(row('step', 2, 2));
    log.add(row('epoch', 2, 3));
    const script = `
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
events = EventAccumulator(sys.argv[1]); events.Reload()
print(json.dumps({tag: [[e.step, e.value] for e in events.Scalars(tag)] for tag in events.Tags()['scalars']}))`;
    const output = execFileSync(python ?? '', ['-c', script, dir], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const found = JSON.parse(output) as Record<string, [number, number][]>;
    expect(found['loss/total']).toEqual([
      [1, 3],
      [2, 1.5],
    ]);
    expect(found['validation/ua']).toEqual([[2, 0.25]]);
    expect(Object.keys(found)).toHaveLength(8);
  },
  120_000,
);
