import * as tf from '@tensorflow/tfjs-core';
import type { Graph, Value } from '../graph/graph';
import { add, binary, cast, compare, mul, reshape, slice, sub, transpose, unary, where } from './basic';
import { booleanAttr, input, numberAttr, numbersAttr, stringAttr, type Call, type Lowerings } from './call';
import { pad, paddingsAttr, reverse } from './shaping';

/** Images [batch, height, width, channels]. */

/** Where along an axis of the input an output lies. */
function sources(call: Call, from: number, to: number): number[] {
  const corners = booleanAttr(call, 'alignCorners') && to > 1;
  const ratio = corners ? (from - 1) / (to - 1) : from / to;
  const half = booleanAttr(call, 'halfPixelCenters') ? 0.5 : 0;
  return Array.from({ length: to }, (_, i) => ratio * (i + half));
}

function nearest(call: Call, from: number, to: number): number[] {
  const round = booleanAttr(call, 'alignCorners') ? Math.round : Math.floor;
  return sources(call, from, to).map((at) => Math.max(0, Math.min(from - 1, round(at))));
}

/** Each output as two inputs and how far it lies from the first to the second. */
function between(call: Call, from: number, to: number): { low: number; high: number; part: number }[] {
  const half = booleanAttr(call, 'halfPixelCenters') ? 0.5 : 0;
  return sources(call, from, to).map((given) => {
    const at = Math.max(0, Math.min(from - 1, given - half));
    const low = Math.floor(at);
    return { low, high: Math.min(from - 1, low + 1), part: at - low };
  });
}

/** A resizing of one axis as a matrix [to, from]: its transposed is the gradient. */
function resizing(call: Call, kind: 'nearest' | 'bilinear', from: number, to: number): Float32Array {
  const matrix = new Float32Array(to * from);
  const put = (row: number, column: number, weight: number): void => {
    const at = row * from + column;
    matrix[at] = (matrix[at] ?? 0) + weight;
  };
  if (kind === 'nearest') nearest(call, from, to).forEach((column, row) => put(row, column, 1));
  else {
    between(call, from, to).forEach(({ low, high, part }, row) => {
      put(row, low, 1 - part);
      put(row, high, part);
    });
  }
  return matrix;
}

const gatherAlong = (g: Graph, x: Value, axis: number, places: readonly number[]): Value =>
  g.one(
    'Gather',
    [x, g.constant(Int32Array.from(places), [places.length], 'int32')],
    { shape: x.shape.map((d, i) => (i === axis ? places.length : d)), dtype: x.dtype },
    { axis },
  );

function sizeAttr(call: Call): [number, number] {
  const [height = 0, width = 0] = numbersAttr(call, 'size');
  return [height, width];
}

function resizeNearest(call: Call): Value {
  const x = input(call, 'images');
  const [, from = 0, across = 0] = x.shape;
  const [height, width] = sizeAttr(call);
  const rows = gatherAlong(call.graph, x, 1, nearest(call, from, height));
  return gatherAlong(call.graph, rows, 2, nearest(call, across, width));
}

function resizeBilinear(call: Call): Value {
  const g = call.graph;
  const lerp = (x: Value, axis: 1 | 2, to: number): Value => {
    const steps = between(call, x.shape[axis] ?? 0, to);
    const low = gatherAlong(
      g,
      x,
      axis,
      steps.map((s) => s.low),
    );
    if (steps.every((s) => s.part === 0)) return low;
    const high = gatherAlong(
      g,
      x,
      axis,
      steps.map((s) => s.high),
    );
    const parts = g.constant(
      Float32Array.from(steps, (s) => s.part),
      axis === 1 ? [to, 1, 1] : [to, 1],
      'float32',
    );
    return add(g, low, mul(g, sub(g, high, low), parts));
  };
  const [height, width] = sizeAttr(call);
  return lerp(lerp(cast(g, input(call, 'images'), 'float32'), 1, height), 2, width);
}

