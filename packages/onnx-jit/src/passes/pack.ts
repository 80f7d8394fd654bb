import { reachable, sameShape, sizeOf, type Graph, type Node, type Value } from '../graph/graph';
import { reshape, slice } from '../lower/basic';
import type { Provider } from '../lower/call';
import { isAssigned, outputsOf } from '../record/compare';
import type { Pack, State, Trace } from '../record/trace';
import { rewrite } from './rewrite';

/**
 * For a GPU: variables that an optimiser updates in the same way live in one tensor, one after the other, and are
 * updated by one chain of nodes instead of one each. A chain has about ten nodes, and a model hundreds of variables.
 *
 * What belongs together is found in the graph, whatever optimiser made it. A cell is the states whose new values depend
 * on each other element by element: a weight with its moments. Cells whose chains are equal but for the states and the
 * gradients they read are packed, state by state: all weights, all first moments, all second moments.
 *
 * - Cells of one shape are packed along their first axis: cut into equal pieces again by one node.
 * - The small ones of many shapes that are left are packed as flat vectors.
 *
 * (For pieces of unequal lengths ONNX Runtime's CUDA kernels make a table as long as the axis, on the processor: 55 ms
 * for 12 million elements. It is why large tensors of unequal shapes stay alone.)
 */
export function packStates(trace: Trace, provider: Provider): Trace {
  const groups = groupCells(findCells(trace), provider);
  if (groups.length === 0) return trace;
  const packed = new Set(groups.flatMap((cells) => cells.flatMap((cell) => cell.states)));

  const inputs: Value[][] = [];
  const pieceOf = new Map<Value, { pack: Value; index: number; of: Group; shape: Value['shape'] }>();
  const open = (graph: Graph): void => {
    for (const group of groups) {
      const [first] = group;
      const roles = first?.states ?? [];
      inputs.push(
        roles.map((_, role) => {
          const name = `pack ${inputs.length} ${role}`;
          const pack = graph.input(name, packedShape(group), 'float32', true);
          group.forEach((cell, index) => {
            const state = cell.states[role];
            if (state) pieceOf.set(state.input, { pack, index, of: group, shape: state.input.shape });
          });
          return pack;
        }),
      );
    }
  };
  const { trace: unpacked, renewed } = rewrite(trace, provider, [], (graph, input) => {
    if (inputs.length === 0) open(graph);
    const piece = pieceOf.get(input);
    return piece ? cut(graph, provider, piece.pack, piece.of, piece.index) : null;
  });

  const packs: Pack[] = groups.flatMap((group, i) => {
    const outputs = updateTogether(unpacked.graph, group, inputs[i] ?? [], renewed);
    return outputs.map((output, role) => ({
      variables: group.flatMap((cell) => cell.states[role]?.variable ?? []),
      input: inputs[i]?.[role] ?? output,
      output,
    }));
  });
  const states = unpacked.states.filter((_, i) => {
    const state = trace.states[i];
    return !state || !packed.has(state);
  });
  return { ...unpacked, states, packs };
}

interface Cell {
  /** In the order in which the function first touched them. */
  readonly states: readonly State[];
  /** What the chain reads beside the states: gradients, of the states' shape. */
  readonly leaves: readonly Value[];
  /** The chain in words; equal for cells that are updated in the same way by the same numbers. */
  readonly chain: string;
}
type Group = readonly Cell[];

const elementwise = new Set([
  'Add',
  'Sub',
  'Mul',
  'Div',
  'Max',
  'Min',
  'Sqrt',
  'Neg',
  'Abs',
  'Reciprocal',
  'Pow',
  'Exp',
]);

const shapeOf = (cell: Cell): Value['shape'] => cell.states[0]?.input.shape ?? [];

function findCells(trace: Trace): Cell[] {
  const candidates = trace.states.filter(
    (state) => isAssigned(state) && state.input.dtype === 'float32' && sizeOf(state.input.shape) > 1,
  );
  const stateOf = new Map(candidates.map((state) => [state.input, state]));
  const readers = new Map<Value, Node[]>();
  for (const node of reachable(trace.graph, outputsOf(trace)))
    for (const value of new Set(node.inputs)) if (value) readers.set(value, [...(readers.get(value) ?? []), node]);

  // A chain ends in a state's new value; all of it is element by element in the state's shape.
  const chains = candidates.map((state) => chainOf(state, stateOf));
  const group = new Map<State, Set<State>>();
  chains.forEach((chain, i) => {
    const own = candidates[i];
    if (!own) return;
    const joined = new Set([own, ...chain.states].flatMap((state) => [...(group.get(state) ?? [state])]));
    for (const state of joined) group.set(state, joined);
  });
  const chainByState = new Map(candidates.map((state, i) => [state, chains[i]]));
  const leaving = new Map<Value, number>();
  for (const value of outputsOf(trace)) leaving.set(value, (leaving.get(value) ?? 0) + 1);

  return [...new Set(group.values())].flatMap((members) => {
    const states = candidates.filter((state) => members.has(state));
    const nodes = new Set(states.flatMap((state) => [...(chainByState.get(state)?.nodes ?? [])]));
    const outputs = new Set(states.map((state) => state.output));
    const closed = [...nodes].every((node) =>
      node.outputs.every((value) => {
        const within = (readers.get(value) ?? []).every((reader) => nodes.has(reader));
        return within && (leaving.get(value) ?? 0) === (outputs.has(value) ? 1 : 0);
      }),
    );
    const made = states.every(({ output }) => output.source.kind === 'node' && nodes.has(output.source.node));
    return closed && made ? describe(states, nodes) : [];
  });
}

