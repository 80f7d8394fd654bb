import { writeFileSync } from 'node:fs';
import os from 'node:os';
import { type Measurement, type Settings } from './measure';
import { OptionError } from './process';

/** What every benchmark understands, for `parseArgs`. */
export const sharedOptions = {
  python: { type: 'string', default: 'python3' },
  json: { type: 'string' },
  rounds: { type: 'string', default: '3' },
  steps: { type: 'string', default: '5' },
  threads: { type: 'string', default: `${os.availableParallelism()}` },
} as const;

export const sharedHelp = `  --python PATH     interpreter with PyTorch for the peers (default python3; skipped with a reason without one)
  --json FILE       write every measurement to FILE
  --rounds N        how often each side is started, in turns, default 3
  --steps N         timed steps of a start, default 5
  --threads N       default: every core`;

export function settingsOf(options: { python: string; rounds: string; steps: string; threads: string }): Settings {
  return {
    python: options.python,
    rounds: positive('rounds', options.rounds),
    steps: positive('steps', options.steps),
    threads: positive('threads', options.threads),
  };
}

/** @throws OptionError naming the option */
export function positive(option: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new OptionError(`--${option}: expected a whole number above 0, got "${text}"`);
}

/** The machine, said before the first measurement: timings mean nothing without its load. */
export function describeMachine({ threads }: Settings): Record<string, unknown> {
  const [load = 0] = os.loadavg();
  const processor = os.cpus()[0]?.model;
  console.log(`${processor}, ${threads} threads, load ${load.toFixed(2)}, Node ${process.version}`);
  return { processor, threads, load, node: process.version, platform: `${os.platform()} ${os.release()}` };
}

export function writeJson(
  file: string | undefined,
  benchmark: string,
  machine: Record<string, unknown>,
  results: readonly Measurement[],
): void {
  if (file) writeFileSync(file, `${JSON.stringify({ benchmark, machine, results }, null, 2)}\n`);
}
