import * as tf from '@tensorflow/tfjs';
import * as ort from '@ser/onnx-jit/onnxruntime';
import trainer from '../../package.json';
import type { EngineName } from '../training/engine';

/** What a result was computed with. */
export function versions(engine: EngineName): Record<string, string> {
  const { node: runtime } = ort.env.versions;
  return {
    '@ser/trainer': trainer.version,
    node: process.version,
    tfjs: tf.version_core,
    ...(engine.startsWith('onnx-') && runtime !== undefined ? { 'onnxruntime-node': runtime } : {}),
  };
}
