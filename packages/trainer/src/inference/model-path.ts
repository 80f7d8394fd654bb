import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '@ser/files';

/**
 * The file of a model: `model.safetensors` of a fold's folder, or the file itself.
 * @throws {InputError} saying what was looked for, when it is not there.
 */
export function modelFile(path: string): string {
  const file = existsSync(path) && statSync(path).isDirectory() ? join(path, 'model.safetensors') : path;
  if (existsSync(file)) return file;
  const isRun = existsSync(join(path, 'config.json'));
  const hint = isRun ? '; this is a run folder: name one of its folds, such as fold-1, or all-data' : '';
  throw new InputError(
    `${file}: no such file, expected a fold's folder with model.safetensors, or an exported .onnx${hint}`,
  );
}
