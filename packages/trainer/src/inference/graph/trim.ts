import { elementType, intAttribute, intsAttribute, type Nodes } from './nodes';

/** Where speech begins and ends in each row, in samples; both int64 [batch]. */
export interface Bounds {
  readonly start: string;
  readonly end: string;
}

/** Samples of the window, hop and margin of `speechBounds` at 16 kHz: 25, 10 and 50 ms. */
const [window, hop, margin] = [400, 160, 800];
/** Divides window and hop: energies are summed over blocks of this many samples. */
const block = 80;
const far = 2 ** 40;

/**
 * `speechBounds` as ONNX nodes, in double precision as it is: the first and last window of a row whose energy is within
 * `db` of the row's loudest one, 50 ms more on each side; a row that is silent or under 25 ms is kept whole.
 *
 * @param waveform name of float32 [batch, samples]
 * @param lengths name of int64 [batch]
 */
export function trimNodes(g: Nodes, waveform: string, lengths: string, db: number): Bounds {
  const samples = g.call('Shape', [waveform], { start: 1, end: 2 });
  // Zeros behind every row, so that there is a window in the shortest one; whole blocks.
  const padded = g.call('Pad', [waveform, g.integers(0, 0, 0, window + block)]);
  const blocks = g.call('Div', [g.call('Add', [samples, g.integers(window + block)]), g.integers(block)]);
  const whole = g.call('Mul', [blocks, g.integers(block)]);
  const cut = g.call('Slice', [padded, g.integers(0), whole, g.integers(1)]);
  const exact = g.call('Cast', [cut], { to: elementType.double });
  const cells = g.call('Reshape', [exact, g.integers(0, -1, block)]);
  const energies = sumOverBlocks(g, sumOfSquares(g, cells), blocks);

  // A window counts when the row has all its samples.
  const count = g.call('Shape', [energies], { start: 1, end: 2 });
  const index = g.call('Range', [g.integer(0), g.call('Squeeze', [count]), g.integer(1)]);
  const ends = g.call('Add', [g.call('Mul', [index, g.integer(hop)]), g.integer(window)]);
  const rows = g.call('Unsqueeze', [lengths, g.integers(1)]);
  const inside = g.call('LessOrEqual', [g.call('Unsqueeze', [ends, g.integers(0)]), rows]);
  const heard = g.call('Where', [inside, energies, g.double(0)]);
  const floor = g.call('Mul', [reduce(g, 'ReduceMax', heard, true), g.double(10 ** (-db / 10))]);
  const loud = g.call('And', [inside, g.call('GreaterOrEqual', [heard, floor])]);

  const first = reduce(g, 'ReduceMin', g.call('Where', [loud, index, g.integer(far)]), false);
  const last = reduce(g, 'ReduceMax', g.call('Where', [loud, index, g.integer(-far)]), false);
  const found = g.call('GreaterOrEqual', [last, g.integer(0)]);
  const before = g.call('Sub', [g.call('Mul', [first, g.integer(hop)]), g.integer(margin)]);
  const after = g.call('Add', [g.call('Mul', [last, g.integer(hop)]), g.integer(window + margin)]);
  return {
    start: g.call('Where', [found, g.call('Max', [before, g.integer(0)]), g.integer(0)]),
    end: g.call('Where', [found, g.call('Min', [after, lengths]), lengths]),
  };
}

/** [batch, blocks, 80] → [batch, blocks]. */
function sumOfSquares(g: Nodes, cells: string): string {
  return reduce(g, 'ReduceSumSquare', cells, false, 2);
}

/** Windows of five blocks, two blocks apart: [batch, blocks] → [batch, windows]. */
function sumOverBlocks(g: Nodes, sums: string, blocks: string): string {
  const [length, step] = [window / block, hop / block];
  const parts = Array.from({ length }, (_, i) => {
    const end = g.call('Sub', [blocks, g.integers(length - 1 - i)]);
    return g.call('Slice', [sums, g.integers(i), end, g.integers(1), g.integers(step)]);
  });
  return parts.reduce((sum, part) => g.call('Add', [sum, part]));
}

function reduce(g: Nodes, op: string, input: string, keep: boolean, axis = 1): string {
  const output = `${input} ${op}`;
  const attribute = [intsAttribute('axes', [axis]), intAttribute('keepdims', Number(keep))];
  g.add({ name: output, opType: op, input: [input], output: [output], attribute });
  return output;
}
