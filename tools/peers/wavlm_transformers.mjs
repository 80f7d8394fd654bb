/**
 * The forward pass of a WavLM in transformers.js: a peer of `npm run bench -- wavlm-forward`.
 *
 *     node wavlm_transformers.mjs FOLDER INSTALLED --steps 3 --threads 2
 *
 * FOLDER holds what `wavlm_onnx.py` wrote and `waves.safetensors`; INSTALLED is a folder in which
 * `npm install @huggingface/transformers` was run. Prints one line of JSON: seconds of each step, peak memory, and the
 * mean square of the output, which must be ours.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    steps: { type: 'string', default: '3' },
    warmup: { type: 'string', default: '1' },
    threads: { type: 'string', default: '2' },
  },
});
const [folder, installed] = positionals;
const require = createRequire(path.resolve(installed, 'package.json'));
const { AutoModel, Tensor, env } = await import(pathToFileURL(require.resolve('@huggingface/transformers')).href);

env.allowRemoteModels = false;
env.localModelPath = path.join(folder, 'transformers.js');
const model = await AutoModel.from_pretrained('wavlm', {
  dtype: 'fp32',
  device: 'cpu',
  session_options: { intraOpNumThreads: Number(options.threads) },
});
const { shape, data } = readWaves(path.join(folder, 'waves.safetensors'));
const seconds = [];
const losses = [];
for (let i = 0; i < Number(options.warmup) + Number(options.steps); i++) {
  const start = performance.now();
  const { last_hidden_state: frames } = await model({ input_values: new Tensor('float32', data, shape) });
  losses.push(frames.data.reduce((sum, x) => sum + x * x, 0) / frames.data.length);
  if (i >= Number(options.warmup)) seconds.push((performance.now() - start) / 1000);
}
const peakBytes = process.resourceUsage().maxRSS * 1024;
console.log(JSON.stringify({ seconds, losses, peakBytes, version: env.version }));

/** The one tensor of the file: eight bytes with the length of the header, the header, the values. */
function readWaves(file) {
  const bytes = readFileSync(file);
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const { waves } = JSON.parse(bytes.toString('utf8', 8, start));
  const values = bytes.subarray(start + waves.data_offsets[0], start + waves.data_offsets[1]);
  return { shape: waves.shape, data: new Float32Array(Uint8Array.from(values).buffer) };
}
