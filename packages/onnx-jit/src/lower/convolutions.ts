import { sizeOf, type Graph, type Value } from '../graph/graph';
import { add, cast, reshape, slice, transpose } from './basic';
import {
  broadcast,
  input,
  numbersAttr,
  optionalInput,
  stringAttr,
  type Call,
  type Lowering,
  type Lowerings,
} from './call';
import { convolve, convolveTransposed } from './convolution';
import { activate } from './elementwise';
import { convolutionWindow, fromChannelFirst, kept, positions, toChannelFirst, type Window } from './window';

/** Convolutions of two and three axes, their gradients among them, in tfjs's order of axes. */

const attributesOf = (w: Window, group: number) => ({
  strides: w.strides,
  dilations: w.dilations,
  pads: [...w.starts, ...w.ends],
  kernel_shape: w.kernel,
  group,
});

/** [...window, in, out] → [out, in, ...window]; depthwise [...window, in, multiplier] → [in · multiplier, 1, ...window]. */
function onnxFilter(g: Graph, filter: Value, depthwise: boolean): Value {
  const rank = filter.shape.length;
  const window = filter.shape.slice(0, -2);
  const axes = window.map((_, i) => i);
  const [cin = 0, cout = 0] = filter.shape.slice(-2);
  return depthwise
    ? reshape(g, transpose(g, filter, [rank - 2, rank - 1, ...axes]), [cin * cout, 1, ...window])
    : transpose(g, filter, [rank - 1, rank - 2, ...axes]);
}

const channelsOf = (shape: readonly number[], w: Window): number => (w.channelFirst ? shape[1] : shape.at(-1)) ?? 0;

function convolution(call: Call, depthwise: boolean): Value {
  const g = call.graph;
  const x = cast(g, input(call, 'x'), 'float32');
  const filter = cast(g, input(call, 'filter'), 'float32');
  const w = convolutionWindow(call, x.shape, filter.shape, depthwise);
  const group = depthwise ? channelsOf(x.shape, w) : 1;
  const y = convolve(
    call,
    toChannelFirst(g, x, w),
    onnxFilter(g, filter, depthwise),
    positions(w),
    attributesOf(w, group),
  );
  return fromChannelFirst(g, kept(g, y, w.outSize), w);
}

function inputGradient(call: Call, depthwise: boolean): Value {
  const g = call.graph;
  const filter = input(call, 'filter');
  const inShape = numbersAttr(call, 'inputShape');
  const w = convolutionWindow(call, inShape, filter.shape, depthwise);
  const group = depthwise ? channelsOf(inShape, w) : 1;
  // What a dy has beyond the outputs of such an input is not looked at.
  const dy = kept(g, toChannelFirst(g, input(call, 'dy'), w), w.outSize);
  const dx = convolveTransposed(call, dy, onnxFilter(g, filter, depthwise), w.inSize, attributesOf(w, group));
  return fromChannelFirst(g, dx, w);
}

/** The filter gradient is a convolution of the input with dy, batch and channels exchanged, strides as dilations. */
function filterGradient(call: Call, depthwise: boolean): Value {
  const g = call.graph;
  const filterShape = numbersAttr(call, 'filterShape');
  const w = convolutionWindow(call, input(call, 'x').shape, filterShape, depthwise);
  const exchanged = (x: Value, size: readonly number[]): Value =>
    transpose(g, kept(g, toChannelFirst(g, x, w), size), [1, 0, ...size.map((_, i) => i + 2)]);
  const [cin = 0, cout = 0] = filterShape.slice(-2);
  const signals = exchanged(input(call, 'x'), w.inSize);
  const kernels = exchanged(input(call, 'dy'), w.outSize);
  const batch = signals.shape[1] ?? 0;
  const data = depthwise ? reshape(g, signals, [1, cin * batch, ...w.inSize]) : signals;
  const turned: Window = { ...w, strides: w.dilations, dilations: w.strides, kernel: w.outSize };
  const all = convolve(call, data, kernels, positions(turned), attributesOf(turned, depthwise ? cin : 1));
  const shape = [...all.shape.slice(0, 2), ...w.kernel];
  const ones = shape.map(() => 1);
  const taps = slice(
    g,
    all,
    shape.map(() => 0),
    shape,
    ones,
    shape,
  );
  const last = transpose(g, taps, [...w.kernel.map((_, i) => i + 2), 0, 1]);
  return depthwise ? reshape(g, last, [...w.kernel, cin, cout]) : last;
}

const fused =
  (depthwise: boolean): Lowering =>
  (call) => {
    const g = call.graph;
    const y = convolution(call, depthwise);
    const channelFirst = stringAttr(call, 'dataFormat', 'NHWC') === 'NCHW';
    // Beside channel-first data, one number a channel stands in front of the axes of the window.
    const placed = (v: Value): Value =>
      channelFirst && v.shape.length === 1 && sizeOf(v.shape) > 1 ? reshape(g, v, [...v.shape, 1, 1]) : v;
    const given = optionalInput(call, 'bias');
    const bias = given && placed(given);
    const slope = optionalInput(call, 'preluActivationWeights');
    const inputs = slope ? { ...call.inputs, preluActivationWeights: placed(slope) } : call.inputs;
    return activate(
      { ...call, inputs },
      stringAttr(call, 'activation', 'linear'),
      bias ? add(g, y, bias, broadcast(y, bias)) : y,
    );
  };

export const convolutions: Lowerings = {
  Conv2D: (call) => convolution(call, false),
  Conv2DBackpropFilter: (call) => filterGradient(call, false),
  Conv2DBackpropInput: (call) => inputGradient(call, false),
  Conv3D: (call) => convolution(call, false),
  Conv3DBackpropFilterV2: (call) => filterGradient(call, false),
  Conv3DBackpropInputV2: (call) => inputGradient(call, false),
  DepthwiseConv2dNative: (call) => convolution(call, true),
  DepthwiseConv2dNativeBackpropFilter: (call) => filterGradient(call, true),
  DepthwiseConv2dNativeBackpropInput: (call) => inputGradient(call, true),
  FusedConv2D: fused(false),
  FusedDepthwiseConv2D: fused(true),
};