/** The rows and the columns of dy, brought back one after the other. */
function resizeGradient(call: Call, kind: 'nearest' | 'bilinear'): Value {
  const g = call.graph;
  const dy = input(call, 'dy');
  const [batch = 0, height = 0, width = 0, channels = 0] = input(call, 'images').shape;
  const [, rows = 0, columns = 0] = dy.shape;
  const back = (x: Value, from: number, to: number): Value => {
    const matrix = g.constant(resizing(call, kind, from, to), [to, from], 'float32');
    const turned = transpose(g, matrix, [1, 0]);
    return g.one('MatMul', [turned, x], { shape: [x.shape[0] ?? 0, from, x.shape[2] ?? 0], dtype: 'float32' });
  };
  const lines = back(reshape(g, dy, [batch, rows, columns * channels]), height, rows);
  const all = back(reshape(g, lines, [batch * height, columns, channels]), width, columns);
  return reshape(g, all, [batch, height, width, channels]);
}

/** A column of the boxes [boxes, 4]: y1, x1, y2, x2 from 0 to 1. */
function edge(g: Graph, boxes: Value, column: number): Value {
  const count = boxes.shape[0] ?? 0;
  return slice(g, boxes, [0, column], [count, column + 1], [1, 1], [count, 1]);
}

/** Where the crops of each box lie along an axis of the image: [boxes, size]. */
function cropPlaces(g: Graph, from: Value, to: Value, length: number, size: number): Value {
  const shape = [from.shape[0] ?? 0, size];
  const far = g.scalar(length - 1);
  if (size === 1) return mul(g, mul(g, add(g, from, to), g.scalar(0.5)), far);
  const steps = g.constant(
    Float32Array.from({ length: size }, (_, i) => i),
    [1, size],
    'float32',
  );
  const step = mul(g, mul(g, sub(g, to, from), far), g.scalar(1 / (size - 1)));
  return add(g, mul(g, from, far), mul(g, step, steps, shape), shape);
}

function cropAndResize(call: Call): Value {
  const g = call.graph;
  const image = cast(g, input(call, 'image'), 'float32');
  const boxes = input(call, 'boxes');
  const [batch = 0, height = 0, width = 0, channels = 0] = image.shape;
  const [rows = 0, columns = 0] = numbersAttr(call, 'cropSize');
  const count = boxes.shape[0] ?? 0;
  const y = reshape(g, cropPlaces(g, edge(g, boxes, 0), edge(g, boxes, 2), height, rows), [count, rows, 1]);
  const x = reshape(g, cropPlaces(g, edge(g, boxes, 1), edge(g, boxes, 3), width, columns), [count, 1, columns]);
  const index = reshape(g, cast(g, input(call, 'boxInd'), 'int32'), [count, 1, 1]);
  const known = compare(g, 'Less', index, g.scalar(batch, 'int32'));
  const first = mul(g, where(g, known, index, g.scalar(0, 'int32'), index.shape), g.scalar(height, 'int32'));
  const shape = [count, rows, columns];
  const within = (at: Value, length: number): Value =>
    binary(
      g,
      'And',
      compare(g, 'GreaterOrEqual', at, g.scalar(0)),
      compare(g, 'LessOrEqual', at, g.scalar(length - 1)),
      at.shape,
      'bool',
    );
  const pixels = reshape(g, image, [batch * height * width, channels]);
  const place = (at: Value, length: number): Value =>
    cast(g, g.one('Clip', [at, g.scalar(0), g.scalar(length - 1)], at), 'int32');
  /** The pixels at whole rows and columns. */
  const at = (row: Value, column: Value): Value => {
    const line = add(g, first, place(row, height), row.shape);
    const offset = add(g, mul(g, line, g.scalar(width, 'int32')), place(column, width), shape);
    const output = { shape: [...shape, channels], dtype: 'float32' } as const;
    return g.one('Gather', [pixels, offset], output, { axis: 0 });
  };
  const floor = (v: Value): Value => unary(g, 'Floor', v);
  const ceil = (v: Value): Value => unary(g, 'Ceil', v);
  const deep = (v: Value): Value => reshape(g, v, [...v.shape, 1]);
  const lerp = (a: Value, b: Value, part: Value): Value => add(g, a, mul(g, sub(g, b, a), part));
  const round = (v: Value): Value => floor(add(g, v, g.scalar(0.5)));
  const across = deep(sub(g, x, floor(x)));
  const found =
    stringAttr(call, 'method') === 'bilinear'
      ? lerp(
          lerp(at(floor(y), floor(x)), at(floor(y), ceil(x)), across),
          lerp(at(ceil(y), floor(x)), at(ceil(y), ceil(x)), across),
          deep(sub(g, y, floor(y))),
        )
      : at(round(y), round(x));
  const inside = binary(g, 'And', within(y, height), within(x, width), shape, 'bool');
  const outside = g.scalar(numberAttr(call, 'extrapolationValue', 0));
  const cropped = where(g, deep(inside), found, outside, found.shape);
  // A box of an image that is not there stays empty.
  return where(g, deep(known), cropped, g.scalar(0), cropped.shape);
}

