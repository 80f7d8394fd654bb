import * as tf from '@tensorflow/tfjs';
import { jit } from '@ser/onnx-jit';
import { batchWaves } from '../encoders/batch';
import { createRandomEncoder } from '../encoders/build-encoder';
import { loadEncoder } from '../load/load-encoder';
import { saveEncoder } from '../load/save-encoder';
import { selectLayer } from '../encoders/select-layer';
import { trainableParameters } from './trainable-parameters';
import { drawTrainingNoise } from './training-noise';
import { applyCompiled } from '../testing/golden';
import { largestDifference } from '../../../../tools/test-support/difference';
import { seeded, testWave, tinyConfigs, withFolder } from '../testing/tiny';

it('fine-tuning a tiny WavLM lowers the loss, and its checkpoint reloads to the same outputs', async () => {
  const random = seeded(3);
  const encoder = createRandomEncoder(tinyConfigs.wavlmLarge, random);
  const lengths = [3000, 2600];
  const batch = batchWaves(
    encoder,
    lengths.map((length) => testWave(length, random)),
  );
  const logits = tf.variable(tf.zeros([encoder.layerCount + 1]));
  const frozen = encoder.parameters.get('feature_extractor.conv_layers.0.conv.weight')?.dataSync().slice();
  // Normalised features have no mean: the two utterances are pulled to opposite patterns.
  const pattern = Array.from({ length: encoder.hiddenSize }, (_, i) => (i % 2 ? 0.5 : -0.5));
  const target = tf.tensor2d([pattern, pattern.map((x) => -x)]);
  const optimizer = tf.train.adam(0.003);
  const variables = [...trainableParameters(encoder, 'transformer', { specAugment: true }), logits];
  type Input = { waves: tf.Tensor2D; lengths: tf.Tensor1D; timeMask: tf.Tensor2D; keepLayers: tf.Tensor1D };
  const step = jit(({ waves, lengths: own, timeMask, keepLayers }: Input) => {
    const { value, grads } = tf.variableGrads(() => {
      const output = encoder.apply({ waves, lengths: own }, { layers: true, training: { timeMask, keepLayers } });
      const chosen = selectLayer(output, { weighted: logits, normalize: true });
      const pooled = tf.mean(chosen, 1);
      return tf.mean(tf.squaredDifference(pooled, target)).asScalar();
    }, variables);
    optimizer.applyGradients(Object.entries(grads).map(([name, tensor]) => ({ name, tensor })));
    return value;
  });
  const losses: number[] = [];
  for (let i = 0; i < 25; i++) {
    const { timeMask, keepLayers } = drawTrainingNoise(encoder, lengths, 3000, {
      random,
      timeLength: 3,
      layerDrop: 0.2,
    });
    if (!timeMask || !keepLayers) throw new Error('no noise');
    losses.push(
      (await step({ waves: batch.waves, lengths: batch.lengths, timeMask, keepLayers })).dataSync()[0] ?? NaN,
    );
  }
  await step.dispose();
  const average = (part: number[]): number => part.reduce((a, b) => a + b, 0) / part.length;
  expect(average(losses.slice(-5))).toBeLessThan(0.7 * average(losses.slice(0, 5)));
  expect(logits.dataSync()).not.toEqual(new Float32Array(encoder.layerCount + 1));
  // The convolutions were not trained.
  expect(encoder.parameters.get('feature_extractor.conv_layers.0.conv.weight')?.dataSync()).toEqual(frozen);

  const before = await applyCompiled(encoder, batch);
  await withFolder(async (folder) => {
    await saveEncoder(encoder, folder, { note: 'fine-tuned' });
    const reloaded = await loadEncoder(folder);
    expect(reloaded.config).toEqual(encoder.config);
    const after = await applyCompiled(reloaded, batch);
    expect(largestDifference(after.frames.dataSync(), before.frames.dataSync())).toBe(0);
    reloaded.dispose();
  });
  encoder.dispose();
});
