import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import '@tensorflow/tfjs-backend-webgpu';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { measure } from './measure';

const query = new URLSearchParams(location.search);
setWasmPaths('/');
tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false); // its threads want a file of their own, which bundlers do not serve
const text = JSON.stringify(await measure(query.get('side'), Number(query.get('steps'))));
document.querySelector('pre').textContent = text;
document.title = 'done';
