import { createRequire } from 'node:module';
import path from 'node:path';
import type * as ort from 'onnxruntime-node';

/** The native session behind onnxruntime-node, whose wrapper alone makes it asynchronous. */
interface NativeSession {
  loadModel(buffer: ArrayBufferLike, offset: number, length: number, options: object): void;
  run(feeds: object, fetches: object, options: object): Record<string, ort.Tensor>;
  dispose(): void;
}

interface NativeBinding {
  readonly binding: { readonly InferenceSession: new () => NativeSession };
  readonly initOrt: () => void;
}

const require = createRequire(path.resolve('package.json'));
const { binding, initOrt } = require(
  path.join(path.dirname(require.resolve('onnxruntime-node')), 'binding.js'),
) as NativeBinding;

/** Runs a model once, on the CPU, without waiting for the event loop. */
export function runSync(
  model: Uint8Array,
  feeds: Readonly<Record<string, ort.Tensor>>,
  outputs: readonly string[],
): Record<string, ort.Tensor> {
  initOrt();
  const session = new binding.InferenceSession();
  session.loadModel(model.buffer, model.byteOffset, model.byteLength, {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
    enableMemPattern: false,
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
    // As in `run/session.ts`.
    extra: { optimization: { disable_specified_optimizers: 'GemmTransposeFusion' } },
  });
  try {
    return session.run(feeds, Object.fromEntries(outputs.map((name) => [name, null])), {});
  } finally {
    session.dispose();
  }
}
