import { Option, type Command } from 'commander';
import { InputError, isInputError } from '@ser/files';
import type { InferenceEngine, OpenRecognizerOptions } from '../inference/open-recognizer';

export const calibratedOption = [
  '--calibrated',
  'probabilities at the temperature that was fitted on the inner validation speakers of each fold',
] as const;

/** What every command that opens a model takes. */
export interface ModelFlags {
  readonly window?: string;
  readonly weights?: string;
  readonly calibrated?: boolean;
  readonly engine: InferenceEngine;
}

export const modelArgument =
  "a file of ser export, a fold's folder or its model.safetensors, or a run's folder: all its folds together";

export function addModelOptions(command: Command): Command {
  return command
    .option('--window <seconds>', 'recordings longer than this are heard in half-overlapping windows (default: 10)')
    .option('--weights <dir>', 'folder of the pre-trained encoder, if it has moved')
    .addOption(
      new Option('--engine <name>', 'what computes')
        .choices(['onnx-cpu', 'onnx-webgpu', 'onnx-cuda'])
        .default('onnx-cpu'),
    );
}

/** @throws {InputError} naming the flag */
export function modelOptions({ window, weights, calibrated, engine }: ModelFlags): OpenRecognizerOptions {
  return {
    ...(window === undefined ? {} : { window: secondsFlag('window', window) }),
    ...(weights === undefined ? {} : { weights }),
    ...(calibrated === undefined ? {} : { calibrated }),
    engine,
    note: (line) => void process.stderr.write(`${line}\n`),
  };
}

export function secondsFlag(name: string, text: string): number {
  const seconds = Number(text);
  if (text.trim() !== '' && seconds > 0 && seconds < Infinity) return seconds;
  throw new InputError(`--${name}=${text}: expected seconds above 0`);
}

/**
 * Does `work` for each item; one that cannot be used is named on the error output, and the others go on.
 * @throws {InputError} at the end, with the number of those that could not be used
 */
export async function eachUsable<T>(
  items: readonly T[],
  name: (item: T) => string,
  work: (item: T) => Promise<void>,
): Promise<void> {
  let failed = 0;
  for (const item of items) {
    try {
      await work(item);
    } catch (error) {
      if (!isInputError(error)) throw error;
      const named = error.message.includes(name(item)) ? error.message : `${name(item)}: ${error.message}`;
      if (items.length === 1) throw new InputError(named);
      process.stderr.write(`${named}\n`);
      failed++;
    }
  }
  if (failed > 0) throw new InputError(`${failed} of ${items.length} recordings could not be used`);
}
