import * as tf from '@tensorflow/tfjs';
import { relativeError } from '../../../tools/test-support/difference';
import { describeGolden, type GoldenArray } from '../../../tools/test-support/shared';
import { toTensor } from '../../../tools/test-support/tensors';
import { focalLoss } from './focal-loss';
import { klDivergence } from './kl-divergence';

interface GoldenCase {
  loss: 'kl' | 'focal';
  gamma?: number;
  value: number;
  grad_logits: GoldenArray;
}
type Golden = { classification: { logits: GoldenArray; targets: GoldenArray; cases: GoldenCase[] }[] };

describeGolden<Golden>('losses-flam.json', ({ classification }) => {
  const cases = classification.flatMap(({ logits, targets, cases }) =>
    cases.map((golden) => ({ name: golden.loss, gamma: golden.gamma ?? 0, logits, targets, golden })),
  );
  it.each(cases)('$name, γ = $gamma, $logits.shape, within 1e-5', ({ logits, targets, golden }) => {
    const y = toTensor(targets) as tf.Tensor2D;
    const loss = (x: tf.Tensor): tf.Scalar =>
      golden.loss === 'kl'
        ? klDivergence(x as tf.Tensor2D, y)
        : focalLoss(x as tf.Tensor2D, y, { gamma: golden.gamma ?? NaN });
    const { value, grad } = tf.valueAndGrad(loss)(toTensor(logits));
    expect(relativeError(value, [golden.value])).toBeLessThan(1e-5);
    expect(relativeError(grad, golden.grad_logits.data)).toBeLessThan(1e-5);
  });
});
