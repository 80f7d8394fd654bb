import { existsSync } from 'node:fs';
import { readJsonIfThere, writeFileWhole } from '@ser/files';
import { readDescription } from '@ser/recognize';
import { InputError, isInputError } from '@ser/files';
import { buildModel, type BuildOptions } from './build-model';
import { measureLoss, type MeasuredLoss } from './measure-loss';
import { modelCard, type Described } from './model-card';

export interface ExportOptions extends BuildOptions {
  /** Folder of the corpus, if it has moved: fp16 and int8 are measured on its recordings. */
  readonly dataDir?: string;
}

/**
 * Writes a trained model as one ONNX file (see `wholeModel`), a JSON file that describes it, and a model card.
 *
 * @returns the files written, and what there is to say about them
 * @throws {InputError} when the model cannot be read, or a file is in the way that is no former export
 */
export async function exportModel(
  path: string,
  onnxPath: string,
  options: ExportOptions = {},
): Promise<{ files: string[]; description: Described; notes: string[] }> {
  if (!onnxPath.endsWith('.onnx')) throw new InputError(`${onnxPath}: expected a name that ends in .onnx`);
  const [jsonPath, cardPath] = ['json', 'md'].map((ending) => onnxPath.replace(/onnx$/, ending)) as [string, string];
  await checkFree(onnxPath, jsonPath, cardPath);
  const notes: string[] = [];
  const built = await buildModel(path, onnxPath, { note: (line) => notes.push(line), ...options });
  let loss: MeasuredLoss | undefined;
  try {
    loss = options.precision && options.precision !== 'fp32' ? await measureLoss(built, options.dataDir) : undefined;
  } catch (error) {
    // Without the corpus the export works too; its card says that the accuracy was not measured.
    if (!isInputError(error)) throw error;
    notes.push(`the loss of accuracy was not measured: ${error.message}`);
  }
  const description: Described = loss ? { ...built.description, loss } : built.description;
  await writeFileWhole(onnxPath, built.bytes);
  await writeFileWhole(jsonPath, `${JSON.stringify(description, null, 2)}\n`);
  await writeFileWhole(cardPath, modelCard(description, built.config));
  return { files: [onnxPath, jsonPath, cardPath], description, notes };
}

/** Only an export that was made before may be written over. */
async function checkFree(onnxPath: string, jsonPath: string, cardPath: string): Promise<void> {
  const there = [onnxPath, jsonPath, cardPath].find((path) => existsSync(path));
  if (there === undefined) return;
  try {
    readDescription(await readJsonIfThere(jsonPath), jsonPath);
  } catch (error) {
    if (!isInputError(error)) throw error;
    throw new InputError(`${there}: is there already and is no former export; expected a name that is free`);
  }
}
