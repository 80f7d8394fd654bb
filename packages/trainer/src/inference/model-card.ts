import { basename, dirname } from 'node:path';
import type { Config } from '../config/schema';
import { percent } from '../percent';
import { finishedFold } from '../record/fold-result';
import { storedRun } from '../record/run-config';

/** A model card in Markdown: what it is, what it was trained and tested on, how well it did, and what it is not for. */
export async function modelCard(about: {
  config: Config;
  labels: readonly string[];
  foldDir: string;
  onnxPath: string;
  bytes: number;
}): Promise<string> {
  const { config, labels, foldDir, onnxPath, bytes } = about;
  const fold = await finishedFold(foldDir);
  const run = await storedRun(dirname(foldDir));
  const corpus = text(run, 'corpus') ?? config.dataset;
  const license = text(run, 'license');
  const encoder = config.weights === undefined ? config.encoder : `${config.encoder} (${basename(config.weights)})`;
  const lines = [
    `# ${basename(onnxPath, '.onnx')}`,
    '',
    `Speech emotion recognition: one of ${labels.length} labels (${labels.join(', ')}) for a recording of speech.`,
    '',
    '## Model',
    '',
    `- Encoder: ${encoder}, layer ${config.layer}, tuned: ${config.tune}`,
    `- Pooling: ${config.pool}${config.pool === 'flam' ? ` (${config.heads} heads)` : ''}; mixing: ${config.mix}; losses: ${config.losses.join(', ')}`,
    `- Training: ${config.epochs} epochs, batch ${config.batchSize}, Adam ${config.lr} (model), ${config.encoderLr ?? config.lr} (encoder), ${config.centerLr} (centers), seed ${config.seed}`,
    `- File: ${basename(onnxPath)}, ${(bytes / 2 ** 20).toFixed(1)} MiB, ONNX opset 17`,
    '',
    '## Input and output',
    '',
    '- `waveform` [1, samples]: mono, 16 kHz, float32 in [−1, 1]' +
      (config.trim === 'silence'
        ? `, silence more than ${config.trimDb} dB below the loudest 25 ms cut from both ends`
        : ''),
    `- \`probabilities\` [1, ${labels.length}] in the order above; \`embedding\` [1, ${config.projection}]; \`attention\` [1, frames]`,
    `- Trained on crops of up to ${config.crop} s, tested on recordings of up to ${config.maxSeconds} s; longer ones in windows`,
    '',
    '## Data and results',
    '',
    `- Corpus: ${corpus}${license === undefined ? '' : ` (${license})`}`,
    ...(fold
      ? [
          `- Trained on ${fold.trainUtterances} utterances of ${fold.trainGroups.join(', ')}`,
          `- Tested on fold ${fold.fold}: ${fold.testUtterances} utterances of ${fold.testGroups.join(', ')}, who are not in training: ` +
            `WA ${percent(fold.wa, 2)} %, UA ${percent(fold.ua, 2)} %`,
        ]
      : ['- No finished fold beside the model: no result is known']),
    '',
    '## License',
    '',
    `The terms of the corpus${config.weights === undefined ? '' : ' and of the pre-trained encoder'} apply to this file; check them before passing it on.`,
    '',
    '## Limits',
    '',
    '- It tells acted or elicited expressions of its corpus apart; it does not know what a person feels.',
    '- Other languages, ages, microphones, noise and spontaneous speech lower its accuracy by an unknown amount: measure it.',
    '- Probabilities are not calibrated for another setting. Not for decisions about people.',
    ...(config.dataset === 'demo' ? ['- Trained on synthetic voices: it is of no use on real speech.'] : []),
    '',
  ];
  return lines.join('\n');
}

function text(value: unknown, key: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const found = new Map<string, unknown>(Object.entries(value)).get(key);
  return typeof found === 'string' ? found : undefined;
}
