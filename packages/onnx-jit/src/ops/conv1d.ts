import * as tf from '@tensorflow/tfjs-core';
import { isTracing, runTraceKernel } from '../record/trace-name';

export const CONV1D = 'SerConv1d';
export const CONV1D_TRANSPOSE = 'SerConv1dTranspose';

export interface Conv1dOptions {
  /** Step between output frames; 1 when absent. */
  stride?: number;
  /** Zeros before and after; one number for both sides; 0 when absent. */
  padding?: number | readonly [number, number];
  /** Input and output channels are split into this many independent groups; 1 when absent. */
  groups?: number;
}

interface Conv1dAttrs {
  stride: number;
  before: number;
  after: number;
  groups: number;
  dilation: number;
}

/**
 * One-dimensional convolution (cross-correlation), channel first, with groups.
 *
 * @param x [batch, channels, time]
 * @param filter [outChannels, channels / groups, kernel]
 * @returns [batch, outChannels, ⌊(time + padding − kernel) / stride⌋ + 1]
 * @throws Error when the channels do not fit the groups or the kernel is longer than the padded signal
 */
export function conv1d(x: tf.Tensor3D, filter: tf.Tensor3D, options: Conv1dOptions = {}): tf.Tensor3D {
  const { stride = 1, padding = 0, groups = 1 } = options;
  const [before, after] = typeof padding === 'number' ? [padding, padding] : padding;
  const [, channels, time] = x.shape;
  const [outChannels, channelsPerGroup, kernel] = filter.shape;
  if (channels !== channelsPerGroup * groups || outChannels % groups !== 0) {
    throw new Error(
      `conv1d: ${channels} input and ${outChannels} output channels do not fit a filter [${filter.shape}] in ${groups} groups`,
    );
  }
  if (time + before + after < kernel)
    throw new Error(`conv1d: ${time} samples are shorter than the kernel of ${kernel}`);
  const attrs: Conv1dAttrs = { stride, before, after, groups, dilation: 1 };
  return isTracing() ? traceConv1d(x, filter, attrs) : plainConv1d(x, filter, attrs);
}

function traceConv1d(x: tf.Tensor, filter: tf.Tensor, attrs: Conv1dAttrs): tf.Tensor3D {
  const [y] = runTraceKernel(CONV1D, { x, filter }, attrs);
  if (!y) throw new Error('conv1d: no output');
  return tf.reshape(y, [x.shape[0] ?? 0, filter.shape[0] ?? 0, -1]);
}

/** tfjs convolves channel last and without groups: transpose around it, one call a group. */
function plainConv1d(x: tf.Tensor3D, filter: tf.Tensor3D, { stride, before, after, groups }: Conv1dAttrs): tf.Tensor3D {
  const padded =
    before || after
      ? tf.pad(x, [
          [0, 0],
          [0, 0],
          [before, after],
        ])
      : x;
  const xs: tf.Tensor3D[] = groups === 1 ? [padded] : tf.split(padded, groups, 1);
  const filters: tf.Tensor3D[] = groups === 1 ? [filter] : tf.split(filter, groups, 0);
  const ys = xs.map((part, g) => {
    const taps: tf.Tensor3D = filters[g] ?? filter;
    const signal = tf.transpose<tf.Tensor3D>(part, [0, 2, 1]);
    const weights = tf.transpose<tf.Tensor3D>(taps, [2, 1, 0]);
    return tf.conv1d<tf.Tensor3D>(signal, weights, stride, 'valid');
  });
  return tf.transpose(groups === 1 && ys[0] ? ys[0] : tf.concat(ys, 2), [0, 2, 1]);
}

