import { Command } from 'commander';
import { resolveConfig } from '../config/resolve';
import { presets } from '../config/presets';
import { keys, schema } from '../config/schema';
import { addConfigOptions, type ConfigOptions } from './options';

/** `ser config show | presets | schema`. */
export function configCommand(): Command {
  const show = new Command('show')
    .description('print the resolved settings and where each value came from')
    .option('--json', 'as JSON')
    .action(({ json, config: file, preset, ...flags }: ConfigOptions & { json?: boolean }) => {
      const { config, origins } = resolveConfig({ file, preset, flags });
      if (json) {
        process.stdout.write(`${JSON.stringify({ config, origins }, null, 2)}\n`);
        return;
      }
      const shown = keys.filter((key) => config[key] !== undefined);
      const lines = shown.map((key) => [`${key}: ${JSON.stringify(config[key])}`, origins[key] ?? 'default'] as const);
      const width = Math.max(...lines.map(([text]) => text.length));
      for (const [text, origin] of lines) process.stdout.write(`${text.padEnd(width)}  # ${origin}\n`);
    });
  return new Command('config')
    .description('look at settings')
    .addCommand(addConfigOptions(show))
    .addCommand(
      new Command('presets').description('print the presets with their commands and results').action(() => {
        for (const [name, { about, settings }] of Object.entries(presets)) {
          process.stdout.write(`${name}\n  ${about.replaceAll('\n', '\n  ')}\n  ${JSON.stringify(settings)}\n\n`);
        }
      }),
    )
    .addCommand(
      new Command('schema').description('print the JSON schema of configuration files').action(() => {
        process.stdout.write(`${JSON.stringify(schema, null, 2)}\n`);
      }),
    );
}
