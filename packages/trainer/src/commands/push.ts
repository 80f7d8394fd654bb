import { Command } from 'commander';

/** `ser push OWNER/NAME model.onnx`. */
export function pushCommand(): Command {
  return new Command('push')
    .description(
      'upload an exported model to the Hugging Face hub: the file, its JSON and its card (HF_TOKEN may write)',
    )
    .argument('<owner/name>', 'repository; it is made when it is not there')
    .argument('<model.onnx>', 'a file of ser export')
    .option('--private', 'make a repository that only its owner sees')
    .action(async (id: string, path: string, flags: { private?: boolean }) => {
      const { pushModel } = await import('../inference/hub');
      const url = await pushModel(id, path, { isPrivate: flags.private ?? false });
      process.stdout.write(`${url}\n`);
    });
}
