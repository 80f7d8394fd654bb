/** ONNX Runtime for pages: WebAssembly, with threads where the page is isolated from other origins, and WebGPU. */
export { env, InferenceSession, Tensor } from 'onnxruntime-web/webgpu';
