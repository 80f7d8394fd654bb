import { availableParallelism } from 'node:os';
import { jit, type Precision, type Provider } from '@ser/onnx-jit';
import * as tf from '@tensorflow/tfjs';
import type { Config } from '../config/schema';
import { InputError, messageOf } from '@ser/files';
import { hasProvider, runtimeFolder } from '../cuda/link-provider';
import { loadTfjsNode } from './load-tfjs-node';

export type EngineName = Exclude<Config['engine'], 'auto'>;

type Tensors = Readonly<Record<string, tf.Tensor | undefined>>;

/** A function ready to be called many times; one compiled graph per set of input shapes where the engine compiles. */
export interface Runnable<I, O> {
  (inputs: I): Promise<O>;
  /** One call after the other on inputs of equal shapes, as one run where the engine can. */
  many(inputs: readonly I[]): Promise<O[]>;
  /** Brings the variables the function has assigned back to where they can be read. */
  sync(): Promise<void>;
  /** Frees what was compiled; a later call compiles it again. */
  dispose(): Promise<void>;
}

/** What runs the step: ONNX Runtime on a compiled graph, or a tfjs backend op by op. */
export interface Engine {
  readonly name: EngineName;
  /** Where ONNX Runtime computes; undefined where tfjs does. */
  readonly provider?: Provider;
  /** Steps that are worth running in one call; 1 where it gains nothing. */
  readonly stepsPerRun: number;
  /** Bytes of contrastive scores that are held at a time; undefined lets the loss choose for a CPU. */
  readonly scoreBytes?: number;
  /** @param precision of large products, where the engine has more than one */
  compile<I extends Tensors, O extends Tensors>(fn: (inputs: I) => O, precision?: Precision): Runnable<I, O>;
}

/** How CUDA multiplies; see the setting. */
export type Arithmetic = Partial<Pick<Config, 'tf32'>>;

/**
 * Makes an engine ready.
 * @throws {InputError} in one line, with the command that adds it, when it is not installed or finds no device.
 */
export async function openEngine(name: EngineName, threads = 0, arithmetic: Arithmetic = {}): Promise<Engine> {
  switch (name) {
    case 'tfjs-cpu':
      await useBackend('cpu');
      return eager(name);
    case 'tfjs-node':
    case 'tfjs-node-gpu':
      await openTfjsNode(name, threads);
      return eager(name);
    default:
      // Asked for CUDA without its library, ONNX Runtime writes several lines of its own.
      if (name === 'onnx-cuda' && !hasProvider(runtimeFolder()))
        throw new MissingEngine(name, 'its CUDA library is not installed');
      await useBackend('cpu');
      return compiled(name, threads, arithmetic);
  }
}

/** Tries the engines from the fastest to the one that is always there, and says why each was passed over. */
export async function chooseEngine(
  threads = 0,
  arithmetic: Arithmetic = {},
): Promise<{ engine: Engine; because: string }> {
  const passed: string[] = [];
  for (const name of ['onnx-cuda', 'tfjs-node-gpu', 'onnx-webgpu'] as const) {
    try {
      const engine = await openEngine(name, threads, arithmetic);
      await probe(engine);
      return { engine, because: [...passed, `${name} works here`].join('; ') };
    } catch (error) {
      passed.push(`${name}: ${error instanceof MissingEngine ? error.why : messageOf(error)}`);
    }
  }
  return { engine: await openEngine('onnx-cpu', threads), because: [...passed, 'onnx-cpu is always there'].join('; ') };
}

const installs: Readonly<Record<EngineName, string>> = {
  'onnx-cpu': 'npm install onnxruntime-node',
  'onnx-webgpu': 'npm install onnxruntime-node, and a Vulkan, Metal or Direct3D 12 driver',
  'onnx-cuda':
    `pip install onnxruntime-gpu==${runtimeFolder().version} beside PyTorch or NVIDIA's CUDA 13 wheels, then ser doctor; or ` +
    'npm rebuild onnxruntime-node --ignore-scripts=false --onnxruntime-node-install=cuda12 (CUDA 12 and cuDNN 9)',
  'tfjs-node-gpu':
    'npm install @tensorflow/tfjs-node-gpu --ignore-scripts=false (Linux, CUDA 11); or, for CUDA 12, in a clone of ' +
    'the repository npm run tfjs-node -- --gpu FOLDER, which builds it against the wheel tensorflow',
  'tfjs-node': 'npm install @tensorflow/tfjs-node --ignore-scripts=false',
  'tfjs-cpu': 'npm install @tensorflow/tfjs',
};

