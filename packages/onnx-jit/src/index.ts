export { conv1d, type Conv1dOptions } from './ops/conv1d';
export { gelu } from './ops/gelu';
export { instanceNorm } from './ops/instance-norm';
export { layerNorm } from './ops/layer-norm';
export { recompute } from './ops/recompute';
