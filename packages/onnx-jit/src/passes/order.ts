import type { Node, Value } from '../graph/graph';

/**
 * Nodes in the order in which they are written to a model. ONNX Runtime goes through a graph backwards, from the last
 * node without readers to the first, and of a node's inputs it follows the one first whose node stands last; it runs what
 * it has come to the end of. In the order of recording, what the backward pass makes of an activation alone (as 1 − y²
 * for tanh) stands late: ONNX Runtime runs it in the forward pass, keeps it until the backward pass, and needs a time to
 * open the graph that grows with the square of its length.
 *
 * By depth, such nodes stand before the gradient that they meet, and are run just before it. Nodes without readers come
 * last, the least deep at the very end: the update of the last layer is run first, and its gradient is then free.
 */
export function byDepth(nodes: readonly Node[]): Node[] {
  const depth = new Map<Value, number>();
  const read = new Set<Value>();
  const placed = nodes.map((node) => {
    let deepest = 0;
    for (const input of node.inputs) {
      if (!input) continue;
      read.add(input);
      deepest = Math.max(deepest, depth.get(input) ?? 0);
    }
    for (const output of node.outputs) depth.set(output, deepest + 1);
    return { node, depth: deepest };
  });
  const isLast = ({ node }: { node: Node }): boolean => !node.outputs.some((output) => read.has(output));
  return [
    ...placed.filter((p) => !isLast(p)).sort((a, b) => a.depth - b.depth),
    ...placed.filter(isLast).sort((a, b) => b.depth - a.depth),
  ].map(({ node }) => node);
}
