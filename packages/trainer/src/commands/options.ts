import type { TSchema } from '@sinclair/typebox';
import { Option, type Command } from 'commander';
import { flagName } from '../config/flags';
import { presets } from '../config/presets';
import { formerNames } from '../config/former';
import { defaults, isKey, settings } from '../config/schema';
import { sections } from '../config/settings';

/** Adds a flag for every setting, from the same schema that files are checked against. */
export function addConfigOptions(command: Command): Command {
  command.option('--config <file>', 'YAML or JSON file of settings; flags win over it');
  command.option('--preset <name>', `settings to start from: ${Object.keys(presets).join(', ')}, or none`);
  for (const [section, rules] of Object.entries(sections)) {
    for (const [key, rule] of Object.entries<TSchema>(rules)) {
      const option = new Option(flagOf(key, rule), `${rule.description ?? ''}${shownDefault(key)}`);
      command.addOption(option.helpGroup(`${section}:`));
    }
  }
  for (const [former, name] of Object.entries(formerNames)) {
    command.addOption(new Option(flagOf(former, settings[name])).hideHelp());
  }
  return command;
}

function flagOf(key: string, { type, value = 'value' }: TSchema): string {
  const name = flagName(key);
  return type === 'boolean' ? `--${name} [true|false]` : `--${name} <${String(value)}>`;
}

function shownDefault(key: string): string {
  const value = isKey(key) ? defaults[key] : undefined;
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return '';
  return ` (default: ${Array.isArray(value) ? value.join(',') : String(value)})`;
}

export interface ConfigOptions extends Record<string, unknown> {
  readonly config?: string;
  readonly preset?: string;
}
