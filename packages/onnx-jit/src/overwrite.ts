import { reachable, sameShape, type Graph, type Node, type Value } from './graph';
import type { State } from './trace';

/** Each element of the result needs nothing but the same element of the operands. */
const elementwise = new Set(['Add', 'Sub', 'Mul', 'Div', 'Max', 'Min', 'Sqrt', 'Neg', 'Abs', 'Reciprocal']);

/**
 * The states whose new value a step may write over the old one: whatever reads the old value, or is made from it, goes
 * element by element and ends in the new one. An optimiser's moments are like that; weights are not, because the
 * backward pass reads them as well.
 */
export function overwritable(states: readonly State[], graph: Graph, outputs: readonly Value[]): Set<State> {
  const readers = new Map<Value, Node[]>();
  for (const node of reachable(graph, outputs)) {
    for (const value of node.inputs) if (value) readers.set(value, [...(readers.get(value) ?? []), node]);
  }
  const leaving = new Map<Value, number>();
  for (const value of outputs) leaving.set(value, (leaving.get(value) ?? 0) + 1);

  const allowed = ({ input, output }: State): boolean => {
    // What leaves by a second name is copied from the first, at a time of ONNX Runtime's choosing.
    if (leaving.get(output) !== 1) return false;
    const derived = new Set([input]);
    for (const value of derived) {
      if (leaving.has(value)) return false;
      for (const node of readers.get(value) ?? []) {
        if (!isElementwise(node, input)) return false;
        for (const made of node.outputs) if (made !== output) derived.add(made);
      }
    }
    return true;
  };
  return new Set(states.filter(allowed));
}

const isElementwise = ({ op, domain, outputs }: Node, { shape }: Value): boolean =>
  domain === '' && elementwise.has(op) && outputs.every((value) => sameShape(value.shape, shape));