/** The one line that an engine ends in which is not installed or finds no device. */
class MissingEngine extends InputError {
  readonly why: string;

  constructor(name: EngineName, why: string) {
    const short = why.split('\n')[0]?.slice(0, 160) ?? '';
    super(`engine ${name} is not available (${short}); add it with: ${installs[name]}`);
    this.why = short;
  }
}

/** Runs a tiny graph, so that a missing driver shows before the corpus is read. */
export async function probe(engine: Engine): Promise<void> {
  const run = engine.compile(({ x }: { x: tf.Tensor2D }) => ({ y: tf.add(tf.matMul(x, x), 1) }));
  const x = tf.ones<tf.Rank.R2>([2, 2]);
  try {
    const { y } = await run({ x });
    const values = await y.data();
    y.dispose();
    if (values[0] !== 3) throw new Error(`computed ${values[0]} where 3 was expected`);
  } catch (error) {
    throw new MissingEngine(engine.name, messageOf(error));
  } finally {
    x.dispose();
    await run.dispose();
  }
}

/**
 * What a run of several steps saves: on CUDA the state's way to the card and back, which a step of a small model spends
 * most of its time on; on WebGPU the wait for each step's losses.
 */
const stepsPerRun = { cpu: 1, cuda: 16, webgpu: 4 } as const;
/** A GPU is better off with one tile of scores than with one a cache would hold: 8,000 frames. */
const scoresOnGpu = 256e6;

function compiled(name: EngineName, threads: number, { tf32 }: Arithmetic): Engine {
  const provider = name === 'onnx-cuda' ? 'cuda' : name === 'onnx-webgpu' ? 'webgpu' : 'cpu';
  return {
    name,
    provider,
    stepsPerRun: stepsPerRun[provider],
    ...(provider === 'cpu' ? {} : { scoreBytes: scoresOnGpu }),
    compile: (fn, precision) => {
      const step = jit(fn, {
        provider,
        threads: threads > 0 ? threads : availableParallelism(),
        ...(tf32 === undefined ? {} : { tf32 }),
        ...(precision === undefined ? {} : { precision }),
      });
      const many = (inputs: readonly Parameters<typeof fn>[0][]) => step.many(inputs.map((input) => [input]));
      const run = (inputs: Parameters<typeof fn>[0]) => step(inputs);
      return Object.assign(run, { many, sync: step.sync, dispose: step.dispose });
    },
  };
}

function eager(name: EngineName): Engine {
  return {
    name,
    stepsPerRun: 1,
    compile: (fn) => {
      const run = (inputs: Parameters<typeof fn>[0]): Promise<ReturnType<typeof fn>> =>
        Promise.resolve(tf.tidy(() => fn(inputs)));
      const many = (inputs: readonly Parameters<typeof fn>[0][]) => Promise.all(inputs.map(run));
      return Object.assign(run, { many, sync: () => Promise.resolve(), dispose: () => Promise.resolve() });
    },
  };
}

async function useBackend(name: string): Promise<void> {
  tf.enableProdMode(); // without tfjs's advice to install its own native backend
  if (!(await tf.setBackend(name))) throw new Error(`the tfjs backend "${name}" does not start`);
  await tf.ready();
}

async function openTfjsNode(name: 'tfjs-node' | 'tfjs-node-gpu', threads: number): Promise<void> {
  try {
    loadTfjsNode(`@tensorflow/${name}`, threads);
    await useBackend('tensorflow');
  } catch (error) {
    throw new MissingEngine(name, messageOf(error));
  }
  // Without a GPU the package computes on the CPU and says nothing.
  if (name === 'tfjs-node-gpu' && !usesGpu(tf.backend()))
    throw new MissingEngine(
      name,
      'TensorFlow finds no NVIDIA GPU, or not the CUDA and cuDNN libraries it was built for',
    );
}

const usesGpu = (backend: object): boolean => 'isUsingGpuDevice' in backend && backend.isUsingGpuDevice === true;
