/**
 * WavLM Base's shape with random weights: forward pass (4 × 4 s) and fine-tuning step (2 × 3 s, convolutions frozen).
 * `npx nx run frontend-wavlm:bench`; beside PyTorch: `npm run bench -- wavlm-forward` and `-- wavlm-finetune`.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Sample } from './sample';
import { forwardFlops, wavlmBase } from './shapes';

function side(name: string, ...options: string[]): Sample {
  const file = join(import.meta.dirname, 'side.ts');
  const output = execFileSync(
    process.execPath,
    ['--conditions=@ser/source', '--import', 'tsx', file, name, ...options],
    {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  return JSON.parse(output.trim().split('\n').at(-1) ?? '') as Sample;
}

function report(name: string, { seconds, peakBytes }: Sample, flops: number): void {
  const middle = [...seconds].sort((a, b) => a - b)[Math.floor(seconds.length / 2)] ?? NaN;
  const rate = flops / middle / 1e9;
  console.log(
    `${name.padEnd(34)} ${middle.toFixed(2).padStart(6)} s   ${(flops / 1e9).toFixed(0).padStart(4)} GFLOP   ` +
      `${rate.toFixed(0).padStart(4)} GFLOP/s   ${(peakBytes / 2 ** 20).toFixed(0).padStart(5)} MiB at the peak`,
  );
}

const forward = forwardFlops(wavlmBase, 4, 64_000);
report('forward, 4 × 4 s', side('forward'), forward.convolutions + forward.rest);
const tuned = forwardFlops(wavlmBase, 2, 48_000);
const step = tuned.convolutions + 3 * tuned.rest;
report('fine-tuning, 2 × 3 s', side('finetune'), step);
report('fine-tuning, activations again', side('finetune', '--recompute'), step);
