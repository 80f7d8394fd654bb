import { open } from '@ser/recognize';
import * as ort from 'onnxruntime-web/wasm';

ort.env.wasm.wasmPaths = '/';
ort.env.wasm.numThreads = 1;

const model = await open('/emotion.onnx', { runtime: ort });
const { probabilities } = await model.recognize('/voice.wav');

const lines = Object.entries(probabilities).map(([label, probability]) => `${label} ${probability.toFixed(4)}`);
document.querySelector('pre').textContent = `${lines.join('\n')}\n`;
document.title = 'done';