interface Chain {
  readonly nodes: ReadonlySet<Node>;
  readonly states: ReadonlySet<State>;
}

/** The nodes between the states of one shape and a new value, and those states. */
function chainOf(end: State, stateOf: ReadonlyMap<Value, State>): Chain {
  const { shape } = end.input;
  const nodes = new Set<Node>();
  const states = new Set<State>();
  const known = new Map<Value, boolean>();
  const depends = (value: Value): boolean => {
    const before = known.get(value);
    if (before !== undefined) return before;
    known.set(value, false);
    const answer = look(value);
    known.set(value, answer);
    return answer;
  };
  const look = (value: Value): boolean => {
    const state = stateOf.get(value);
    if (state) {
      if (sameShape(value.shape, shape)) states.add(state);
      return sameShape(value.shape, shape);
    }
    if (value.source.kind !== 'node') return false;
    const { node } = value.source;
    const fits = node.domain === '' && elementwise.has(node.op) && node.outputs.every((v) => sameShape(v.shape, shape));
    if (!fits) return false;
    // All operands are looked at, so that every state of the chain is found.
    const answers = node.inputs.map((input) => input !== null && depends(input));
    if (!answers.includes(true)) return false;
    nodes.add(node);
    return true;
  };
  depends(end.output);
  return { nodes, states };
}

/** The chains of a cell in words, with the leaves that they read; nothing where an operand is neither. */
function describe(states: readonly State[], nodes: ReadonlySet<Node>): Cell | [] {
  const [first] = states;
  if (!first) return [];
  const { shape } = first.input;
  const leaves: Value[] = [];
  const names = new Map<Value, string>(states.map((state, i) => [state.input, `state ${i}`]));
  const lines: string[] = [];
  let readable = true;
  const nameOf = (value: Value): string => {
    const known = names.get(value);
    if (known) return known;
    const name = nameNew(value);
    names.set(value, name);
    return name;
  };
  const nameNew = (value: Value): string => {
    const { source } = value;
    const inside = source.kind === 'node' && (nodes.has(source.node) || ofLeaves(source.node));
    if (inside) {
      lines.push(
        `${source.node.op} ${JSON.stringify(source.node.attributes)} ${source.node.inputs.map((v) => (v ? nameOf(v) : '-')).join()}`,
      );
      return `line ${lines.length}`;
    }
    if (sizeOf(value.shape) === 1 && value.shape.length <= 1) return `number ${value.id}`;
    if (value.splat !== undefined) return `splat ${value.splat}`;
    if (!sameShape(value.shape, shape) || value.dtype !== 'float32') readable = false;
    leaves.push(value);
    return `leaf ${leaves.length - 1}`;
  };
  /** A square of the gradient, say: made of leaves that are read anyway. */
  const ofLeaves = (node: Node): boolean =>
    node.domain === '' &&
    elementwise.has(node.op) &&
    node.outputs.every((v) => sameShape(v.shape, shape)) &&
    node.inputs.every((v) => v !== null && (leaves.includes(v) || sizeOf(v.shape) === 1)) &&
    node.inputs.some((v) => v !== null && leaves.includes(v));
  const ends = states.map((state) => nameOf(state.output));
  if (!readable || states.some((state) => !sameShape(state.input.shape, shape))) return [];
  return { states, leaves, chain: [...lines, ...ends].join('; ') };
}

/** Cells that a pack of equal pieces pays for whatever their size. */
const many = 8;
/** Elements of a cell that may be packed flat. */
const small = 4096;

/** Bytes that every WebGPU device can bind as one buffer. */
const webgpuBytes = 2 ** 27;

function groupCells(cells: readonly Cell[], provider: Provider): Group[] {
  const byShape = groupBy(cells, (cell) => `${cell.chain} [${shapeOf(cell).join()}]`);
  const isSmall = (cell: Cell): boolean => sizeOf(shapeOf(cell)) <= small;
  const equal = byShape.filter((group) => group.length >= many || group.some((cell) => !isSmall(cell)));
  const rest = byShape.filter((group) => !equal.includes(group)).flat();
  const groups = [...equal, ...groupBy(rest, (cell) => cell.chain)];
  const fitting = provider === 'webgpu' ? groups.flatMap((group) => inParts(group, webgpuBytes)) : groups;
  return fitting.filter((group) => group.length > 1);
}

