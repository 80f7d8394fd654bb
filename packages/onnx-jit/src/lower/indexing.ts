import * as tf from '@tensorflow/tfjs-core';
import { sizeOf, type Graph, type Value } from '../graph/graph';
import { add, binary, cast, compare, expand, reduce, reshape, transpose, where } from './basic';
import {
  booleanAttr,
  dtypeAttr,
  infoOf,
  input,
  numberAttr,
  numbersAttr,
  stringAttr,
  type Call,
  type Lowerings,
} from './call';
import { oneHot, range } from './ranges';

/**
 * Indices below 0 stand for the end in ONNX, and for a mistake in tfjs: made too large, they are refused when the step
 * runs. On a GPU, where nothing is refused, they are left as they are.
 *
 * @param sizes how many places there are, for each number in the last axis of `indices` (or for all of them)
 */
function checked({ graph: g, provider }: Call, indices: Value, sizes: readonly number[]): Value {
  const { source, dtype, shape } = indices;
  if (provider !== 'cpu' || source.kind === 'constant') return indices;
  const size =
    sizes.length === 1 ? g.scalar(sizes[0] ?? 0, dtype) : g.constant(Int32Array.from(sizes), [sizes.length], 'int32');
  return where(g, compare(g, 'Less', indices, g.scalar(0, dtype)), size, indices, shape);
}

/** Whether every index stands within an axis of this length. */
function inside(g: Graph, indices: Value, length: number): Value {
  const within = [
    compare(g, 'GreaterOrEqual', indices, g.scalar(0, 'int32')),
    compare(g, 'Less', indices, g.scalar(length, 'int32')),
  ] as const;
  return binary(g, 'And', ...within, indices.shape, 'bool');
}

function gather(call: Call): Value {
  const g = call.graph;
  const x = input(call, 'x');
  const indices = cast(g, input(call, 'indices'), 'int32');
  const [axis = 0] = tf.util.parseAxisParam(numberAttr(call, 'axis', 0), [...x.shape]);
  const length = x.shape[axis] ?? 0;
  if (indices.source.kind === 'constant') {
    for (const index of indices.source.data) {
      tf.util.assert(
        index >= 0 && index < length,
        () => `GatherV2: the index value ${index} is not in [0, ${length - 1}]`,
      );
    }
  }
  const info = tf.backend_util.segment_util.collectGatherOpShapeInfo(
    infoOf(x),
    infoOf(indices),
    axis,
    numberAttr(call, 'batchDims', 0),
  );
  const { batchSize, outerSize, dimSize, sliceSize, outputShape } = info;
  if (batchSize === 1) {
    const batches = numberAttr(call, 'batchDims', 0);
    const index = batches === 0 ? indices : reshape(g, indices, indices.shape.slice(batches));
    const shape = [...x.shape.slice(0, axis), ...index.shape, ...x.shape.slice(axis + 1)];
    const found = g.one('Gather', [x, checked(call, index, [length])], { shape, dtype: x.dtype }, { axis });
    return reshape(g, found, outputShape);
  }
  // Rows of all batches one below the other, each batch looking among its own.
  const count = sizeOf(indices.shape) / batchSize;
  const starts = Int32Array.from({ length: batchSize }, (_, b) => b * dimSize);
  const flat = reshape(g, indices, [batchSize, count]);
  const shifted = add(g, flat, g.constant(starts, [batchSize, 1], 'int32'));
  const end = g.scalar(batchSize * dimSize, 'int32');
  const index = where(g, inside(g, flat, dimSize), shifted, end, flat.shape);
  const rows = transpose(g, reshape(g, x, [batchSize, outerSize, dimSize, sliceSize]), [0, 2, 1, 3]);
  const found = g.one(
    'Gather',
    [reshape(g, rows, [batchSize * dimSize, outerSize, sliceSize]), index],
    { shape: [batchSize, count, outerSize, sliceSize], dtype: x.dtype },
    { axis: 0 },
  );
  return reshape(g, transpose(g, found, [0, 2, 1, 3]), outputShape);
}

