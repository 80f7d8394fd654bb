/**
 * node --conditions=@ser/source --import tsx packages/recognize/bench/index.ts A.onnx B.onnx … voice.wav long.wav …
 * [--rounds 15]: the time of each model for each recording, models taking turns, and the sizes of their files.
 */
import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { median } from 'simple-statistics';
import { open, readSound } from '../src/index';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '15' } },
});
const models = positionals.filter((file) => file.endsWith('.onnx'));
const recordings = positionals.filter((file) => !file.endsWith('.onnx'));
if (models.length === 0 || recordings.length === 0) throw new Error('expected .onnx files and recordings');

const opened = await Promise.all(models.map((model) => open(model)));
console.log('| model | MB | recording | s | median ms | fastest ms |\n|---|---|---|---|---|---|');
for (const recording of recordings) {
  const samples = await readSound(recording, 16_000);
  const times = models.map((): number[] => []);
  for (let round = 0; round <= Number(values.rounds); round++) {
    for (const [i, model] of opened.entries()) {
      const started = performance.now();
      await model.recognize(samples);
      if (round > 0) times[i]?.push(performance.now() - started); // the first round warms up
    }
  }
  models.forEach((model, i) => {
    const of = times[i] ?? [];
    const row = [
      basename(model),
      (statSync(model).size / 1e6).toFixed(1),
      basename(recording),
      (samples.length / 16_000).toFixed(1),
      median(of).toFixed(0),
      Math.min(...of).toFixed(0),
    ];
    console.log(`| ${row.join(' | ')} |`);
  });
}
await Promise.all(opened.map((model) => model.close()));