const blocks = (call: Call): { block: number[]; size: number } => {
  const block = numbersAttr(call, 'blockShape');
  return { block, size: block.reduce((product, n) => product * n, 1) };
};

const { getReshaped, getPermuted, getReshapedPermuted, getSliceBeginCoords, getSliceSize } = tf.backend_util;

export const images: Lowerings = {
  ResizeNearestNeighbor: resizeNearest,
  ResizeNearestNeighborGrad: (call) => resizeGradient(call, 'nearest'),
  ResizeBilinear: resizeBilinear,
  ResizeBilinearGrad: (call) => resizeGradient(call, 'bilinear'),
  CropAndResize: cropAndResize,
  FlipLeftRight: (call) => reverse(call.graph, input(call, 'image'), [2]),
  SpaceToBatchND: (call) => {
    const g = call.graph;
    const x = input(call, 'x');
    const { block, size } = blocks(call);
    const paddings = [[0, 0], ...paddingsAttr(call), ...x.shape.slice(1 + block.length).map(() => [0, 0])];
    const padded = pad(g, x, paddings, 'constant', 0);
    const parts = getReshaped([...padded.shape], block, size, false);
    const moved = transpose(g, reshape(g, padded, parts), getPermuted(parts.length, block.length, false));
    return reshape(g, moved, getReshapedPermuted([...padded.shape], block, size, false));
  },
  BatchToSpaceND: (call) => {
    const g = call.graph;
    const x = input(call, 'x');
    const { block, size } = blocks(call);
    const crops = paddingsAttr(call, 'crops');
    const parts = getReshaped([...x.shape], block, size);
    const moved = transpose(g, reshape(g, x, parts), getPermuted(parts.length, block.length));
    const whole = reshape(g, moved, getReshapedPermuted([...x.shape], block, size));
    const given = getSliceBeginCoords(crops, block.length);
    const begin = whole.shape.map((_, i) => given[i] ?? 0);
    const sizes = getSliceSize([...whole.shape], crops, block.length);
    const shape = whole.shape.map((d, i) => sizes[i] ?? d);
    const ends = shape.map((d, i) => d + (begin[i] ?? 0));
    return slice(
      g,
      whole,
      begin,
      ends,
      shape.map(() => 1),
      shape,
    );
  },
  DepthToSpace: (call) => {
    const g = call.graph;
    const x = input(call, 'x');
    const format = stringAttr(call, 'dataFormat', 'NHWC');
    tf.util.assert(format === 'NHWC', () => `Only NHWC dataFormat supported on CPU for depthToSpace. Got ${format}`);
    const size = numberAttr(call, 'blockSize');
    const [batch = 0, height = 0, width = 0, channels = 0] = x.shape;
    const depth = channels / (size * size);
    const parts = reshape(g, x, [batch, height, width, size, size, depth]);
    return reshape(g, transpose(g, parts, [0, 1, 3, 2, 4, 5]), [batch, height * size, width * size, depth]);
  },
};
