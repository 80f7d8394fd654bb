import { Graph, reachable, type Node, type Value } from '../graph/graph';

/** A graph and the values that leave it. */
export interface GraphWithResults {
  readonly graph: Graph;
  readonly results: readonly Value[];
}

/**
 * The same graph in operators of ONNX itself: what ONNX Runtime adds to them (`com.microsoft`) is written out. ONNX
 * Runtime finds and fuses these patterns again when it opens the model.
 *
 * @throws Error for an operator of ONNX Runtime that has no rule here
 */
export function plainOperators({ graph, results }: GraphWithResults): GraphWithResults {
  const plain = new Graph();
  const renewed = new Map<Value, Value>();
  for (const input of graph.inputs) {
    const { source, shape, dtype } = input;
    if (source.kind === 'input') renewed.set(input, plain.input(source.name, shape, dtype, source.variable));
  }
  const renew = (value: Value): Value => {
    const { source, shape, dtype } = value;
    const known = renewed.get(value) ?? (source.kind === 'constant' && plain.constant(source.data, shape, dtype));
    if (!known) throw new Error('a value is used before it is made');
    return known;
  };
  for (const node of reachable(graph, results)) {
    plain.kernel = node.kernel;
    const inputs = node.inputs.map((input) => input && renew(input));
    const outputs =
      node.domain === ''
        ? plain.emit(node.op, inputs, node.outputs, node.attributes)
        : [writtenOut(plain, node, inputs)];
    node.outputs.forEach((output, i) => {
      const made = outputs[i];
      if (made) renewed.set(output, made);
    });
  }
  return { graph: plain, results: results.map(renew) };
}

function writtenOut(graph: Graph, node: Node, inputs: readonly (Value | null)[]): Value {
  const [a, b] = inputs;
  const [output] = node.outputs;
  if (a && output && node.op === 'Gelu') return gelu(graph, a);
  if (a && b && output && node.op === 'FusedMatMul') {
    const left = node.attributes['transA'] ? turned(graph, a) : a;
    const right = node.attributes['transB'] ? turned(graph, b) : b;
    return graph.one('MatMul', [left, right], output);
  }
  throw new Error(`${node.op} of ${node.domain} cannot be written in ONNX's own operators`);
}

/** x · (1 + erf(x / √2)) · ½, in the order that ONNX Runtime knows as GELU. */
function gelu(graph: Graph, x: Value): Value {
  const inner = graph.one('Erf', [graph.one('Div', [x, graph.scalar(Math.SQRT2)], x)], x);
  const doubled = graph.one('Mul', [x, graph.one('Add', [inner, graph.scalar(1)], x)], x);
  return graph.one('Mul', [doubled, graph.scalar(0.5)], x);
}

/** The last two axes changed over. */
function turned(graph: Graph, x: Value): Value {
  const axes = x.shape.map((_, axis) => axis);
  const order = [...axes.slice(0, -2), ...axes.slice(-2).reverse()];
  return graph.one('Transpose', [x], { shape: order.map((i) => x.shape[i] ?? 1), dtype: x.dtype }, { perm: order });
}
