/**
 * Files decoded to mono 16 kHz in a second, beside torchaudio or soundfile where Python has them:
 * `npx nx run datasets:bench`, with `--python <interpreter>` and `--json <file>`.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createDecoder, openCorpus } from '../src/index';
import { wavBytes } from '../src/testing/wav-bytes';

const { values: options } = parseArgs({ options: { python: { type: 'string' }, json: { type: 'string' } } });

interface Result {
  readonly files: string;
  readonly filesPerSecond: Record<string, number>;
  readonly peer?: string;
  readonly ratio?: number;
}

const folder = mkdtempSync(join(tmpdir(), 'ser-bench-'));
try {
  const demo = (await openCorpus('demo')).utterances.map((u) => u.audio);
  const results = [
    await bench('demo: 1.2 s, 16 kHz, mono, 16 bits', demo),
    await bench('4 s, 48 kHz, stereo, 16 bits', loud()),
  ];
  if (options.json) writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`);
} finally {
  rmSync(folder, { recursive: true });
}

/** Some files of noise, as RAVDESS's originals are. */
function loud(): string[] {
  const noise = Int16Array.from({ length: 2 * 4 * 48_000 }, (_, i) => ((i * 7919) % 20_011) - 10_000);
  const samples = new Uint8Array(noise.buffer);
  return Array.from({ length: 24 }, (_, i) => {
    const file = join(folder, `${i}.wav`);
    writeFileSync(file, wavBytes(samples, { channels: 2, sampleRate: 48_000 }));
    return file;
  });
}

async function bench(title: string, files: readonly string[]): Promise<Result> {
  console.log(`${title} (${files.length} files)`);
  const filesPerSecond: Record<string, number> = {};
  for (const workers of [...new Set([0, 1, availableParallelism()])]) {
    const name = workers === 0 ? 'in this thread' : `${workers} threads`;
    const speed = await time(files, workers);
    filesPerSecond[name] = speed;
    console.log(`  ${name.padEnd(16)} ${speed.toFixed(0)} files/s`);
  }
  const other = peer(files);
  if (!other) return { files: title, filesPerSecond };
  const ratio = (filesPerSecond['in this thread'] ?? NaN) / other.filesPerSecond;
  console.log(`  ${other.name}: ${other.filesPerSecond.toFixed(0)} files/s; ratio of this thread ${ratio.toFixed(2)}`);
  return { files: title, filesPerSecond, peer: other.name, ratio };
}

/** Files a second, the best of three. */
async function time(files: readonly string[], workers: number): Promise<number> {
  const decoder = createDecoder({ workers });
  const run = async (list: readonly string[]): Promise<void> => {
    // In this thread one after another, as the peer does it.
    if (workers === 0) for (const file of list) await decoder.read(file);
    else await Promise.all(list.map((file) => decoder.read(file)));
  };
  try {
    await run(files.slice(0, 20));
    let best = Infinity;
    for (let i = 0; i < 3; i++) {
      const start = performance.now();
      await run(files);
      best = Math.min(best, performance.now() - start);
    }
    return (1000 * files.length) / best;
  } finally {
    await decoder.close();
  }
}

function peer(files: readonly string[]): { name: string; filesPerSecond: number } | undefined {
  const python = options.python ?? 'python3';
  const script = join(import.meta.dirname, 'decode_peer.py');
  const { status, stdout, stderr, error } = spawnSync(python, [script], {
    input: JSON.stringify(files),
    encoding: 'utf8',
  });
  if (status === 0) return JSON.parse(stdout) as { name: string; filesPerSecond: number };
  const reason = error ? error.message : (stderr.trim().split('\n').at(-1) ?? '');
  console.log(`  peers skipped: ${python} has neither torchaudio nor soundfile (${reason}); --python names another`);
  return undefined;
}
