import { Command } from 'commander';
import { modelFile } from '../inference/model-path';

/** `ser export model/ out.onnx`. */
export function exportCommand(): Command {
  return new Command('export')
    .description(
      'write a trained model as one ONNX file (waveform in, probabilities, embedding and attention out) and its model card',
    )
    .argument('<model>', "a fold's folder or its model.safetensors")
    .argument('<out.onnx>', 'file to write; the card goes beside it as .md')
    .option('--weights <dir>', 'folder of the pre-trained encoder, if it has moved')
    .action(async (path: string, out: string, options: { weights?: string }) => {
      modelFile(path);
      const { exportModel } = await import('../inference/export');
      const { onnxPath, cardPath } = await exportModel(path, out, options);
      process.stdout.write(`${onnxPath}\n${cardPath}\n`);
    });
}
