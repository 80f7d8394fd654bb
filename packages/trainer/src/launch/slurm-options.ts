import { InputError } from '@ser/files';

/** Options of `sbatch` by their long name, and shell code that runs before every task. */
export interface SlurmOptions {
  /** `partition` → `gpu`; an option without a value (`exclusive`) has the empty string. */
  readonly sbatch: ReadonlyMap<string, string>;
  /** `--slurm-setup`: lines such as `module load cuda`. */
  readonly setup: readonly string[];
}

/** What the launcher itself needs to say to `sbatch`. */
const own = [
  'array',
  'output',
  'error',
  'open-mode',
  'requeue',
  'no-requeue',
  'dependency',
  'parsable',
  'wrap',
  'chdir',
];

const prefix = '--slurm-';

/**
 * Takes `--slurm-OPTION=VALUE` and `--slurm-OPTION VALUE` out of a command line: every option of `sbatch` can be given
 * in this way, whatever version of Slurm there is, and `sbatch` itself judges its value.
 *
 * @returns the other arguments, and the options
 * @throws {InputError} for a name that is none, a line break in a value, and the options that the launcher sets
 */
export function takeSlurmOptions(args: readonly string[]): { rest: string[]; slurm: SlurmOptions } {
  const rest: string[] = [];
  const sbatch = new Map<string, string>();
  const setup: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    if (arg === '--') {
      rest.push(...args.slice(i));
      break;
    }
    if (!arg.startsWith(prefix)) {
      rest.push(arg);
      continue;
    }
    const [flag = '', ...parts] = arg.split('=');
    const name = flag.slice(prefix.length);
    const follows = args[i + 1];
    const separate = parts.length === 0 && follows !== undefined && !follows.startsWith('-');
    const value = separate ? follows : parts.join('=');
    if (separate) i++;
    if (!/^[a-z][a-z0-9-]*$/.test(name))
      throw new InputError(`${flag}: expected an option of sbatch, such as ${prefix}partition=gpu`);
    if (/[\r\n\0]/.test(value))
      throw new InputError(`${flag}: expected one line; give it several times for several lines`);
    if (own.includes(name)) throw new InputError(`${flag}: the launcher sets this itself`);
    if (name === 'setup') setup.push(value);
    else sbatch.set(name, value);
  }
  return { rest, slurm: { sbatch, setup } };
}
