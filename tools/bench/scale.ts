import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { demoFolder } from '@ser/datasets';
import { decode, encode } from 'node-wav';
import { linearRegression } from 'simple-statistics';
import { table } from '../table';
import { OptionError } from './process';

export const help = `npm run bench -- scale [--sizes 1,4,16]
  one fold and one epoch of ser cv on copies of the demo corpus: time, memory and disk against hours of audio, features,
  batch size and seconds of an utterance, each with its slope: 1 is linear`;

interface Cost {
  /** Wall time of the whole command, and of its training, in seconds. */
  readonly seconds: number;
  readonly training: number;
  readonly peakMiB: number;
  readonly runMiB: number;
}

/** The demo corpus this many times, every copy another file: its samples differ in their last bits. */
async function writeCopies(dir: string, copies: number): Promise<string> {
  const source = await demoFolder();
  const rows: object[] = [];
  mkdirSync(join(dir, 'audio'), { recursive: true });
  for (const actor of readdirSync(source).filter((name) => name.startsWith('Actor_'))) {
    for (const file of readdirSync(join(source, actor))) {
      const { sampleRate, channelData } = decode(readFileSync(join(source, actor, file)));
      const [wave = new Float32Array()] = channelData;
      const parts = file.replace('.wav', '').split('-');
      for (let copy = 0; copy < copies; copy++) {
        const name = `${copy}-${file}`;
        const changed = wave.map((x, n) => x + (((n * 7 + copy * 13) % 5) * copy) / 32768);
        writeFileSync(join(dir, 'audio', name), encode([changed], { sampleRate, float: false, bitDepth: 16 }));
        // Copies of a speaker are speakers of their own: folds stay as many, and hold more.
        rows.push({ audio: `audio/${name}`, label: parts[2], speaker: parts[6], id: name });
      }
    }
  }
  writeFileSync(join(dir, 'rows.jsonl'), rows.map((row) => JSON.stringify(row)).join('\n'));
  const labels = { '01': 'neutral', '03': 'happy', '04': 'sad', '05': 'angry' };
  const card = {
    name: `demo-${copies}`,
    title: `The demo corpus, ${copies} times`,
    license: { name: 'MIT', access: 'generated' },
    source: { citation: 'none' },
    reader: 'manifest',
    manifest: 'rows.jsonl',
    labels: { classes: Object.values(labels), map: labels },
    folds: {
      by: 'speaker',
      groups: [
        ['01', '02'],
        ['03', '04'],
        ['05', '06'],
        ['07', '08'],
      ],
    },
  };
  writeFileSync(join(dir, 'card.json'), JSON.stringify(card));
  return join(dir, 'card.json');
}

async function measure(root: string, card: string, flags: Readonly<Record<string, string | number>>): Promise<Cost> {
  const runs = mkdtempSync(join(root, 'runs-'));
  const program = resolve(import.meta.dirname, '../../packages/trainer/src/cli.ts');
  const all = {
    dataset: card,
    preset: 'demo',
    folds: 1,
    epochs: 1,
    buckets: 1,
    runs,
    name: 'run',
    threads: 1,
    ...flags,
  };
  const args = Object.entries(all).map(([key, value]) => `--${key}=${value}`);
  const begin = performance.now();
  const child = spawn(process.execPath, ['--conditions=@ser/source', '--import', 'tsx', program, 'cv', ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (text: Buffer) => (errors += text.toString()));
  let peak = 0;
  const watch = setInterval(() => (peak = Math.max(peak, residentMiB(child.pid))), 50);
  const code = await new Promise((done) => child.on('close', done));
  clearInterval(watch);
  if (code !== 0) throw new Error(errors);
  const fold: unknown = JSON.parse(readFileSync(join(runs, 'run', 'fold-1', 'fold.json'), 'utf8'));
  const training = typeof fold === 'object' && fold !== null && 'seconds' in fold ? Number(fold.seconds) : NaN;
  const cost = { seconds: (performance.now() - begin) / 1000, training, peakMiB: peak, runMiB: sizeOf(runs) / 2 ** 20 };
  rmSync(runs, { recursive: true });
  return cost;
}

function residentMiB(pid: number | undefined): number {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

function sizeOf(dir: string): number {
  return readdirSync(dir, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + readFileSync(join(entry.parentPath, entry.name)).length, 0);
}

/** Exponent b of y = a xᵇ: 1 is linear, 2 is quadratic. */
function slope(points: readonly (readonly [number, number])[]): string {
  return linearRegression(points.map(([x, y]) => [Math.log(x), Math.log(y)])).m.toFixed(2);
}

export async function scale(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { sizes: { type: 'string', default: '1,4,16' } } });
  const sizes = values.sizes.split(',').map(Number);
  if (sizes.length < 2 || !sizes.every((size) => Number.isInteger(size) && size > 0)) {
    throw new OptionError(`--sizes: expected at least two whole numbers such as 1,4,16, got "${values.sizes}"`);
  }
  const root = mkdtempSync(join(tmpdir(), 'ser-scale-'));
  try {
    const cards = new Map<number, string>();
    for (const size of sizes) cards.set(size, await writeCopies(join(root, String(size)), size));
    const first = cards.get(sizes[0] ?? 1) ?? '';
    const series: [string, readonly [number, string, Record<string, number>][]][] = [
      ['corpus, × demo', sizes.map((size) => [size, cards.get(size) ?? '', {}])],
      ['features', [64, 128, 256].map((size) => [size, first, { 'hidden-size': size }])],
      ['batch size', [8, 16, 32].map((size) => [size, first, { 'batch-size': size }])],
      ['heads', [4, 8, 16].map((size) => [size, first, { heads: size }])],
    ];
    for (const [what, points] of series) {
      const costs: (readonly [number, Cost])[] = [];
      for (const [x, card, flags] of points) costs.push([x, await measure(root, card, flags)]);
      const column = (of: (cost: Cost) => number): string => slope(costs.map(([x, cost]) => [x, of(cost)]));
      const rows = costs.map(([x, c]) =>
        [x, c.seconds.toFixed(1), c.training.toFixed(1), c.peakMiB.toFixed(0), c.runMiB.toFixed(1)].map(String),
      );
      const slopes = [
        'slope',
        column((c) => c.seconds),
        column((c) => c.training),
        column((c) => c.peakMiB),
        column((c) => c.runMiB),
      ];
      console.log(table([what, 'seconds', 'of training', 'peak MiB', 'run folder MiB'], [...rows, slopes]));
      console.log('');
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
