import type * as tf from '@tensorflow/tfjs';
import { jit } from '@ser/onnx-jit';
import type { Encoder, EncoderInput, EncoderOutput } from '../encoders/encoder';

/** An encoder's output with every layer, through the compiled step (eager tfjs on the CPU is slow for real lengths). */
export async function applyCompiled(encoder: Encoder, input: EncoderInput): Promise<Required<EncoderOutput>> {
  const compiled = jit(({ waves, lengths }: { waves: tf.Tensor2D; lengths: tf.Tensor1D }) => {
    const { frames, mask, layers = [] } = encoder.apply({ waves, lengths }, { layers: true });
    return { frames, mask, layers };
  });
  const output = await compiled({ waves: input.waves, lengths: input.lengths });
  await compiled.dispose();
  return output;
}
