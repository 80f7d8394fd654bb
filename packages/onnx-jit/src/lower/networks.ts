import { BARRIER } from '../ops/recompute';
import { CONV1D, CONV1D_TRANSPOSE } from '../ops/conv1d';
import { GELU } from '../ops/gelu';
import { INSTANCE_NORM } from '../ops/instance-norm';
import { LAYER_NORM } from '../ops/layer-norm';
import { add, cast, div, firstOf, mul, sub, unary } from './basic';
import { broadcast, input, numberAttr, optionalInput, type Lowerings } from './call';
import { convolve, convolveTransposed } from './convolution';

export const networks: Lowerings = {
  FusedBatchNorm: (call) => {
    const g = call.graph;
    const x = input(call, 'x');
    const variance = input(call, 'variance');
    const deviation = unary(g, 'Sqrt', add(g, variance, g.scalar(numberAttr(call, 'varianceEpsilon')), variance.shape));
    const scale = optionalInput(call, 'scale');
    const factor = scale ? div(g, scale, deviation, broadcast(scale, deviation)) : unary(g, 'Reciprocal', deviation);
    const mean = input(call, 'mean');
    const centred = sub(g, x, mean, broadcast(x, mean));
    const scaled = mul(g, centred, factor, broadcast(centred, factor));
    const offset = optionalInput(call, 'offset');
    return offset ? add(g, scaled, offset, broadcast(scaled, offset)) : scaled;
  },

  [BARRIER]: (call) => {
    const g = call.graph;
    const x = input(call, 'x');
    // x + 0·(one element of `first`): the same number, but not before `first`.
    const element = firstOf(g, input(call, 'first'));
    return g.one('Add', [x, cast(g, g.one('Mul', [element, g.scalar(0)], element), x.dtype)], x);
  },
  [CONV1D]: (call) => {
    const x = input(call, 'x');
    const filter = input(call, 'filter');
    const [stride, dilation] = [numberAttr(call, 'stride'), numberAttr(call, 'dilation')];
    const [before, after] = [numberAttr(call, 'before'), numberAttr(call, 'after')];
    const kernel = filter.shape[2] ?? 1;
    const length = Math.floor(((x.shape[2] ?? 0) + before + after - (kernel - 1) * dilation - 1) / stride) + 1;
    return convolve(call, x, filter, [length], {
      strides: [stride],
      dilations: [dilation],
      pads: [before, after],
      kernel_shape: [kernel],
      group: numberAttr(call, 'groups'),
    });
  },
  [CONV1D_TRANSPOSE]: (call) => {
    const x = input(call, 'x');
    const filter = input(call, 'filter');
    const [stride, groups, time] = [numberAttr(call, 'stride'), numberAttr(call, 'groups'), numberAttr(call, 'time')];
    const [before, after] = [numberAttr(call, 'before'), numberAttr(call, 'after')];
    const kernel = filter.shape[2] ?? 1;
    return convolveTransposed(call, x, filter, [time], {
      strides: [stride],
      pads: [before, after],
      kernel_shape: [kernel],
      group: groups,
    });
  },
  [GELU]: (call) => call.graph.one('Gelu', [input(call, 'x')], input(call, 'x'), {}, 'com.microsoft'),
  [INSTANCE_NORM]: (call) => {
    const x = input(call, 'x');
    const epsilon = { float: numberAttr(call, 'epsilon') };
    return call.graph.one('InstanceNormalization', [x, input(call, 'gamma'), input(call, 'beta')], x, { epsilon });
  },
  [LAYER_NORM]: (call) => {
    const x = input(call, 'x');
    const statistics = { shape: [...x.shape.slice(0, -1), 1], dtype: 'float32' } as const;
    const attributes = { axis: -1, epsilon: { float: numberAttr(call, 'epsilon') } };
    return call.graph.emit(
      'LayerNormalization',
      [x, input(call, 'gamma'), input(call, 'beta')],
      [x, statistics, statistics],
      attributes,
    );
  },
};
