import { median } from 'simple-statistics';
import path from 'node:path';
import { table } from '../table';
import { nodeArguments, requireTorch, runSide, type Sample, SideFailed } from './process';

/** Every start of one side together. */
export interface Summary {
  readonly medianSeconds: number;
  readonly seconds: readonly number[];
  /** Most memory any start of it held. */
  readonly peakBytes: number;
  readonly losses: readonly number[];
}

/** Another implementation of the same work. */
export interface Peer extends Partial<Summary> {
  readonly name: string;
  readonly what: string;
  readonly version?: string;
  /** Our median over the peer's: below 1 we are faster. */
  readonly ratio?: number;
  /** Upper bound of the ratio where the peer did not finish in time. */
  readonly ratioBelow?: number;
  /** Our peak memory over the peer's. */
  readonly memoryRatio?: number;
  /** Largest relative difference of what it computed from what we did, over the steps both took. */
  readonly lossDifference?: number;
  readonly skipped?: string;
}

export interface Settings {
  readonly python: string;
  /** How often each side is started, in turns. */
  readonly rounds: number;
  /** Timed steps of a start. */
  readonly steps: number;
  readonly threads: number;
}

/** One piece of work, measured: ours, its peers, and what this machine's matrix products reach meanwhile. */
export interface Measurement {
  readonly title: string;
  readonly steps: number;
  readonly flops: number;
  readonly ours: Summary & { readonly flopsPerSecond: number };
  readonly matmulFlopsPerSecond: {
    readonly shape: readonly number[];
    readonly onnxRuntime?: number | undefined;
    readonly torch?: number | undefined;
  };
  readonly shareOfMatmulRate: { readonly onnxRuntime?: number | undefined; readonly torch?: number | undefined };
  readonly peers: readonly Peer[];
}

export type Side = () => Promise<Sample>;

/** What is measured. */
export interface Work {
  readonly title: string;
  /** Operations in matrix products and convolutions that the work cannot do without. */
  readonly flops: number;
  /** Rows, inner and columns of the product that stands for the machine's rate. */
  readonly matmul: readonly [number, number, number];
  readonly ours: Side;
  /** Left out, with the reason, where they cannot run. */
  readonly peers: Readonly<Record<string, { readonly what: string; readonly side: Side }>>;
}

export const node = (file: string, args: readonly string[]): Side => {
  return () => runSide(process.execPath, nodeArguments(file, ...args), 600);
};

export const peerScript = (name: string): string => path.join(import.meta.dirname, '../peers', name);

export const python = ({ python }: Settings, script: string, args: readonly string[]): Side => {
  return async () => {
    await requireTorch(python);
    return runSide(python, [peerScript(script), ...args], 600);
  };
};

/** Runs every side by turns, each start a process of its own; `late` gives peers that are measured another way. */
export async function measure(
  work: Work,
  settings: Settings,
  late: (ours: Summary) => Promise<readonly Peer[]> = () => Promise.resolve([]),
): Promise<Measurement> {
  const product = work.matmul.map(String);
  const timing = ['--steps', '20', '--threads', `${settings.threads}`];
  const sides: Record<string, Side> = {
    ours: work.ours,
    ortMatmul: node('matmul.ts', [...product, ...timing]),
    torchMatmul: python(settings, 'flam_step.py', ['matmul', ...product, ...timing]),
  };
  for (const [name, { side }] of Object.entries(work.peers)) sides[name] = side;
  const failures = new Map<string, string>();
  const samples = new Map<string, Sample[]>();
  for (let round = 0; round < settings.rounds; round++) {
    for (const [name, side] of Object.entries(sides)) {
      if (failures.has(name)) continue;
      try {
        samples.set(name, [...(samples.get(name) ?? []), await side()]);
      } catch (error) {
        if (name === 'ours') throw error;
        failures.set(name, reasonOf(error));
      }
    }
  }

  const ours = summarize(samples.get('ours') ?? []);
  const productFlops = 2 * work.matmul.reduce((total, extent) => total * extent, 1);
  const rate = (name: string): number | undefined => {
    const own = samples.get(name);
    return own && productFlops / summarize(own).medianSeconds;
  };
  const flopsPerSecond = work.flops / ours.medianSeconds;
  const matmul = { onnxRuntime: rate('ortMatmul'), torch: rate('torchMatmul') };
  const peers = Object.entries(work.peers).map(([name, { what }]): Peer => {
    const skipped = failures.get(name);
    const own = samples.get(name);
    if (skipped !== undefined || !own) return { name, what, skipped: skipped ?? 'not measured' };
    return { name, what, ...beside(ours, own) };
  });
  return {
    title: work.title,
    steps: ours.seconds.length,
    flops: work.flops,
    ours: { ...ours, flopsPerSecond },
    matmulFlopsPerSecond: { shape: work.matmul, ...matmul },
    shareOfMatmulRate: {
      onnxRuntime: matmul.onnxRuntime && flopsPerSecond / matmul.onnxRuntime,
      torch: matmul.torch && flopsPerSecond / matmul.torch,
    },
    peers: [...peers, ...(await late(ours))],
  };
}

