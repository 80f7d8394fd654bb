import { nameOf } from '../run/serialize';
import { reachable, sameData, type Node, type Value } from '../graph/graph';
import type { Trace } from './trace';

/** The values that a trace's graph must deliver: results, then states that changed, then packs of them. */
export function outputsOf({ results, states, packs }: Trace): Value[] {
  return [...results, ...states.filter(isAssigned).map((s) => s.output), ...packs.map((p) => p.output)];
}

export const isAssigned = (state: Trace['states'][number]): boolean => state.output !== state.input;

/**
 * Where two recordings of one function differ, in words; null where they are the same. A number of JavaScript
 * (a learning rate, a random number, a counter) becomes a constant of the graph: if it differs between two
 * calls, the compiled step would go on with the old one.
 */
export function difference(first: Trace, second: Trace): string | null {
  const number = new Map<Value, string>();
  const one = describe(first, number);
  const two = describe(second, number);
  if (one.nodes.length !== two.nodes.length) {
    const i = one.nodes.findIndex((n, k) => n.text !== two.nodes[k]?.text);
    const at = (i < 0 ? two : one).nodes[Math.max(i, 0)];
    return `it took another path the second time (from ${at?.kernel ?? 'the start'} on): compiled control flow must not depend on outside state`;
  }
  for (const [i, { text, kernel, inputs }] of one.nodes.entries()) {
    const other = two.nodes[i];
    if (!other) continue;
    for (const [k, value] of inputs.entries()) {
      const now = other.inputs[k];
      if (
        value?.source.kind === 'constant' &&
        now?.source.kind === 'constant' &&
        !sameData(value.source.data, now.source.data)
      ) {
        return `a number in ${kernel} changed from ${brief(value)} to ${brief(now)}: it would be baked in; give it to the function as a tensor`;
      }
    }
    if (text !== other.text) return `${kernel} was called differently the second time`;
  }
  if (one.ends !== two.ends) return 'it returned or assigned other tensors the second time';
  const captured = first.captures.findIndex((c, i) => c.tensor.dataId !== second.captures[i]?.tensor.dataId);
  if (captured >= 0) {
    const { tensor } = first.captures[captured] ?? {};
    return `a captured tensor [${tensor?.shape}] was replaced by another: give it to the function as an argument`;
  }
  const state = first.states.find((s, i) => s.variable !== second.states[i]?.variable);
  return state ? `it used another variable in place of "${state.variable.name}"` : null;
}

const brief = ({ source }: Value): string => {
  const numbers = source.kind === 'constant' ? Array.from(source.data, Number) : [];
  return numbers.length > 4
    ? `[${numbers.slice(0, 4).join(', ')}, …]`
    : numbers.length === 1
      ? String(numbers[0])
      : `[${numbers.join(', ')}]`;
};

interface Described {
  readonly text: string;
  readonly kernel: string;
  readonly inputs: Node['inputs'];
}

/** Nodes with canonical names: by order among the needed ones, not by order of recording. */
function describe(trace: Trace, names: Map<Value, string>): { nodes: Described[]; ends: string } {
  const outputs = outputsOf(trace);
  const nodes = reachable(trace.graph, outputs);
  nodes.forEach((node, i) => node.outputs.forEach((value, k) => names.set(value, `${i}.${k}`)));
  const name = (value: Value | null): string => {
    if (!value) return '-';
    const { source } = value;
    if (source.kind === 'constant') return `${value.dtype}[${value.shape}]`;
    return source.kind === 'input' ? nameOf(value) : (names.get(value) ?? '?');
  };
  return {
    nodes: nodes.map((node) => ({
      text: `${node.op} ${JSON.stringify(node.attributes)} ${node.inputs.map(name).join(' ')}`,
      kernel: node.kernel,
      inputs: node.inputs,
    })),
    ends: outputs.map(name).join(' '),
  };
}