/** Indices as [updates, axes] and updates as [updates, ...slice], as ONNX takes them; tfjs allows one axis less. */
function scatterOperands(call: Call, indices: Value, updates: Value, shape: readonly number[]) {
  const g = call.graph;
  const { sliceRank, numUpdates } = tf.backend_util.calculateShapes(infoOf(updates), infoOf(indices), [...shape]);
  const slice = shape.slice(sliceRank);
  const full = [numUpdates, ...slice];
  const index = reshape(g, cast(g, indices, 'int32'), [numUpdates, sliceRank]);
  return {
    indices: cast(g, checked(call, index, shape.slice(0, sliceRank)), 'int64'),
    updates: updates.shape.length === 0 ? expand(g, updates, full) : reshape(g, updates, full),
  };
}

/** Writes updates into a target, or adds them up there. */
function scatter(call: Call, target: Value, given: Value, values: Value, sum: boolean): Value {
  const g = call.graph;
  const { shape, dtype } = target;
  // Without numbers to write, or places to write them to.
  if (sizeOf(given.shape) === 0 || sizeOf(values.shape) === 0 || sizeOf(shape) === 0) return target;
  if (dtype === 'bool')
    return cast(g, scatter(call, cast(g, target, 'int32'), given, cast(g, values, 'int32'), sum), 'bool');
  const { indices, updates } = scatterOperands(call, given, values, shape);
  return g.one('ScatterND', [target, indices, updates], target, sum ? { reduction: 'add' } : {});
}

/** Rows with one id are added up; ids that stand for no segment are left out. */
function segmentSum(call: Call, given: Value, ids: Value, segments: number): Value {
  const g = call.graph;
  const rows = sizeOf(ids.shape);
  const rest = given.shape.slice(ids.shape.length);
  const x = reshape(g, given, [rows, ...rest]);
  const index = reshape(g, cast(g, ids, 'int32'), [rows]);
  if (rows === 0 || segments === 0 || sizeOf(rest) === 0) return g.fill(0, [segments, ...rest], x.dtype);
  if (call.provider === 'webgpu') {
    const flat = reshape(g, x, [rows, sizeOf(rest)]);
    const output = { shape: [segments, sizeOf(rest)], dtype: x.dtype };
    const sums = g.one('Gemm', [oneHot(g, index, segments), flat], output, { transA: 1 });
    return reshape(g, sums, [segments, ...rest]);
  }
  const known = inside(g, index, segments);
  const place = where(g, known, index, g.scalar(0, 'int32'), index.shape);
  const mask = reshape(g, known, [rows, ...rest.map(() => 1)]);
  const counted = where(g, mask, x, g.scalar(0, x.dtype), x.shape);
  const target = g.fill(0, [segments, ...rest], x.dtype);
  const indices = reshape(g, cast(g, place, 'int64'), [rows, 1]);
  return g.one('ScatterND', [target, indices, counted], target, { reduction: 'add' });
}

/** How often each number 0 … size − 1 stands in every row of x [rows, columns], or the sum of its weights. */
function countRows(call: Call, x: Value, weights: Value, binaryOutput: boolean): Value {
  const g = call.graph;
  const [rows = 0, columns = 0] = x.shape;
  const size = numberAttr(call, 'size');
  const ones = binaryOutput || sizeOf(weights.shape) === 0;
  const amounts = ones ? g.fill(1, [rows, columns], weights.dtype) : reshape(g, weights, [rows, columns]);
  const starts = Int32Array.from({ length: rows }, (_, row) => row * size);
  const known = inside(g, x, size);
  const shifted = rows === 1 ? x : add(g, x, g.constant(starts, [rows, 1], 'int32'));
  const index = where(g, known, shifted, g.scalar(-1, 'int32'), x.shape);
  const sums = reshape(
    g,
    segmentSum(call, reshape(g, amounts, [rows * columns]), reshape(g, index, [rows * columns]), rows * size),
    [rows, size],
  );
  return binaryOutput ? cast(g, compare(g, 'Greater', sums, g.scalar(0, sums.dtype)), sums.dtype) : sums;
}

