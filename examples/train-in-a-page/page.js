import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import { train } from './train';

// index.html?provider=webgpu trains on the GPU.
const query = new URLSearchParams(location.search);
const output = document.querySelector('pre');
await tf.setBackend('cpu');
const steps = Number(query.get('steps') ?? 40);
await train(steps, query.get('provider') ?? 'cpu', (line) => (output.textContent += `${line}\n`));
document.title = 'done';
