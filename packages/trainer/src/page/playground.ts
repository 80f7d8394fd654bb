import { copyFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { existsSync, readdirSync } from 'node:fs';
import { InputError, makeFolder, readJsonIfThere, writeFileWhole } from '@ser/files';
import { readDescription } from '@ser/recognize';
import { captureScript } from './capture';
import { pageHtml } from './html';
import { pageScript } from './script';
import { style } from './style';

/** Files of onnxruntime-web: one that a page imports, and what that loads. */
const runtimes = {
  wasm: ['ort.wasm.bundle.min.mjs', 'ort-wasm-simd-threaded.wasm', 'ort-wasm-simd-threaded.mjs'],
  webgpu: ['ort.webgpu.bundle.min.mjs', 'ort-wasm-simd-threaded.asyncify.wasm', 'ort-wasm-simd-threaded.asyncify.mjs'],
} as const;

/**
 * Writes the page of `ser serve` as files that need no server of ours: the model and ONNX Runtime lie beside it, and
 * everything is computed in the reader's browser.
 *
 * @param onnxPath a file of `exportModel`
 * @param folder an empty folder, one that is not there, or one that was written by this before
 * @returns the path of its index.html
 * @throws {InputError} when the model's files are missing or the folder holds something else
 */
export async function writePlayground(
  onnxPath: string,
  folder: string,
  options: { readonly webgpu?: boolean } = {},
): Promise<string> {
  const json = onnxPath.replace(/\.onnx$/, '.json');
  const description = readDescription(await readJsonIfThere(json), json);
  const isOurs = existsSync(join(folder, 'capture.js')) && existsSync(join(folder, 'page.js'));
  if (existsSync(folder) && readdirSync(folder).length > 0 && !isOurs)
    throw new InputError(`${folder}: holds other files; expected an empty folder`);
  const files = runtimes[options.webgpu ? 'webgpu' : 'wasm'];
  const dist = dirname(createRequire(import.meta.url).resolve('onnxruntime-web/wasm'));
  makeFolder(join(folder, 'ort'));
  for (const file of files) await copyFile(join(dist, file), join(folder, 'ort', file));
  await copyFile(onnxPath, join(folder, description.file));
  await writeFileWhole(join(folder, description.file.replace(/onnx$/, 'json')), JSON.stringify(description));
  const where = { backend: 'page', runtime: `ort/${files[0]}` } as const;
  await writeFileWhole(join(folder, 'page.js'), await pageScript());
  await writeFileWhole(join(folder, 'capture.js'), captureScript);
  await writeFileWhole(join(folder, 'page.css'), style);
  const index = join(folder, 'index.html');
  await writeFileWhole(index, pageHtml(description, where));
  return index;
}
