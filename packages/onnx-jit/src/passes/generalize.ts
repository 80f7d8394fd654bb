import { CompileError } from '../errors';
import {
  Graph,
  makeData,
  sameData,
  onnxType,
  reachable,
  sameShape,
  type DType,
  type Node,
  type Value,
} from '../graph/graph';

/** The same function recorded at one size of its dynamic axes. */
export interface Recording {
  readonly graph: Graph;
  readonly arguments: readonly Value[];
  readonly results: readonly Value[];
}

export interface Generalized {
  readonly graph: Graph;
  readonly arguments: readonly Value[];
  readonly results: readonly Value[];
  /** Per result, the axes whose length varies. */
  readonly varying: readonly (readonly number[])[];
}

/** A length as it was in each recording. */
type Lengths = readonly number[];

/** Where a length can be read when the model runs. */
interface Place {
  readonly lengths: Lengths;
  readonly value: Value;
  readonly axis: number;
}

/**
 * One graph for all sizes from recordings at a few of them. Shapes are numbers while a function is recorded; the
 * numbers that differ between the recordings are the ones that follow a dynamic axis. Each is replaced by what
 * it equalled in every recording: a length of a tensor that is known before, a multiple or sum of one, or a
 * product of two.
 *
 * @throws CompileError naming the operation whose numbers follow no length
 */
export function generalize(recordings: readonly Recording[]): Generalized {
  const [base] = recordings;
  if (!base) throw new Error('nothing was recorded');
  const lists = recordings.map((r) => reachable(r.graph, r.results));
  const graph = new Graph();
  /** What stands in the new graph for a value of the first recording. */
  const renewed = new Map<Value, Value>();
  const places: Place[] = [];
  const versionsOf = new Map<Node, readonly Node[]>();
  const underWay = new Set<Node>();

  const note = (value: Value, versions: readonly Value[]): void => {
    value.shape.forEach((_, axis) => {
      const lengths = versions.map((v) => v.shape[axis] ?? 0);
      if (varies(lengths)) places.push({ lengths, value, axis });
    });
  };
  const at = <T>(pick: (r: Recording) => T | undefined, what: string): T[] =>
    recordings.map((r) => pick(r) ?? fail(`${what} is missing at another size`));

  const args = base.arguments.map((arg, i) => {
    const input = graph.input(arg.source.kind === 'input' ? arg.source.name : `input ${i}`, arg.shape, arg.dtype);
    renewed.set(arg, input);
    note(
      arg,
      at((r) => r.arguments[i], 'an argument'),
    );
    return input;
  });
  (lists[0] ?? []).forEach((node, i) => {
    const versions = lists.map((list) => list[i] ?? fail('another path is taken'));
    const same = (v: Node): boolean =>
      v.op === node.op && JSON.stringify(v.attributes) === JSON.stringify(node.attributes);
    if (!versions.every(same) || lists.some((list) => list.length !== lists[0]?.length)) {
      fail(`${node.kernel} (${node.op}) is not the same at every size`);
    }
    versionsOf.set(node, versions);
    node.outputs.forEach((output, k) => {
      note(
        output,
        versions.map((v) => v.outputs[k] ?? fail(`${node.kernel} has other outputs`)),
      );
    });
  });

  /** The value in the new graph, made there with all it needs; null while it is itself waiting for this. */
  const renew = (value: Value): Value | null => {
    const known = renewed.get(value);
    if (known || value.source.kind !== 'node') return known ?? null;
    const { node } = value.source;
    if (underWay.has(node)) return null;
    underWay.add(node);
    try {
      return renewNode(node) ? (renewed.get(value) ?? null) : null;
    } finally {
      underWay.delete(node);
    }
  };
  const renewNode = (node: Node): boolean => {
    const inputs: (Value | null)[] = [];
    for (const [k, input] of node.inputs.entries()) {
      const versions = versionsOf.get(node)?.map((v) => v.inputs[k]);
      const value =
        input &&
        (isConstant(input)
          ? renewConstant(node.kernel, definite(versions), node.op === 'Reshape' && k === 1)
          : renew(input));
      if (input && !value) return false;
      inputs.push(value);
    }
    graph.kernel = node.kernel;
    const outputs = graph.emit(node.op, inputs, node.outputs, node.attributes, node.domain);
    node.outputs.forEach((output, k) => {
      const value = outputs[k];
      if (value) renewed.set(output, value);
    });
    return true;
  };
  const renewConstant = (kernel: string, versions: readonly Value[], isShape: boolean): Value =>
    constantFor(graph, kernel, versions, isShape, (lengths) => express(graph, lengths, places, renew));

  // In the order of recording; what a length is read from may come from further down, and is then made first.
  for (const node of lists[0] ?? []) for (const output of node.outputs) renew(output);
  const results = base.results.map((result, i) => {
    if (isConstant(result))
      return renewConstant(
        'a result',
        at((r) => r.results[i], 'a result'),
        false,
      );
    return renew(result) ?? fail('a result depends on its own size');
  });
  const varying = base.results.map((result, i) =>
    result.shape.flatMap((_, axis) => (varies(recordings.map((r) => r.results[i]?.shape[axis] ?? 0)) ? [axis] : [])),
  );
  return { graph, arguments: args, results, varying };
}

