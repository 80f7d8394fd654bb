import { Command, Option } from 'commander';
import { InputError, isInputError } from '@ser/files';
import type { EngineName } from '../training/engine';
import { modelFile } from '../inference/model-path';
import type { predictFile } from '../inference/predict';

interface PredictOptions {
  readonly format: 'json' | 'table';
  readonly window: string;
  readonly weights?: string;
  readonly engine: EngineName;
}

/** `ser predict model/ *.wav`. */
export function predictCommand(): Command {
  return new Command('predict')
    .description(
      'say what a model hears: a JSON line or a table row for each file, long recordings in windows with a timeline',
    )
    .argument('<model>', "a fold's folder, its model.safetensors, or a file of ser export")
    .argument('<files...>', 'recordings')
    .addOption(new Option('--format <format>', 'json (lines) or table').choices(['json', 'table']).default('json'))
    .option('--window <seconds>', 'recordings longer than this are heard in half-overlapping windows', '10')
    .option('--weights <dir>', 'folder of the pre-trained encoder, if it has moved')
    .addOption(
      new Option('--engine <name>', 'what computes')
        .choices(['onnx-cpu', 'onnx-webgpu', 'onnx-cuda', 'tfjs-node-gpu', 'tfjs-node', 'tfjs-cpu'])
        .default('onnx-cpu'),
    )
    .action(async (path: string, files: string[], options: PredictOptions) => {
      const window = Number(options.window);
      if (!(window >= 0.5)) throw new InputError(`--window=${options.window}: expected at least 0.5 seconds`);
      modelFile(path);
      const { openPredictor } = await import('../inference/predictor');
      const { predictFile } = await import('../inference/predict');
      const predictor = await openPredictor(path, { weights: options.weights, engine: options.engine });
      let failed = 0;
      try {
        for (const file of files) {
          try {
            const prediction = await predictFile(predictor, file, window);
            process.stdout.write(options.format === 'json' ? `${JSON.stringify(prediction)}\n` : tableRows(prediction));
          } catch (error) {
            if (!isInputError(error)) throw error;
            process.stderr.write(`${error.message}\n`);
            failed++;
          }
        }
      } finally {
        await predictor.dispose();
      }
      if (failed > 0) throw new InputError(`${failed} of ${files.length} files could not be used`);
    });
}

type Shown = Awaited<ReturnType<typeof predictFile>>;

function tableRows({ file, label, probabilities, peaks, timeline = [] }: Shown): string {
  const row = (name: string, of: string, values: Readonly<Record<string, number>>): string =>
    `${name}  ${of.padEnd(10)}  ${Object.entries(values)
      .map(([key, p]) => `${key} ${p.toFixed(3)}`)
      .join('  ')}`;
  const at = peaks.map(({ seconds }) => `${seconds.toFixed(2)} s`).join(', ');
  return [
    `${row(file, label, probabilities)}  attention at ${at || '–'}`,
    ...timeline.map(({ start, end, label: of, probabilities: values }) =>
      row(`  ${start.toFixed(2)}–${end.toFixed(2)} s`, of, values),
    ),
    '',
  ].join('\n');
}
