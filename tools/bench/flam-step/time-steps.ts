import * as tf from '@tensorflow/tfjs';
import type { Sample } from '../process';
import { createControls, type Batch } from './step';

/** Takes the step on one batch, `warmup` times and then `steps` times more; reading the loss is part of each. */
export async function timeSteps(
  step: (batch: Batch) => { loss: tf.Scalar } | Promise<{ loss: tf.Scalar }>,
  batch: Omit<Batch, 'adam'>,
  { steps, warmup }: { readonly steps: number; readonly warmup: number },
): Promise<Sample & { readonly firstSeconds?: number | undefined }> {
  const losses: number[] = [];
  const seconds: number[] = [];
  for (let index = 0; index < warmup + steps; index++) {
    const start = performance.now();
    const controls = createControls(index + 1);
    const { loss } = await step({ ...batch, ...controls });
    losses.push((await loss.data())[0]!);
    seconds.push((performance.now() - start) / 1000);
    tf.dispose([loss, controls]);
  }
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  return { losses, firstSeconds: seconds[0], seconds: seconds.slice(warmup), peakBytes };
}
