import type * as ort from '#onnxruntime';
import type { Provider } from '../lower/call';
import type { RecordedStep } from '../record/step';
import { writesInPlace } from './in-place';
import { stepOutputs } from './outputs';
import { encodeModel } from './serialize';
import { createSession } from './session';

export interface CompileOptions {
  readonly provider: Provider;
  readonly threads?: number | undefined;
  readonly tf32?: boolean | undefined;
  readonly profile?: string | undefined;
  /** On a GPU, leave the results there as well as the states. */
  readonly resultsOnDevice?: boolean;
}

/** A recorded step with the session that runs it. */
export interface CompiledStep extends RecordedStep {
  readonly session: ort.InferenceSession;
  /** Names of the inputs that ONNX Runtime still asks for after its optimisation. */
  readonly wanted: ReadonlySet<string>;
  /** Whether results and states are given their memory, or ONNX Runtime makes it. */
  readonly inPlace: boolean;
}

/** Encodes a recorded step as an ONNX model and opens a session on it. */
export async function compileStep(step: RecordedStep, options: CompileOptions): Promise<CompiledStep> {
  const { provider } = options;
  const { results, states } = stepOutputs(step.trace);
  const inPlace = provider !== 'webgpu' && (await writesInPlace());
  const model = encodeModel(step.trace.graph, [...results, ...states], { producer: '@ser/onnx-jit', inPlace });
  const kept = options.resultsOnDevice ? [...states, ...results] : states;
  const onDevice = provider === 'webgpu' ? kept.map(({ name }) => name) : [];
  const session = await createSession(model, { ...options, onDevice });
  return { ...step, session, wanted: new Set(session.inputNames), inPlace };
}
