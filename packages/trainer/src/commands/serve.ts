import { Command } from 'commander';
import { InputError } from '@ser/files';
import { addModelOptions, calibratedOption, modelArgument, modelOptions, type ModelFlags } from './model-options';

interface ServeFlags extends ModelFlags {
  readonly port: string;
  readonly mostMegabytes: string;
}

/** `ser serve MODEL`. */
export function serveCommand(): Command {
  const command = new Command('serve')
    .description(
      'try a model in a page of this computer: drop recordings or speak; POST /api/recognize answers programs. No other computer or page reaches it',
    )
    .argument('<model>', modelArgument)
    .option(...calibratedOption)
    .option('--port <number>', 'port; 0 takes a free one', '8017')
    .option('--most-megabytes <number>', 'largest request', '110');
  return addModelOptions(command).action(async (path: string, flags: ServeFlags) => {
    const [port, megabytes] = [Number(flags.port), Number(flags.mostMegabytes)];
    if (!(Number.isInteger(port) && port >= 0 && port < 65_536))
      throw new InputError(`--port=${flags.port}: expected a number from 0 to 65535`);
    if (!(megabytes > 0)) throw new InputError(`--most-megabytes=${flags.mostMegabytes}: expected a number above 0`);
    const { openRecognizer } = await import('../inference/open-recognizer');
    const { serveModel } = await import('../page/server');
    const recognizer = await openRecognizer(path, modelOptions(flags));
    const { url, close } = await serveModel(recognizer, { port, mostBytes: megabytes * 1e6 });
    process.stdout.write(`${url}\n`);
    await new Promise<void>((resolve) => {
      process.once('SIGINT', resolve);
      process.once('SIGTERM', resolve);
    });
    await close();
    await recognizer.close();
  });
}