/** A group in parts of about equal size, none of more bytes than this. */
function inParts(group: Group, bytes: number): Group[] {
  const total = group.reduce((sum, cell) => sum + 4 * sizeOf(shapeOf(cell)), 0);
  const length = Math.ceil(group.length / Math.ceil(total / bytes));
  return Array.from({ length: Math.ceil(group.length / length) }, (_, i) => group.slice(i * length, (i + 1) * length));
}

function groupBy(cells: readonly Cell[], keyOf: (cell: Cell) => string): Group[] {
  const groups = new Map<string, Cell[]>();
  for (const cell of cells) {
    const key = keyOf(cell);
    groups.set(key, [...(groups.get(key) ?? []), cell]);
  }
  return [...groups.values()];
}

/** Whether a group's pieces are equal and have a first axis to lie along. */
function isEven(group: Group): boolean {
  const [first] = group;
  return !!first && shapeOf(first).length > 0 && group.every((cell) => sameShape(shapeOf(cell), shapeOf(first)));
}

function packedShape(group: Group): number[] {
  const [first] = group;
  if (!first || !isEven(group)) return [group.reduce((sum, cell) => sum + sizeOf(shapeOf(cell)), 0)];
  const [length = 1, ...rest] = shapeOf(first);
  return [group.length * length, ...rest];
}

/** The piece of a pack that a cell's state is. */
function cut(g: Graph, provider: Provider, pack: Value, group: Group, index: number): Value {
  const cell = group[index];
  if (!cell) throw new Error(`a pack of ${group.length} has no piece ${index}`);
  const shape = shapeOf(cell);
  const lengthOf = (other: Cell): number => (isEven(group) ? (shapeOf(other)[0] ?? 1) : sizeOf(shapeOf(other)));
  const pieceShape = (other: Cell): Value['shape'] => (isEven(group) ? shapeOf(other) : [sizeOf(shapeOf(other))]);
  // A WebGPU kernel binds a buffer for every piece, and few of them: there, a part of the pack is cut out first.
  const most = provider === 'webgpu' ? webgpuPieces : group.length;
  const from = index - (index % most);
  const part = group.slice(from, from + most);
  const lengths = part.map(lengthOf);
  const start = group.slice(0, from).reduce((sum, other) => sum + lengthOf(other), 0);
  const whole = sliceRows(g, pack, start, start + lengths.reduce((sum, length) => sum + length, 0));
  const outputs = part.map((other) => ({ shape: pieceShape(other), dtype: 'float32' as const }));
  const sizes = isEven(group) ? [] : [g.int64(lengths)];
  const piece = part.length === 1 ? whole : g.emit('Split', [whole, ...sizes], outputs, { axis: 0 })[index - from];
  if (!piece) throw new Error(`a pack of ${group.length} has no piece ${index}`);
  return reshape(g, piece, shape);
}

/** Pieces that a WebGPU kernel can make at once: every device binds eight buffers. */
const webgpuPieces = 7;

function sliceRows(g: Graph, x: Value, from: number, to: number): Value {
  const [rows = 0, ...rest] = x.shape;
  const none = rest.map(() => 0);
  const one = x.shape.map(() => 1);
  return slice(g, x, [from, ...none], [Math.min(to, rows), ...rest], one, [to - from, ...rest]);
}

/** The chain of a group's first cell, on packs: one new value for each state of a cell. */
function updateTogether(g: Graph, group: Group, packs: readonly Value[], renewed: (value: Value) => Value): Value[] {
  const [first] = group;
  if (!first) return [];
  const shape = packedShape(group);
  const made = new Map<Value, Value>();
  first.states.forEach((state, role) => {
    const pack = packs[role];
    if (pack) made.set(state.input, pack);
  });
  first.leaves.forEach((leaf, i) => {
    const values = group.map((cell) => {
      const value = renewed(cell.leaves[i] ?? leaf);
      return isEven(group) ? value : reshape(g, value, [sizeOf(value.shape)]);
    });
    made.set(leaf, g.one('Concat', values, { shape, dtype: 'float32' }, { axis: 0 }));
  });
  const remake = (value: Value): Value => {
    const known = made.get(value);
    if (known) return known;
    const { source } = value;
    if (source.kind !== 'node' || !sameShape(value.shape, shapeOf(first))) return renewed(value);
    const { node } = source;
    g.kernel = node.kernel;
    const inputs = node.inputs.map((input) => {
      if (!input) return null;
      // A number in the full shape of one cell is a number for all of them.
      if (input.splat !== undefined) return g.scalar(input.splat);
      return remake(input);
    });
    const result = g.one(node.op, inputs, { shape, dtype: 'float32' }, { ...node.attributes }, node.domain);
    made.set(value, result);
    return result;
  };
  return first.states.map((state) => remake(state.output));
}
