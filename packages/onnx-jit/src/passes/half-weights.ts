import { sizeOf, type Node, type Value } from '../graph/graph';
import { inHalf, isHalf } from './half';
import type { GraphWithResults } from './plain-operators';
import { rewrite } from './rewrite';

/**
 * A model for inference whose matrices are kept, and multiplied, in float16, with the sums, biases and activations between
 * two products; ten bits of fraction, where bfloat16 has seven. Norms, softmax, sums that are carried from layer to layer
 * and everything before the first matrix stay in float32, results too.
 */
export function halfWeights(model: GraphWithResults): GraphWithResults {
  const recorded = { ...model, arguments: [], layout: [], states: [], packs: [], captures: [] };
  const rule = inHalf({ type: 'float16', gains, following });
  const { graph, results } = rewrite(recorded, 'cpu', [rule], undefined, Infinity).trace;
  return { graph, results };
}

const following = new Set(['Add', 'Mul', 'Gelu']);

/** Smaller matrices are no burden. */
const smallest = 1024;
/** What is above cannot be said in float16. */
const largestHalf = 65504;

function gains({ op }: Node, [a, b]: readonly (Value | null)[]): boolean {
  if (!a || !b) return false;
  // Filters of one channel or of one tap make a spectrum of the waveform: its quiet lines are far below the loud ones.
  if (op === 'Conv') return isWeight(b) && (b.shape[1] ?? 0) > 1 && (b.shape.at(-1) ?? 0) > 1;
  return isHalf(a) || isHalf(b) || isWeight(a) || isWeight(b);
}

function isWeight({ fixed, shape, source }: Value): boolean {
  if (!fixed || shape.length < 2 || sizeOf(shape) < smallest) return false;
  return source.kind !== 'constant' || source.data.every((n) => Math.abs(Number(n)) <= largestHalf);
}
