import { createRequire } from 'node:module';
import type * as ort from 'onnxruntime-node';

/**
 * ONNX Runtime for Node. It reports its use to its maker unless this is set before its library is loaded, so it is
 * required here, after that, and imported from nowhere else.
 */
process.env['ORT_DISABLE_TELEMETRY'] ??= '1';
export const { InferenceSession, Tensor, env } = createRequire(import.meta.url)('onnxruntime-node') as typeof ort;

export type InferenceSession = ort.InferenceSession;
export type Tensor = ort.Tensor;
