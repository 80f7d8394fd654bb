import { reachable, sameShape, type Graph, type Node, type Value } from '../graph/graph';
import { cast, firstOf, nodeOf, where } from '../lower/basic';

/** A state's value before a step and after it. */
export interface Change {
  readonly input: Value;
  readonly output: Value;
}

/** Each element of the result needs nothing but the same element of the operands. */
const elementwise = new Set(['Add', 'Sub', 'Mul', 'Div', 'Max', 'Min', 'Sqrt', 'Neg', 'Abs', 'Reciprocal']);
/** The same numbers in another shape or order: ONNX Runtime may hand them on unmoved, or move them in their reader. */
const views = new Set(['Reshape', 'Transpose']);
/** What comes out shares no memory with what goes in, and ONNX Runtime merges none of them into a later reader. */
const consuming = new Set(['Gemm', 'MatMul', 'FusedMatMul', 'Conv', 'ConvTranspose', 'FusedConv', 'ReduceSum']);
/** Inputs of FusedConv: the factor of an axpy, and what is added to, in place where both are one memory. */
const [factor, addend] = [1, 3];

/**
 * Which states' new values a step may write over the old ones, because nothing needs the old value any more once the
 * node that makes the new one runs. That is so of an optimiser's moments, which go element by element from old to new.
 * Weights that end in an axpy (`passes/axpy.ts`) are read by products of the backward pass as well: the graph is changed
 * so that those come first.
 *
 * @param changes the states to look at
 * @param leaving all values that leave the graph, once for every name they leave by
 */
export function arrangeOverwriting<T extends Change>(
  changes: readonly T[],
  graph: Graph,
  leaving: readonly Value[],
): Set<T> {
  const nodes = reachable(graph, leaving);
  const position = new Map(nodes.map((node, i) => [node, i]));
  const readers = new Map<Value, Node[]>();
  for (const node of nodes) {
    for (const value of new Set(node.inputs)) if (value) readers.set(value, [...(readers.get(value) ?? []), node]);
  }
  const times = new Map<Value, number>();
  for (const value of leaving) times.set(value, (times.get(value) ?? 0) + 1);

  /** What is made of `input` by nodes that hand it on, and the nodes that read any of it otherwise; null if some leaves. */
  const spread = (input: Value, last: Node, handsOn: (node: Node) => boolean) => {
    const values = new Set([input]);
    const others = new Set<Node>();
    for (const value of values) {
      if (times.has(value)) return null;
      for (const node of readers.get(value) ?? []) {
        if (node === last) continue;
        if (handsOn(node)) for (const made of node.outputs) values.add(made);
        else others.add(node);
      }
    }
    return { values, others };
  };

  /** The sum that a product goes into, where that is all it does: ONNX Runtime makes one node of both. */
  const summed = (value: Value, end: number): Value => {
    const [node, ...more] = readers.get(value) ?? [];
    const [sum] = node?.outputs ?? [];
    const joins = node && more.length === 0 && (node.op === 'Reshape' || node.op === 'Add');
    return joins && sum && (position.get(node) ?? end) < end ? summed(sum, end) : value;
  };

  const allowed = ({ input, output }: Change): boolean => {
    // What leaves by a second name is copied from the first, at a time of ONNX Runtime's choosing.
    if (times.get(output) !== 1 || output.source.kind !== 'node') return false;
    const last = output.source.node;
    const isChain = (node: Node): boolean => isElementwise(node, input);
    if (isChain(last)) return spread(input, last, isChain)?.others.size === 0;
    if (last.op !== 'FusedConv' || !isFlat(last.inputs[addend], input)) return false;

    const made = spread(input, last, (node) => views.has(node.op) || isChain(node));
    if (!made) return false;
    const aliases = spread(input, last, (node) => views.has(node.op))?.values;
    if (last.inputs.some((value, i) => i !== addend && value && aliases?.has(value))) return false;
    const others = [...made.others];
    if (others.some(({ op }) => !consuming.has(op))) return false;
    const before = new Set(reachable(graph, [output]));
    const late = others.filter((node) => !before.has(node));
    const end = position.get(last) ?? 0;
    if (late.some((node) => (position.get(node) ?? end) >= end)) return false;
    const results = late.flatMap(({ outputs: [made] }) => (made ? [summed(made, end)] : []));
    if (results.length > 0) {
      graph.replaceInput(last, factor, (a) => results.reduce((same, result) => after(graph, same, result), a));
    }
    return true;
  };
  return new Set(changes.filter(allowed));
}

/** The factor `a`, but not before `result` is there: chosen by one of its elements from itself and itself. */
const after = (g: Graph, a: Value, result: Value): Value =>
  where(g, cast(g, firstOf(g, result), 'bool'), a, a, a.shape);

const isElementwise = ({ op, domain, outputs }: Node, { shape }: Value): boolean =>
  domain === '' && elementwise.has(op) && outputs.every((value) => sameShape(value.shape, shape));

/** Whether `value` is `of`, as it is or in another shape. */
const isFlat = (value: Value | null | undefined, of: Value): boolean =>
  value === of || (!!value && nodeOf(value, 'Reshape')?.inputs[0] === of);
