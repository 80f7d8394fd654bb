import { Command, Option } from 'commander';
import type { Precision } from '../inference/graph/precision';
import { calibratedOption, secondsFlag } from './model-options';

interface ExportFlags {
  readonly weights?: string;
  readonly window?: string;
  readonly precision: Precision;
  readonly optimize?: 'onnxruntime';
  readonly calibrated?: boolean;
  readonly dataDir?: string;
}

/** `ser export model/ out.onnx`. */
export function exportCommand(): Command {
  return new Command('export')
    .description(
      'write a trained model as one ONNX file: recordings of any number and length in, probabilities, embedding and attention out; with a JSON file that describes it and a model card',
    )
    .argument('<model>', "a fold's folder or its model.safetensors")
    .argument('<out.onnx>', 'file to write; .json and .md go beside it')
    .option('--window <seconds>', 'recordings longer than this are heard in half-overlapping windows (default: 10)')
    .addOption(
      new Option('--precision <name>', 'numbers of the weights; the loss of accuracy is measured on the test fold')
        .choices(['fp32', 'fp16', 'int8'])
        .default('fp32'),
    )
    .addOption(
      new Option('--optimize <runtime>', 'use operators that this runtime adds to ONNX').choices(['onnxruntime']),
    )
    .option(...calibratedOption)
    .option('--data-dir <dir>', 'folder of the corpus, if it has moved')
    .option('--weights <dir>', 'folder of the pre-trained encoder, if it has moved')
    .action(async (path: string, out: string, flags: ExportFlags) => {
      const { modelFile } = await import('../inference/model-path');
      modelFile(path);
      const { exportModel } = await import('../inference/export');
      const { files, notes } = await exportModel(path, out, {
        ...(flags.weights === undefined ? {} : { weights: flags.weights }),
        ...(flags.window === undefined ? {} : { window: secondsFlag('window', flags.window) }),
        ...(flags.calibrated === undefined ? {} : { calibrated: flags.calibrated }),
        ...(flags.dataDir === undefined ? {} : { dataDir: flags.dataDir }),
        precision: flags.precision,
        operators: flags.optimize ?? 'onnx',
      });
      for (const note of notes) process.stderr.write(`${note}\n`);
      process.stdout.write(`${files.join('\n')}\n`);
    });
}
