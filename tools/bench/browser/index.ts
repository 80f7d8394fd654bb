/**
 * FLAM and the four losses trained in headless Chromium, compiled beside tfjs's own backends:
 * `node --conditions=@ser/source --import tsx tools/bench/browser/index.ts [--steps N]`. Without a GPU, WebGL and WebGPU
 * run on the processor (SwiftShader): these rows say that they are right, not how fast a GPU is.
 */
import { createRequire } from 'node:module';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { runPage, runtimeFiles, webgpuWithoutGpu } from '../../test-support/browser';
import type { Measured } from './measure';

const { values } = parseArgs({ options: { steps: { type: 'string', default: '5' } } });
const wasmFolder = path.dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'));
const wasm = ['tfjs-backend-wasm.wasm', 'tfjs-backend-wasm-simd.wasm', 'tfjs-backend-wasm-threaded-simd.wasm'];
const files = {
  ...runtimeFiles(),
  ...Object.fromEntries(wasm.map((name) => [`/${name}`, path.join(wasmFolder, name)])),
};

const sides = {
  'compiled, WebAssembly': 'compiled-cpu',
  'compiled, WebGPU on SwiftShader': 'compiled-webgpu',
  'tfjs cpu': 'cpu',
  'tfjs wasm': 'wasm',
  'tfjs webgl on SwiftShader': 'webgl',
  'tfjs webgpu on SwiftShader': 'webgpu',
};
console.log(`${'8 × 100 × 128, one step'.padEnd(34)}${'median'.padStart(10)}  last loss`);
for (const [name, side] of Object.entries(sides)) {
  const options = {
    query: `side=${side}&steps=${values.steps}`,
    args: side.endsWith('webgpu') ? webgpuWithoutGpu : ['--use-angle=swiftshader', '--enable-unsafe-swiftshader'],
    seconds: 120,
  };
  try {
    const { milliseconds, loss } = JSON.parse(await runPage(import.meta.dirname, files, options)) as Measured;
    console.log(`${name.padEnd(34)}${`${milliseconds.toFixed(0)} ms`.padStart(10)}  ${loss.toPrecision(7)}`);
  } catch (error) {
    console.log(`${name.padEnd(34)}    failed  ${String(error).split('\n')[0]}`);
  }
}
