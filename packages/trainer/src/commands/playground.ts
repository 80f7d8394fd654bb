import { Command } from 'commander';

/** `ser playground model.onnx --out=site/`. */
export function playgroundCommand(): Command {
  return new Command('playground')
    .description('write the page of ser serve as a static site that needs no server: the model runs in the browser')
    .argument('<model.onnx>', 'a file of ser export')
    .requiredOption('--out <folder>', 'folder to write')
    .option('--webgpu', 'compute on the GPU where the browser has one (27 MB instead of 14 beside the model)')
    .action(async (path: string, flags: { out: string; webgpu?: boolean }) => {
      const { writePlayground } = await import('../page/playground');
      process.stdout.write(`${await writePlayground(path, flags.out, { webgpu: flags.webgpu ?? false })}\n`);
    });
}
