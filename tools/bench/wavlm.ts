/**
 * npm run bench -- wavlm-forward and -- wavlm-finetune: WavLM Base's shape with random weights beside transformers on
 * PyTorch, with the same weights and waveforms. Our side stands in packages/frontend-wavlm/bench.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { forwardFlops, wavlmBase } from '../../packages/frontend-wavlm/bench/shapes';
import { measure, node, peerScript, print, python, type Settings, type Side } from './measure';
import { describeMachine, positive, settingsOf, sharedHelp, sharedOptions, writeJson } from './options';
import { nodeArguments, runSide, SideFailed } from './process';

const side = '../../packages/frontend-wavlm/bench/side.ts';

export const help = `npm run bench -- wavlm-forward|wavlm-finetune [options]
${sharedHelp}
  --batch N         utterances, default 4 (forward) or 2 (fine-tuning)
  --samples N       of an utterance at 16 kHz, default 64000 or 48000
  --transformers-js DIR  folder where "npm install @huggingface/transformers" was run, for that peer of the forward pass;
                    the interpreter of --python then needs the packages onnx and onnxscript, too`;

export const wavlmForward = (args: readonly string[]): Promise<void> => {
  return run(args, { name: 'wavlm-forward', side: 'forward', peer: 'wavlm_forward.py', batch: 4, samples: 64_000 });
};

export const wavlmFinetune = (args: readonly string[]): Promise<void> => {
  return run(args, { name: 'wavlm-finetune', side: 'finetune', peer: 'wavlm_finetune.py', batch: 2, samples: 48_000 });
};

interface Benchmark {
  readonly name: string;
  readonly side: 'forward' | 'finetune';
  readonly peer: string;
  readonly batch: number;
  readonly samples: number;
}

async function run(args: readonly string[], benchmark: Benchmark): Promise<void> {
  const { values: options } = parseArgs({
    args: [...args],
    options: {
      ...sharedOptions,
      batch: { type: 'string' },
      samples: { type: 'string' },
      'transformers-js': { type: 'string' },
    },
  });
  const settings = settingsOf(options);
  const batch = positive('batch', options.batch ?? `${benchmark.batch}`);
  const samples = positive('samples', options.samples ?? `${benchmark.samples}`);
  const { convolutions, rest } = forwardFlops(wavlmBase, batch, samples);
  const frames = Math.floor((samples - 400) / 320) + 1;
  const timing = ['--steps', `${settings.steps}`, '--threads', `${settings.threads}`];
  const size = ['--batch', `${batch}`, '--samples', `${samples}`];
  const machine = describeMachine(settings);
  const folder = writeProblem(size);
  try {
    const work = benchmark.side === 'forward' ? 'forward pass' : 'fine-tuning step, convolutions frozen';
    const result = await measure(
      {
        title: `WavLM Base, ${work}, ${batch} × ${samples / 16_000} s`,
        // The backward pass does the products of everything that is trained twice more.
        flops: convolutions + (benchmark.side === 'forward' ? 1 : 3) * rest,
        matmul: [batch * frames, wavlmBase.hiddenSize, wavlmBase.feedForward],
        ours: node(side, [benchmark.side, ...size, ...timing]),
        peers: {
          torch: { what: 'transformers on PyTorch', side: python(settings, benchmark.peer, [folder, ...timing]) },
          ...(benchmark.side === 'forward'
            ? {
                transformersJs: {
                  what: 'transformers.js',
                  side: transformersJs(settings, options['transformers-js'], folder, timing),
                },
              }
            : {}),
        },
      },
      settings,
    );
    print(`${work}, ONNX Runtime`, result);
    writeJson(options.json, benchmark.name, machine, [result]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** transformers.js on the model as transformers exports it. */
function transformersJs(
  settings: Settings,
  installed: string | undefined,
  folder: string,
  timing: readonly string[],
): Side {
  return async () => {
    if (installed === undefined) throw new SideFailed('not asked for: name its folder with --transformers-js');
    if (!existsSync(path.join(folder, 'transformers.js'))) await python(settings, 'wavlm_onnx.py', [folder])();
    return runSide(process.execPath, [peerScript('wavlm_transformers.mjs'), folder, installed, ...timing], 600);
  };
}

/** Weights and waveforms for the peers, written by our side's own code. */
function writeProblem(size: readonly string[]): string {
  const output = execFileSync(process.execPath, nodeArguments(side, 'problem', ...size), {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const { folder } = JSON.parse(output.trim().split('\n').at(-1) ?? '') as { folder: string };
  return folder;
}