const isConstant = (value: Value): boolean => value.source.kind === 'constant';

function definite(values: readonly (Value | null | undefined)[] | undefined): Value[] {
  return (values ?? []).map((value) => value ?? fail('an input is missing at another size'));
}

const varies = (lengths: Lengths): boolean => lengths.some((n) => n !== lengths[0]);

function fail(reason: string): never {
  throw new CompileError(
    `cannot export with dynamic axes: ${reason}; export one size, or write it without depending on the size`,
  );
}

function constantFor(
  graph: Graph,
  kernel: string,
  versions: readonly Value[],
  isShape: boolean,
  lengthLike: (lengths: Lengths) => Value | null,
): Value {
  const [first] = versions;
  if (!first) throw new Error('no version of a constant');
  const data = versions.map((v) =>
    v.source.kind === 'constant' ? v.source.data : fail(`${kernel} uses a value that was not recorded in order`),
  );
  const [values] = data;
  if (!values) throw new Error('no data');
  if (data.some((d) => d.length !== values.length))
    fail(`${kernel} uses a constant whose size follows the length; make it from tf.range`);
  if (data.every((d) => sameData(d, values))) return graph.constant(values, first.shape, first.dtype);
  const columns = Array.from({ length: values.length }, (_, i) => data.map((d) => Number(d[i])));
  if (isShape && columns.filter(varies).length === 1)
    return graph.int64(columns.map((lengths) => (varies(lengths) ? -1 : (lengths[0] ?? 0))));
  let inferred = false;
  const parts = columns.map((lengths) => {
    if (!varies(lengths)) return graph.int64([lengths[0] ?? 0]);
    const found = lengthLike(lengths);
    if (found) return found;
    // A reshape may leave one length to be inferred.
    if (isShape && !inferred) {
      inferred = true;
      return graph.int64([-1]);
    }
    return fail(`${kernel} uses a number (${lengths.join(', ')} at the sizes tried) that follows no length`);
  });
  const vector =
    parts.length === 1 && parts[0]
      ? parts[0]
      : graph.one('Concat', parts, { shape: [parts.length], dtype: 'int64' }, { axis: 0 });
  return toType(
    graph,
    first.shape.length === 0 ? graph.one('Squeeze', [vector], { shape: [], dtype: 'int64' }) : vector,
    first.dtype,
  );
}

const toType = (graph: Graph, value: Value, dtype: DType): Value =>
  value.dtype === dtype ? value : graph.one('Cast', [value], { shape: value.shape, dtype }, { to: onnxType[dtype] });

/** A one-element int64 vector that has these lengths at the sizes tried; null if none is found. */
function express(
  graph: Graph,
  lengths: Lengths,
  places: readonly Place[],
  renew: (value: Value) => Value | null,
): Value | null {
  const one = { shape: [1], dtype: 'int64' } as const;
  const constant = (n: number): Value => graph.constant(makeData('int64', [n]), [1], 'int64');
  const read = ({ value, axis }: Place): Value | null => {
    const made = renew(value);
    return made && graph.one('Shape', [made], one, { start: axis, end: axis + 1 });
  };
  const scaled = (length: Value, { scale, offset }: Affine): Value => {
    const multiple = scale === 1 ? length : graph.one('Mul', [length, constant(scale)], one);
    return offset === 0 ? multiple : graph.one('Add', [multiple, constant(offset)], one);
  };
  const fits = places.flatMap((place) => {
    const fit = affine(place.lengths, lengths);
    return fit ? [{ place, fit, plain: fit.scale === 1 && fit.offset === 0 }] : [];
  });
  // The length itself is the surest, then a multiple or sum of one.
  for (const { place, fit } of [...fits.filter((f) => f.plain), ...fits.filter((f) => !f.plain)]) {
    const length = read(place);
    if (length) return scaled(length, fit);
  }
  const distinct = places.filter((p, i) => places.findIndex((q) => sameShape(q.lengths, p.lengths)) === i);
  for (const a of distinct) {
    for (const b of distinct) {
      const fit = affine(
        a.lengths.map((n, i) => n * (b.lengths[i] ?? 0)),
        lengths,
      );
      const [left, right] = fit?.offset === 0 ? [read(a), read(b)] : [];
      if (fit && left && right) return scaled(graph.one('Mul', [left, right], one), fit);
    }
  }
  return null;
}

interface Affine {
  readonly scale: number;
  readonly offset: number;
}

/** Integers with y = scale · x + offset everywhere. */
function affine(x: Lengths, y: Lengths): Affine | null {
  const i = x.findIndex((n) => n !== x[0]);
  const [x0 = 0, y0 = 0] = [x[0], y[0]];
  const scale = ((y[i] ?? 0) - y0) / ((x[i] ?? 0) - x0);
  const offset = y0 - scale * x0;
  return Number.isInteger(scale) && x.every((n, k) => scale * n + offset === y[k]) ? { scale, offset } : null;
}
