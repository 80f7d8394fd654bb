/**
 * npm run bench -- flam-step: the compiled training step beside PyTorch (plain and compiled) and eager tfjs, every side
 * in a process of its own, the sides taking turns.
 */
import { rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { parseArgs } from 'node:util';
import { median } from 'simple-statistics';
import { table } from '../../table';
import { nodeArguments, OptionError, runSide, type Sample, SideFailed, torchVersion } from '../process';
import { createProblem, type Shape, stepFlops, writeProblem } from './problem';

export const help = `npm run bench -- flam-step [options]
  --python PATH     interpreter with PyTorch for the peer (default python3; skipped with a reason without one)
  --json FILE       write every measurement to FILE
  --frames LIST     frames of an utterance, default 150,250
  --batch N         default 16
  --dim N           features of a frame, default 1024 (16 heads)
  --rounds N        how often each side is started, default 3
  --steps N         timed steps of each start, default 5, after 2 that are not
  --threads N       default: every core
  --eager-seconds N longest wait for the eager tfjs peer, default 150; 0 leaves it out`;

interface Peer {
  readonly name: string;
  readonly what: string;
  readonly version?: string;
  readonly medianSeconds?: number;
  readonly seconds?: readonly number[];
  readonly peakBytes?: number;
  /** Our median over the peer's: below 1 we are faster. */
  readonly ratio?: number;
  /** Upper bound of the ratio where the peer did not finish in time. */
  readonly ratioBelow?: number;
  readonly memoryRatio?: number;
  /** Largest relative difference of its losses from ours, over the steps both took. */
  readonly lossDifference?: number;
  readonly skipped?: string;
}

export async function flamStep(args: readonly string[]): Promise<void> {
  const { values: options } = parseArgs({
    args: [...args],
    options: {
      python: { type: 'string', default: 'python3' },
      json: { type: 'string' },
      frames: { type: 'string', default: '150,250' },
      batch: { type: 'string', default: '16' },
      dim: { type: 'string', default: '1024' },
      rounds: { type: 'string', default: '3' },
      steps: { type: 'string', default: '5' },
      threads: { type: 'string', default: `${os.availableParallelism()}` },
      'eager-seconds': { type: 'string', default: '150' },
    },
  });
  const settings: Settings = {
    python: options.python,
    rounds: positive('rounds', options.rounds),
    steps: `${positive('steps', options.steps)}`,
    threads: `${positive('threads', options.threads)}`,
    eagerSeconds: options['eager-seconds'] === '0' ? 0 : positive('eager-seconds', options['eager-seconds']),
  };
  const shapes = options.frames.split(',').map((frames) => ({
    batch: positive('batch', options.batch),
    frames: positive('frames', frames),
    dim: positive('dim', options.dim),
  }));
  const machine = {
    processor: os.cpus()[0]?.model,
    threads: Number(settings.threads),
    load: os.loadavg()[0],
    node: process.version,
    platform: `${os.platform()} ${os.release()}`,
  };
  console.log(
    `${machine.processor}, ${machine.threads} threads, load ${machine.load?.toFixed(2)}, Node ${machine.node}`,
  );
  const results = [];
  for (const shape of shapes) {
    const result = await measure(shape, settings);
    print(result);
    results.push(result);
  }
  if (options.json) {
    writeFileSync(options.json, `${JSON.stringify({ benchmark: 'flam-step', machine, results }, null, 2)}\n`);
  }
}

interface Settings {
  readonly python: string;
  readonly rounds: number;
  readonly steps: string;
  readonly threads: string;
  readonly eagerSeconds: number;
}

type Result = Awaited<ReturnType<typeof measure>>;

async function measure(shape: Shape, settings: Settings) {
  const folder = writeProblem(createProblem(shape));
  const timing = ['--threads', settings.threads];
  const step = ['step', folder, '--steps', settings.steps, ...timing];
  const product = [shape.batch * shape.frames, shape.dim, shape.dim].map(String);
  const python = [`${import.meta.dirname}/../../peers/flam_step.py`];
  const node = (file: string, ...rest: string[]): (() => Promise<Sample>) => {
    return () => runSide(process.execPath, nodeArguments(`flam-step/${file}`, ...rest), 600);
  };
  const torch = (...rest: string[]): (() => Promise<Sample>) => {
    return () => runSide(settings.python, [...python, ...rest], 600);
  };
  const sides: Record<string, () => Promise<Sample>> = {
    compiled: node('compiled.ts', folder, '--steps', settings.steps, ...timing),
    ortMatmul: node('matmul.ts', ...product, '--steps', '20', ...timing),
    torch: torch(...step),
    torchCompile: torch(...step, '--compile'),
    torchMatmul: torch('matmul', ...product, '--steps', '20', ...timing),
  };
  const samples = new Map<string, Sample[]>();
  const failures = new Map<string, string>();
  const torchSides = ['torch', 'torchCompile', 'torchMatmul'];
  let version = '';
  try {
    version = await torchVersion(settings.python);
  } catch (error) {
    for (const side of torchSides) failures.set(side, reasonOf(error));
  }
  try {
    for (let round = 0; round < settings.rounds; round++) {
      for (const [name, side] of Object.entries(sides)) {
        if (failures.has(name)) continue;
        try {
          samples.set(name, [...(samples.get(name) ?? []), await side()]);
        } catch (error) {
          if (name === 'compiled') throw error;
          failures.set(name, reasonOf(error));
        }
      }
    }
    // Minutes a step: once, without a warm step, and with a limit.
    const eager = await firstThatRuns(['wasm', 'cpu'], settings.eagerSeconds, (backend) =>
      runSide(
        process.execPath,
        nodeArguments('flam-step/eager.ts', folder, '--backend', backend),
        settings.eagerSeconds,
      ),
    );

    const ours = summary(samples.get('compiled')!);
    const flops = stepFlops(shape);
    const productFlops = 2 * shape.batch * shape.frames * shape.dim ** 2;
    const rate = (name: string): number | undefined => {
      const own = samples.get(name);
      return own && productFlops / summary(own).medianSeconds;
    };
    const matmul = { onnxRuntime: rate('ortMatmul'), torch: rate('torchMatmul') };
    const stepRate = flops / ours.medianSeconds;
    const best = Math.max(...Object.values(matmul).filter((value) => value !== undefined));
    const beside = (name: string, what: string): Peer => {
      const own = samples.get(name);
      const skipped = failures.get(name);
      if (!own || skipped !== undefined) return { name, what, skipped: skipped ?? 'not measured' };
      const peer = summary(own);
      return {
        name,
        what,
        version: own[0]?.version ?? version,
        ...peer,
        ratio: ours.medianSeconds / peer.medianSeconds,
        memoryRatio: ours.peakBytes / peer.peakBytes,
        lossDifference: difference(ours.losses, peer.losses),
      };
    };
    return {
      ...shape,
      steps: Number(settings.steps) * settings.rounds,
      flops,
      ours: { ...ours, flopsPerSecond: stepRate },
      matmulFlopsPerSecond: { shape: product.map(Number), ...matmul },
      shareOfMatmulRate: {
        onnxRuntime: matmul.onnxRuntime && stepRate / matmul.onnxRuntime,
        torch: matmul.torch && stepRate / matmul.torch,
        best: stepRate / best,
      },
      peers: [
        beside('torch', 'PyTorch'),
        beside('torchCompile', 'PyTorch, torch.compile'),
        eagerPeer(eager, ours, settings.eagerSeconds),
      ],
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Summary {
  readonly medianSeconds: number;
  readonly seconds: readonly number[];
  readonly peakBytes: number;
  readonly losses: readonly number[];
}

function summary(samples: readonly Sample[]): Summary {
  const seconds = samples.flatMap((sample) => sample.seconds);
  const peakBytes = Math.max(...samples.map((sample) => sample.peakBytes));
  return { medianSeconds: median(seconds), seconds, peakBytes, losses: samples[0]?.losses ?? [] };
}

type Eager = { backend: string; sample: Sample } | { backend: string; skipped: string };

async function firstThatRuns(
  backends: readonly string[],
  limit: number,
  run: (backend: string) => Promise<Sample>,
): Promise<Eager> {
  let last: Eager = { backend: '', skipped: 'left out (--eager-seconds 0)' };
  for (const backend of limit > 0 ? backends : []) {
    try {
      return { backend, sample: await run(backend) };
    } catch (error) {
      last = { backend, skipped: reasonOf(error) };
      if (last.skipped.startsWith('no result within')) return last;
    }
  }
  return last;
}

function eagerPeer(eager: Eager, ours: Summary, limit: number): Peer {
  const base = { name: 'tfjs', what: `tfjs eager, ${eager.backend || 'not run'}` };
  if ('skipped' in eager) {
    const late = eager.skipped.startsWith('no result within');
    return { ...base, skipped: eager.skipped, ...(late ? { ratioBelow: ours.medianSeconds / limit } : {}) };
  }
  const peer = summary([eager.sample]);
  return {
    ...base,
    ...(eager.sample.version ? { version: eager.sample.version } : {}),
    ...peer,
    ratio: ours.medianSeconds / peer.medianSeconds,
    memoryRatio: ours.peakBytes / peer.peakBytes,
    lossDifference: difference(ours.losses, peer.losses),
  };
}

function print(result: Result): void {
  const { ours, flops, matmulFlopsPerSecond: matmul, shareOfMatmulRate: share } = result;
  const mebibytes = (bytes: number | undefined): string => (bytes ? (bytes / 2 ** 20).toFixed(0) : '');
  const gflops = (value: number | undefined): string => (value ? (value / 1e9).toFixed(1) : 'not measured');
  const percent = (value: number | undefined): string => (value ? `${(100 * value).toFixed(0)} %` : 'not measured');
  console.log(`\nbatch ${result.batch}, ${result.frames} frames, D ${result.dim}: median of ${result.steps} steps`);
  const rows = result.peers.map((peer) => [
    `${peer.what}${peer.version ? ` ${peer.version}` : ''}`,
    peer.medianSeconds?.toFixed(3) ?? peer.skipped ?? '',
    peer.ratio?.toFixed(3) ?? (peer.ratioBelow ? `< ${peer.ratioBelow.toFixed(3)}` : ''),
    mebibytes(peer.peakBytes),
    peer.memoryRatio?.toFixed(2) ?? '',
    peer.lossDifference?.toExponential(1) ?? '',
  ]);
  const own = ['compiled step, ONNX Runtime', ours.medianSeconds.toFixed(3), '', mebibytes(ours.peakBytes), '', ''];
  console.log(
    table(
      ['side', 'seconds', 'our time / its time', 'peak MiB', 'our memory / its memory', 'loss differs by'],
      [own, ...rows],
    ),
  );
  console.log(
    `the step needs ${gflops(flops)} GFLOP in matrix products and reaches ${gflops(ours.flopsPerSecond)} GFLOP/s; a product ` +
      `[${matmul.shape.join(' × ')}] reaches ${gflops(matmul.onnxRuntime)} in ONNX Runtime and ${gflops(matmul.torch)} in PyTorch`,
  );
  console.log(
    `share of the matmul rate: ${percent(share.onnxRuntime)} of ONNX Runtime's, ${percent(share.torch)} of PyTorch's`,
  );
}

function positive(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new OptionError(`--${option}: expected a whole number above 0, got "${text}"`);
  return value;
}

function difference(a: readonly number[], b: readonly number[]): number {
  const count = Math.min(a.length, b.length);
  return Math.max(...Array.from({ length: count }, (_, i) => Math.abs(a[i]! - b[i]!) / Math.abs(b[i]!)));
}

function reasonOf(error: unknown): string {
  if (error instanceof SideFailed) return error.message;
  throw error;
}
