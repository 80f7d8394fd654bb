import { Option, type Command } from 'commander';
import { defaults } from '../config/defaults';
import { flagName } from '../config/flags';
import { presets } from '../config/presets';
import { keys, properties } from '../config/schema';

const sections = ['Data', 'Run', 'Encoder', 'Model', 'Losses', 'Augmentation', 'Training'] as const;

/** Adds a flag for every setting, from the same schema that files are checked against. */
export function addConfigOptions(command: Command): Command {
  command.option('--config <file>', 'YAML or JSON file of settings; flags win over it');
  command.option('--preset <name>', `settings to start from: ${Object.keys(presets).join(', ')}, or none`);
  for (const section of sections) {
    for (const key of keys) {
      const { section: of, description, schema, value } = properties[key];
      if (of !== section) continue;
      const name = flagName(key);
      const flags = schema['type'] === 'boolean' ? `--${name} [true|false]` : `--${name} <${value ?? 'value'}>`;
      command.addOption(new Option(flags, `${description}${shownDefault(key)}`).helpGroup(`${section}:`));
    }
  }
  return command;
}

function shownDefault(key: (typeof keys)[number]): string {
  const value = defaults[key];
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return '';
  return ` (default: ${Array.isArray(value) ? value.join(',') : String(value)})`;
}

export interface ConfigOptions extends Record<string, unknown> {
  readonly config?: string;
  readonly preset?: string;
}