/** dL/dx. With stride 1 it is a convolution with the flipped filter (measured far faster than a transposed one). */
function inputGradient(
  dy: tf.Tensor,
  x: tf.Tensor,
  filter: tf.Tensor,
  { stride, before, after, groups }: Conv1dAttrs,
): tf.Tensor {
  const [outChannels = 0, channelsPerGroup = 0, kernel = 0] = filter.shape;
  const [batch = 0, channels = 0, time = 0] = x.shape;
  if (stride === 1) {
    // The first and last outputs saw nothing but padding where that is longer than the kernel reaches back.
    const [head, tail] = [Math.max(0, before - kernel + 1), Math.max(0, after - kernel + 1)];
    const seen =
      head + tail > 0 ? tf.slice(dy, [0, 0, head], [batch, outChannels, (dy.shape[2] ?? 0) - head - tail]) : dy;
    const [start, end] = [kernel - 1 - before + head, kernel - 1 - after + tail];
    // Whichever is less to turn round: the filter, or the signal before and after.
    const turnSignal = filter.size > dy.size + x.size;
    const outPerGroup = outChannels / groups;
    const taps = turnSignal ? filter : tf.reverse(filter, 2);
    const grouped = tf.reshape(taps, [groups, outPerGroup, channelsPerGroup, kernel]);
    const turned = tf.reshape(tf.transpose(grouped, [0, 2, 1, 3]), [channels, outPerGroup, kernel]);
    const attrs = { stride: 1, groups, dilation: 1 };
    return turnSignal
      ? tf.reverse(traceConv1d(tf.reverse(seen, 2), turned, { ...attrs, before: end, after: start }), 2)
      : traceConv1d(seen, turned, { ...attrs, before: start, after: end });
  }
  const [dx] = runTraceKernel(CONV1D_TRANSPOSE, { x: dy, filter }, { stride, before, after, groups, time });
  if (!dx) throw new Error('conv1d: no gradient');
  return tf.reshape(dx, [batch, channels, time]);
}

/** dL/dfilter: one strided slice and one matrix product a tap, or (grouped) a convolution with the batch as channels. */
function filterGradient(dy: tf.Tensor, x: tf.Tensor, filter: tf.Tensor, attrs: Conv1dAttrs): tf.Tensor {
  const { stride, before, after, groups } = attrs;
  const [outChannels = 0, channelsPerGroup = 0, kernel = 0] = filter.shape;
  const [batch = 0, , time = 0] = x.shape;
  const outTime = dy.shape[2] ?? 0;
  if (groups === 1) {
    const padded =
      before || after
        ? tf.pad(tf.reshape(x, [batch, channelsPerGroup, time]), [
            [0, 0],
            [0, 0],
            [before, after],
          ])
        : x;
    const signals = tf.transpose(padded, [1, 0, 2]);
    const dyRows = tf.reshape(tf.transpose(dy, [1, 0, 2]), [outChannels, batch * outTime]);
    const taps: tf.Tensor[] = [];
    for (let tap = 0; tap < kernel; tap++) {
      const end = tap + (outTime - 1) * stride + 1;
      const frames = tf.stridedSlice(signals, [0, 0, tap], [channelsPerGroup, batch, end], [1, 1, stride]);
      taps.push(tf.matMul(dyRows, tf.reshape(frames, [channelsPerGroup, batch * outTime]), false, true));
    }
    return tf.stack(taps, 2);
  }
  const outPerGroup = outChannels / groups;
  const signals = tf.transpose(tf.reshape(x, [batch, groups, channelsPerGroup, time]), [2, 1, 0, 3]);
  const kernels = tf.transpose(tf.reshape(dy, [batch, groups, outPerGroup, outTime]), [1, 2, 0, 3]);
  // A forward stride is a dilation here; frames the stride never reached give extra taps, cut off after.
  const all = traceConv1d(
    tf.reshape(signals, [channelsPerGroup, groups * batch, time]),
    tf.reshape(kernels, [outChannels, batch, outTime]),
    { stride: 1, before, after, groups, dilation: stride },
  );
  const taps = tf.slice(all, [0, 0, 0], [channelsPerGroup, outChannels, kernel]);
  return tf.transpose(taps, [1, 0, 2]);
}

tf.registerGradient({
  kernelName: CONV1D,
  inputsToSave: ['x', 'filter'],
  gradFunc: (dy, saved, attrs) => {
    const [x, filter] = saved;
    if (!x || !filter || Array.isArray(dy)) throw new Error('conv1d: saved input missing');
    const conv: Conv1dAttrs = {
      stride: Number(attrs['stride']),
      before: Number(attrs['before']),
      after: Number(attrs['after']),
      groups: Number(attrs['groups']),
      dilation: Number(attrs['dilation']),
    };
    return { x: () => inputGradient(dy, x, filter, conv), filter: () => filterGradient(dy, x, filter, conv) };
  },
});
