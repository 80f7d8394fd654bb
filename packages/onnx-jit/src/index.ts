export { conv1d, type Conv1dOptions } from './ops/conv1d';
export { gelu } from './ops/gelu';
export { instanceNorm } from './ops/instance-norm';
export { layerNorm } from './ops/layer-norm';
export { recompute } from './ops/recompute';
export { CompileError } from './errors';
export { jit, type Compiled, type JitOptions, type TensorTree } from './jit';
export type { Provider } from './lower/call';
export { exportOnnx, type ExportOptions } from './export-onnx';
