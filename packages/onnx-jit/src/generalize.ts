import { CompileError } from './errors';
import { Graph, makeData, onnxType, reachable, sameShape, type DType, type Value } from './graph';

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
 * it equalled in every recording: a length of a tensor that is there by then, a multiple or sum of one, or a
 * product of two.
 *
 * @throws CompileError naming the operation whose numbers follow no length
 */
export function generalize(recordings: readonly Recording[]): Generalized {
  const [base] = recordings;
  if (!base) throw new Error('nothing was recorded');
  const lists = recordings.map((r) => reachable(r.graph, r.results));
  const graph = new Graph(false);
  const renewed = new Map<Value, Value>();
  const places: Place[] = [];

  const note = (value: Value, versions: readonly Value[]): void => {
    value.shape.forEach((_, axis) => {
      const lengths = versions.map((v) => v.shape[axis] ?? 0);
      if (varies(lengths) && !places.some((p) => sameShape(p.lengths, lengths))) places.push({ lengths, value, axis });
    });
  };
  const versionsOf = <T>(pick: (r: Recording) => T | undefined, what: string): T[] =>
    recordings.map((r) => pick(r) ?? fail(`${what} is missing at another size`));

  const args = base.arguments.map((arg, i) => {
    const input = graph.input(arg.source.kind === 'input' ? arg.source.name : `input ${i}`, arg.shape, arg.dtype);
    renewed.set(arg, input);
    note(
      input,
      versionsOf((r) => r.arguments[i], 'an argument'),
    );
    return input;
  });

  (lists[0] ?? []).forEach((node, i) => {
    const versions = lists.map((list) => list[i] ?? fail('another path is taken'));
    const other = versions.find(
      (v) => v.op !== node.op || JSON.stringify(v.attributes) !== JSON.stringify(node.attributes),
    );
    if (other || lists.some((list) => list.length !== lists[0]?.length)) {
      fail(`${node.kernel} (${node.op}) is not the same at every size`);
    }
    graph.kernel = node.kernel;
    const inputs = node.inputs.map((input, k) => {
      if (!input) return null;
      const known = renewed.get(input);
      if (known) return known;
      const values = versions.map((v) => v.inputs[k] ?? fail(`${node.kernel} has other inputs`));
      const value = renewConstant(graph, values, places, node.op === 'Reshape' && k === 1);
      // Only a constant that is the same everywhere may be shared by name.
      return value;
    });
    const outputs = graph.emit(node.op, inputs, node.outputs, node.attributes, node.domain);
    node.outputs.forEach((output, k) => {
      const value = outputs[k];
      if (!value) return;
      renewed.set(output, value);
      note(
        value,
        versions.map((v) => v.outputs[k] ?? fail(`${node.kernel} has other outputs`)),
      );
    });
  });

  const results = base.results.map((result, i) => {
    const known = renewed.get(result);
    return (
      known ??
      renewConstant(
        graph,
        versionsOf((r) => r.results[i], 'a result'),
        places,
        false,
      )
    );
  });
  const varying = base.results.map((result, i) =>
    result.shape.flatMap((_, axis) => (varies(recordings.map((r) => r.results[i]?.shape[axis] ?? 0)) ? [axis] : [])),
  );
  return { graph, arguments: args, results, varying };
}

const varies = (lengths: Lengths): boolean => lengths.some((n) => n !== lengths[0]);

function fail(reason: string): never {
  throw new CompileError(
    `cannot export with dynamic axes: ${reason}; export one size, or write it without depending on the size`,
  );
}

function renewConstant(graph: Graph, versions: readonly Value[], places: readonly Place[], isShape: boolean): Value {
  const [first] = versions;
  if (!first) throw new Error('no version of a constant');
  const data = versions.map((v) =>
    v.source.kind === 'constant' ? v.source.data : fail(`${graph.kernel} uses a value that was not recorded in order`),
  );
  const [values] = data;
  if (!values) throw new Error('no data');
  if (data.some((d) => d.length !== values.length))
    fail(`${graph.kernel} uses a constant whose size follows the length; make it from tf.range`);
  const columns = Array.from({ length: values.length }, (_, i) => data.map((d) => Number(d[i])));
  const changing = columns.filter(varies).length;
  if (changing === 0) return graph.constant(values, first.shape, first.dtype);
  if (isShape && changing === 1)
    return graph.int64(columns.map((lengths) => (varies(lengths) ? -1 : (lengths[0] ?? 0))));
  let inferred = false;
  const parts = columns.map((lengths) => {
    if (!varies(lengths)) return graph.int64([lengths[0] ?? 0]);
    const found = express(graph, lengths, places);
    if (found) return found;
    // A reshape may leave one length to be inferred.
    if (isShape && !inferred) {
      inferred = true;
      return graph.int64([-1]);
    }
    return fail(`${graph.kernel} uses a number (${lengths.join(', ')} at the sizes tried) that follows no length`);
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
function express(graph: Graph, lengths: Lengths, places: readonly Place[]): Value | null {
  const one = { shape: [1], dtype: 'int64' } as const;
  const read = ({ value, axis }: Place): Value => graph.one('Shape', [value], one, { start: axis, end: axis + 1 });
  const same = places.find((p) => sameShape(p.lengths, lengths));
  if (same) return read(same);
  const constant = (n: number): Value => graph.constant(makeData('int64', [n]), [1], 'int64');
  for (const place of places) {
    const fit = affine(place.lengths, lengths);
    if (!fit) continue;
    const scaled = fit.scale === 1 ? read(place) : graph.one('Mul', [read(place), constant(fit.scale)], one);
    return fit.offset === 0 ? scaled : graph.one('Add', [scaled, constant(fit.offset)], one);
  }
  for (const a of places) {
    for (const b of places) {
      const products = a.lengths.map((n, i) => n * (b.lengths[i] ?? 0));
      const fit = affine(products, lengths);
      if (!fit || fit.offset !== 0) continue;
      const product = graph.one('Mul', [read(a), read(b)], one);
      return fit.scale === 1 ? product : graph.one('Mul', [product, constant(fit.scale)], one);
    }
  }
  return null;
}

/** Integers with y = scale · x + offset everywhere. */
function affine(x: Lengths, y: Lengths): { scale: number; offset: number } | null {
  const i = x.findIndex((n) => n !== x[0]);
  const [x0 = 0, y0 = 0] = [x[0], y[0]];
  const scale = ((y[i] ?? 0) - y0) / ((x[i] ?? 0) - x0);
  const offset = y0 - scale * x0;
  return Number.isInteger(scale) && x.every((n, k) => scale * n + offset === y[k]) ? { scale, offset } : null;
}