/** A peer's own numbers and ours over them. */
export function beside(ours: Summary, samples: readonly Sample[]): Omit<Peer, 'name' | 'what'> {
  const peer = summarize(samples);
  const version = samples[0]?.version;
  return {
    ...peer,
    ...(version === undefined ? {} : { version }),
    ratio: ours.medianSeconds / peer.medianSeconds,
    memoryRatio: ours.peakBytes / peer.peakBytes,
    lossDifference: difference(ours.losses, peer.losses),
  };
}

export function reasonOf(error: unknown): string {
  if (error instanceof SideFailed) return error.message;
  throw error;
}

export function print(work: string, result: Measurement): void {
  const { ours, flops, matmulFlopsPerSecond: matmul, shareOfMatmulRate: share } = result;
  const mebibytes = (bytes: number | undefined): string => (bytes ? (bytes / 2 ** 20).toFixed(0) : '');
  const gflops = (value: number | undefined): string => (value ? (value / 1e9).toFixed(1) : 'not measured');
  const percent = (value: number | undefined): string => (value ? `${(100 * value).toFixed(0)} %` : 'not measured');
  console.log(`\n${result.title}: median of ${result.steps} steps`);
  const rows = result.peers.map((peer) => [
    `${peer.what}${peer.version ? ` ${peer.version}` : ''}`,
    peer.medianSeconds?.toFixed(3) ?? peer.skipped ?? '',
    peer.ratio?.toFixed(3) ?? (peer.ratioBelow ? `< ${peer.ratioBelow.toFixed(3)}` : ''),
    mebibytes(peer.peakBytes),
    peer.memoryRatio?.toFixed(2) ?? '',
    peer.lossDifference?.toExponential(1) ?? '',
  ]);
  const own = [work, ours.medianSeconds.toFixed(3), '', mebibytes(ours.peakBytes), '', ''];
  const header = ['side', 'seconds', 'our time / its time', 'peak MiB', 'our memory / its memory', 'differs by'];
  console.log(table(header, [own, ...rows]));
  console.log(
    `${gflops(flops)} GFLOP in products at ${gflops(ours.flopsPerSecond)} GFLOP/s; a product ` +
      `[${matmul.shape.join(' × ')}] reaches ${gflops(matmul.onnxRuntime)} in ONNX Runtime, ${gflops(matmul.torch)} in PyTorch`,
  );
  console.log(
    `share of the matmul rate: ${percent(share.onnxRuntime)} of ONNX Runtime's, ${percent(share.torch)} of PyTorch's`,
  );
}

function summarize(samples: readonly Sample[]): Summary {
  const seconds = samples.flatMap((sample) => sample.seconds);
  const peakBytes = Math.max(...samples.map((sample) => sample.peakBytes));
  return { medianSeconds: median(seconds), seconds, peakBytes, losses: samples[0]?.losses ?? [] };
}

function difference(a: readonly number[], b: readonly number[]): number {
  const count = Math.min(a.length, b.length);
  return Math.max(...Array.from({ length: count }, (_, i) => Math.abs(a[i]! - b[i]!) / Math.abs(b[i]!)));
}
