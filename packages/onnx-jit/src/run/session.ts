import * as ort from '#onnxruntime';
import { CompileError } from '../errors';
import type { Provider } from '../lower/call';
import { settleTf32 } from './tf32';

export interface SessionOptions {
  readonly provider: Provider;
  /** Threads within an operator; ONNX Runtime's choice (the physical cores) when absent. */
  readonly threads?: number | undefined;
  /** Of CUDA; see `settleTf32`. */
  readonly tf32?: boolean | undefined;
  /** Outputs that stay on the GPU. */
  readonly onDevice?: readonly string[];
  /** Writes ONNX Runtime's profile (one JSON file) with this prefix. */
  readonly profile?: string | undefined;
}

export async function createSession(model: Uint8Array, options: SessionOptions): Promise<ort.InferenceSession> {
  if (options.provider === 'cuda') settleTf32(options.tf32);
  const location = Object.fromEntries((options.onDevice ?? []).map((name) => [name, 'gpu-buffer' as const]));
  try {
    return await ort.InferenceSession.create(model, {
      executionProviders: options.provider === 'cpu' ? ['cpu'] : [options.provider, 'cpu'],
      graphOptimizationLevel: 'all',
      // A memory pattern needs one more block beside the memory of the first run: a third more memory for 3 % less time.
      enableMemPattern: false,
      ...(options.threads === undefined ? {} : { intraOpNumThreads: options.threads }),
      ...(options.onDevice && options.onDevice.length > 0 ? { preferredOutputLocation: location } : {}),
      ...(options.profile === undefined ? {} : { enableProfiling: true, profileFilePrefix: options.profile }),
      // Activations fade into denormal numbers (GELU far below zero), with which products take several times as long.
      // The optimiser that is left out would fold transposes into products where they were put beside them on purpose.
      extra: {
        session: { set_denormal_as_zero: '1' },
        optimization: { disable_specified_optimizers: 'GemmTransposeFusion' },
      },
      // Warnings about shapes that the graph states are of no use.
      logSeverityLevel: 3,
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CompileError(`ONNX Runtime (${options.provider}) cannot run the compiled function: ${reason}`);
  }
}
