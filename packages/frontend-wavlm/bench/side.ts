/**
 * One measured side, alone in its process; prints one line of JSON:
 * `side.ts forward|finetune [--shape base|large] [--batch N] [--samples N] [--steps N] [--warmup N] [--threads N]
 * [--top K] [--recompute] [--profile PREFIX]`, or `side.ts problem …`: writes weights and waveforms for a peer and
 * prints the folder; `side.ts model FOLDER` writes the ONNX model that `forward` runs.
 */
import { parseArgs } from 'node:util';
import { writeProblem } from './problem';
import { shapes } from './shapes';
import { wavlmFinetune } from './wavlm-finetune';
import { wavlmForward, writeModel } from './wavlm-forward';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    shape: { type: 'string', default: 'base' },
    batch: { type: 'string' },
    samples: { type: 'string' },
    steps: { type: 'string', default: '3' },
    warmup: { type: 'string', default: '1' },
    threads: { type: 'string' },
    top: { type: 'string' },
    recompute: { type: 'boolean', default: false },
    profile: { type: 'string' },
  },
});
const [side, folder] = positionals;
const shared = {
  config: values.shape === 'large' ? shapes.large : shapes.base,
  steps: Number(values.steps),
  warmup: Number(values.warmup),
  ...(values.batch === undefined ? {} : { batch: Number(values.batch) }),
  ...(values.samples === undefined ? {} : { samples: Number(values.samples) }),
  ...(values.threads === undefined ? {} : { threads: Number(values.threads) }),
};
if (side === 'forward') console.log(JSON.stringify(await wavlmForward(shared)));
else if (side === 'finetune') {
  const { recompute, profile, top } = values;
  const mode = top === undefined ? {} : { mode: { top: Number(top) } };
  console.log(
    JSON.stringify(
      await wavlmFinetune({ ...shared, ...mode, recompute, ...(profile === undefined ? {} : { profile }) }),
    ),
  );
} else if (side === 'model' && folder !== undefined) await writeModel(shared.config, folder);
else if (side === 'problem') {
  console.log(
    JSON.stringify({ folder: await writeProblem(shared.config, shared.batch ?? 4, shared.samples ?? 64_000) }),
  );
} else throw new Error('expected forward, finetune or problem');
