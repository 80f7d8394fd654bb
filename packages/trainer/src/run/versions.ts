import * as tf from '@tensorflow/tfjs';
import * as ort from '@ser/onnx-jit/onnxruntime';
import trainer from '../../package.json';
import type { EngineName } from '../training/engine';

/** What a result was computed with. */
export function versions(engine: EngineName): Record<string, string> {
  const { node: runtime } = ort.env.versions;
  // The packages of this repository are pinned to exact versions: what is written there is what is installed.
  const own = Object.entries(trainer.dependencies).filter(([name]) => name.startsWith('@ser/'));
  return {
    '@ser/trainer': trainer.version,
    ...Object.fromEntries(own),
    node: process.version,
    tfjs: tf.version_core,
    ...(engine.startsWith('onnx-') && runtime !== undefined ? { 'onnxruntime-node': runtime } : {}),
  };
}