export const indexing: Lowerings = {
  GatherV2: gather,
  GatherNd: (call) => {
    const g = call.graph;
    const x = input(call, 'params');
    const indices = input(call, 'indices');
    const [shape] = tf.gather_util.prepareAndValidate(infoOf(x), infoOf(indices));
    const depth = indices.shape.at(-1) ?? 0;
    const index = checked(call, cast(g, indices, 'int32'), x.shape.slice(0, depth));
    return g.one('GatherND', [x, cast(g, index, 'int64')], { shape, dtype: x.dtype });
  },
  ScatterNd: (call) => {
    const updates = input(call, 'updates');
    const target = call.graph.fill(0, numbersAttr(call, 'shape'), updates.dtype);
    return scatter(call, target, input(call, 'indices'), updates, true);
  },
  TensorScatterUpdate: (call) =>
    scatter(call, input(call, 'tensor'), input(call, 'indices'), input(call, 'updates'), false),
  SparseToDense: (call) => {
    const target = expand(call.graph, input(call, 'defaultValue'), numbersAttr(call, 'outputShape'));
    return scatter(call, target, input(call, 'sparseIndices'), input(call, 'sparseValues'), false);
  },
  UnsortedSegmentSum: (call) =>
    segmentSum(
      call,
      cast(call.graph, input(call, 'x'), 'float32'),
      input(call, 'segmentIds'),
      numberAttr(call, 'numSegments'),
    ),
  Bincount: (call) => {
    const x = input(call, 'x');
    const rows = reshape(call.graph, x, [1, sizeOf(x.shape)]);
    return reshape(call.graph, countRows(call, rows, input(call, 'weights'), false), [numberAttr(call, 'size')]);
  },
  DenseBincount: (call) => {
    const x = input(call, 'x');
    const vector = x.shape.length === 1;
    const rows = vector ? reshape(call.graph, x, [1, sizeOf(x.shape)]) : x;
    const counts = countRows(call, rows, input(call, 'weights'), booleanAttr(call, 'binaryOutput') && !vector);
    return vector ? reshape(call.graph, counts, [numberAttr(call, 'size')]) : counts;
  },
  /** How many numbers of its row of the sorted sequence stand before each value. */
  SearchSorted: (call) => {
    const g = call.graph;
    const sequence = input(call, 'sortedSequence');
    const values = input(call, 'values');
    const [rows = 0, length = 0] = sequence.shape;
    const count = values.shape[1] ?? 0;
    const op = stringAttr(call, 'side') === 'left' ? 'Less' : 'LessOrEqual';
    const before = compare(g, op, reshape(g, sequence, [rows, 1, length]), reshape(g, values, [rows, count, 1]), [
      rows,
      count,
      length,
    ]);
    return reduce(g, 'ReduceSum', cast(g, before, 'int32'), [2], false);
  },
  OneHot: (call) => {
    const g = call.graph;
    const hot = oneHot(g, input(call, 'indices'), numberAttr(call, 'depth'));
    const on = numberAttr(call, 'onValue', 1);
    const off = numberAttr(call, 'offValue', 0);
    const values = on === 1 && off === 0 ? hot : where(g, cast(g, hot, 'bool'), g.scalar(on), g.scalar(off), hot.shape);
    return cast(g, values, dtypeAttr(call, 'dtype', 'float32'));
  },
  Diag: (call) => {
    const g = call.graph;
    const x = input(call, 'x');
    const n = sizeOf(x.shape);
    const index = range(g, n);
    const diagonal = compare(g, 'Equal', reshape(g, index, [n, 1]), index, [n, n]);
    const column = reshape(g, x, [n, 1]);
    return reshape(g, where(g, diagonal, column, g.scalar(0, x.dtype), [n, n]), [...x.shape, ...x.shape]);
  },
};
