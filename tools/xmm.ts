import { jit } from '@ser/onnx-jit';
import * as tf from '@tensorflow/tfjs';
await tf.setBackend('cpu');
for (const [m, k, n] of [
  [2400, 1024, 1024],
  [4000, 1024, 1024],
] as const) {
  const a = tf.tensor(Float32Array.from({ length: m * k }, Math.random), [m, k]),
    b = tf.tensor(Float32Array.from({ length: k * n }, Math.random), [k, n]),
    c = tf.tensor(Float32Array.from({ length: m * n }, Math.random), [m, n]);
  for (const [name, f] of [
    ['NN', (a: any, b: any, c: any) => tf.matMul(a, b)],
    ['NT', (a: any, b: any, c: any) => tf.matMul(a, b, false, true)],
    ['TN', (a: any, b: any, c: any) => tf.matMul(a, c, true)],
  ] as const) {
    const s = jit(({ a, b, c }: any) => tf.max(f(a, b, c)), { threads: 2 });
    let best = 1e9;
    for (let i = 0; i < 9; i++) {
      const t = performance.now();
      const r = await s({ a, b, c } as any);
      best = Math.min(best, performance.now() - t);
      (r as any).dispose();
    }
    console.log(m, name, ((2 * m * k * n) / best / 1e6).toFixed(1), 'GF/s');
    await s.dispose();
  }
}
