import type { Value } from '../graph/graph';
import { nodeOf } from '../lower/basic';

/**
 * The largest score minus the logarithm of the largest softmax is how a program that needs the softmax anyway gets at
 * log Σ exp. NaN among the scores shows in the softmax: the maximum itself need not be looked through for it.
 *
 * @returns what to take for a in a − b: a where the two are something else
 */
export function unguarded(a: Value, b: Value): Value {
  const plain = nodeOf(a, 'Where')?.inputs[2];
  const scores = plain && nodeOf(plain, 'ReduceMax')?.inputs[0];
  const logged = nodeOf(b, 'Log')?.inputs[0];
  const softmax = logged && nodeOf(logged, 'ReduceMax')?.inputs[0];
  return plain && scores && softmax && nodeOf(softmax, 'Softmax')?.inputs[0] === scores ? plain : a;
}
