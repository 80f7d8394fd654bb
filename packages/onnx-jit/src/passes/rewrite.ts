import { Graph, largestFixed, reachable, type Node, type Value } from '../graph/graph';
import type { Provider } from '../lower/call';
import { outputsOf } from '../record/compare';
import type { Trace } from '../record/trace';

/** A node on its way into the new graph. */
export interface Rewriting {
  /** The new graph. */
  readonly graph: Graph;
  readonly provider: Provider;
  /** As it was recorded. */
  readonly node: Node;
  /** Its operands in the new graph. */
  readonly inputs: readonly (Value | null)[];
  /** How often a value of the new graph was read, or left, in the old one: what is read once may be merged away. */
  readonly uses: (value: Value) => number;
}

/** Makes something simpler of a node with one output; null where it has nothing to say. */
export type Rule = (rewriting: Rewriting) => Value | null;

/** Chooses what stands in the new graph for an input of the old one; null keeps it an input. */
export type Replace = (graph: Graph, input: Value) => Value | null;

/** As `largestFixed`: to hold a matrix on a GPU, 64 MB, costs less than to launch what makes it. */
const largestOnGpu = 2 ** 24;

/** A trace in a new graph, and what stands there for values of the old one. */
export interface Rewritten {
  readonly trace: Trace;
  readonly renewed: (value: Value) => Value;
}

/**
 * Builds the graph of a trace again, node by node in the order of recording. For each node the first rule that answers
 * decides; a node without one is taken over as it is. What nothing reads any more is left behind, and so are the first
 * values of variables that the function created.
 *
 * @param largest elements of a result of constants that is stored
 */
export function rewrite(
  trace: Trace,
  provider: Provider,
  rules: readonly Rule[],
  replace: Replace = () => null,
  largest = provider === 'cpu' ? largestFixed : largestOnGpu,
): Rewritten {
  const graph = new Graph(largest);
  const outputs = outputsOf(trace);
  const nodes = reachable(trace.graph, outputs);
  const map = new Map<Value, Value>();
  const counts = countUses(nodes, outputs);
  const uses = new Map<Value, number>();

  const put = (old: Value, value: Value): void => {
    map.set(old, value);
    uses.set(value, (uses.get(value) ?? 0) + (counts.get(old) ?? 0));
  };
  const renewed = (value: Value): Value => {
    const known = map.get(value);
    if (known) return known;
    const made = value === trace.graph.zero ? graph.theZero() : renewLeaf(graph, value, replace);
    put(value, made);
    return made;
  };

  // Inputs first, in their order, whether they are read or not.
  for (const value of trace.graph.inputs) if (value !== trace.graph.zero) renewed(value);
  for (const node of nodes) {
    graph.kernel = node.kernel;
    const inputs = node.inputs.map((value) => value && renewed(value));
    const [output, ...more] = node.outputs;
    if (!output) continue;
    const rewriting = { graph, provider, node, inputs, uses: (value: Value) => uses.get(value) ?? 0 };
    const simpler = more.length > 0 ? null : firstAnswer(rules, rewriting);
    const values = simpler ? [simpler] : graph.emit(node.op, inputs, node.outputs, node.attributes, node.domain);
    node.outputs.forEach((old, i) => {
      const value = values[i];
      if (value) put(old, value);
    });
  }

  const renewedTrace: Trace = {
    ...trace,
    graph,
    arguments: trace.arguments.map(renewed),
    results: trace.results.map(renewed),
    states: trace.states.map((state) => ({
      ...state,
      input: renewed(state.input),
      output: renewed(state.output),
      initial: null,
    })),
    packs: trace.packs.map((pack) => ({ ...pack, input: renewed(pack.input), output: renewed(pack.output) })),
    captures: trace.captures.map((capture) => ({ ...capture, input: renewed(capture.input) })),
  };
  return { trace: renewedTrace, renewed };
}

function firstAnswer(rules: readonly Rule[], rewriting: Rewriting): Value | null {
  for (const rule of rules) {
    const answer = rule(rewriting);
    if (answer) return answer;
  }
  return null;
}

function renewLeaf(graph: Graph, value: Value, replace: Replace): Value {
  const { source, shape, dtype } = value;
  switch (source.kind) {
    case 'constant':
      return graph.constant(source.data, shape, dtype);
    case 'input':
      return replace(graph, value) ?? graph.input(source.name, shape, dtype, source.variable);
    case 'node':
      throw new Error(`${source.node.kernel} (${source.node.op}) comes after what reads it`);
  }
}

function countUses(nodes: readonly Node[], outputs: readonly Value[]): Map<Value, number> {
  const counts = new Map<Value, number>();
  const add = (value: Value): void => void counts.set(value, (counts.get(value) ?? 0) + 1);
  for (const node of nodes) for (const value of node.inputs) if (value) add(value);
  outputs.forEach(add);
  return counts;
}
