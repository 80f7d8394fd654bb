declare module '@echogarden/speex-resampler-wasm/simd' {
  const create: () => Promise<object>;
  export default create;
}
