import { elementType, type Nodes } from './nodes';
import type { Bounds } from './trim';

/** The windows of a batch, one after the other. */
export interface Windows {
  /** int64 [windows, 3]: row, first sample, sample after the last. */
  readonly table: string;
  /** int64 [batch]: windows of each row. */
  readonly counts: string;
}

/**
 * Cuts what is between the bounds of each row into windows of `size` samples, half a window apart, the last one at the
 * end of the row; a row that is not longer than `size` is one window.
 */
export function windowNodes(g: Nodes, { start, end }: Bounds, size: number): Windows {
  const hop = Math.max(1, Math.floor(size / 2));
  const samples = g.call('Sub', [end, start]);
  const beyond = g.call('Max', [g.call('Sub', [samples, g.integer(size)]), g.integer(0)]);
  // One, and as many hops as it takes to reach the end.
  const hops = g.call('Div', [g.call('Add', [beyond, g.integer(hop - 1)]), g.integer(hop)]);
  const counts = g.call('Add', [hops, g.integer(1)]);

  const until = g.call('CumSum', [counts, g.integer(0)]);
  const total = g.call('Squeeze', [g.call('ReduceSum', [counts, g.integers(0)])]);
  const index = g.call('Range', [g.integer(0), total, g.integer(1)]);
  const passed = g.call('LessOrEqual', [
    g.call('Unsqueeze', [until, g.integers(0)]),
    g.call('Unsqueeze', [index, g.integers(1)]),
  ]);
  // A window's row comes after all rows whose windows come before it.
  const row = g.call('ReduceSum', [g.call('Cast', [passed], { to: elementType.int64 }), g.integers(1)], {
    keepdims: 0,
  });
  const of = (perRow: string): string => g.call('Gather', [perRow, row]);
  const rank = g.call('Sub', [index, g.call('Sub', [of(until), of(counts)])]);
  const offset = g.call('Min', [g.call('Mul', [rank, g.integer(hop)]), of(beyond)]);
  const first = g.call('Add', [of(start), offset]);
  const past = g.call('Add', [first, g.call('Min', [of(samples), g.integer(size)])]);
  const columns = [row, first, past].map((column) => g.call('Unsqueeze', [column, g.integers(1)]));
  return { table: g.call('Concat', columns, { axis: 1 }), counts };
}
