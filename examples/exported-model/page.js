import { readModelMetadata } from '@ser/onnx-jit/metadata';
import * as ort from 'onnxruntime-web/wasm';

ort.env.wasm.wasmPaths = '/';
ort.env.wasm.numThreads = 1;

const bytesOf = async (url) => (await fetch(url)).arrayBuffer();

// The browser decodes the file and resamples it to 16 kHz; the first channel is taken.
const context = new OfflineAudioContext(1, 1, 16_000);
const audio = await context.decodeAudioData(await bytesOf('/voice.wav'));
const samples = audio.getChannelData(0);

const model = new Uint8Array(await bytesOf('/emotion.onnx'));
const labels = JSON.parse(readModelMetadata(model).labels);
const session = await ort.InferenceSession.create(model);
const waveform = new ort.Tensor('float32', samples, [1, samples.length]);
const { probabilities } = await session.run({ waveform }, ['probabilities']);

const lines = labels.map((label, c) => `${label} ${probabilities.data[c].toFixed(4)}`);
document.querySelector('pre').textContent = `${lines.join('\n')}\n`;
document.title = 'done';
