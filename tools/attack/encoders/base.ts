import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  configFiles,
  createRandomEncoder,
  encodeSafetensors,
  exportEncoder,
  inspectFolder,
  loadEncoder,
  type StoredTensor,
} from '@ser/frontend-wavlm';
import * as tf from '@tensorflow/tfjs';
import { seeded } from '../../test-support/seeded';
import { tinyConfigs } from '../../test-support/tiny-encoders';
import type { Attack } from '../attack';

export type Kind = keyof typeof tinyConfigs;
export type Json = Record<string, unknown>;
export type Tensors = Map<string, StoredTensor>;

/** A file of an encoder's folder: its content, an object that becomes JSON, or a function that puts something else there. */
export type File = string | Uint8Array | Json | ((path: string) => void) | undefined;
export type Folder = Record<string, File>;

/** A good encoder of tiny shape, as the files of its folder and its tensors. */
export function goodFolder(kind: Kind): { config: Json; preprocessor: Json; tensors: Tensors } {
  const { config, preprocessor } = configFiles(tinyConfigs[kind]);
  return { config: { ...config }, preprocessor: { ...preprocessor }, tensors: goodTensors(kind) };
}

const made = new Map<Kind, Tensors>();

function goodTensors(kind: Kind): Tensors {
  const known = made.get(kind);
  if (known) return new Map(known);
  const encoder = createRandomEncoder(tinyConfigs[kind], seeded(1));
  const tensors: Tensors = new Map(
    [...encoder.parameters].map(([name, variable]) => [
      name,
      { shape: variable.shape, data: Float32Array.from(variable.dataSync<'float32'>()) },
    ]),
  );
  encoder.dispose();
  made.set(kind, tensors);
  return new Map(tensors);
}

export const safetensorsOf = (tensors: Tensors, metadata: Record<string, string> = {}): Buffer =>
  Buffer.concat([...encodeSafetensors(tensors, metadata)]);

/** An attack on the folder of a good encoder, some of whose files are replaced; `undefined` removes one. */
export function folderAttack(
  name: string,
  expect: Attack['expect'],
  files: Folder | (() => Folder),
  kind: Kind = 'wavlmLarge',
): Attack {
  return {
    name,
    expect,
    write: (folder) => {
      const { config, preprocessor, tensors } = goodFolder(kind);
      const own = typeof files === 'function' ? files() : files;
      const hasWeights = Object.keys(own).some((file) => /^(model|pytorch_model)\./.test(file));
      const all: Folder = {
        'config.json': config,
        'preprocessor_config.json': preprocessor,
        ...(hasWeights ? {} : { 'model.safetensors': safetensorsOf(tensors) }),
        ...own,
      };
      for (const [file, content] of Object.entries(all)) put(path.join(folder, file), content);
    },
    run: readEncoder,
  };
}

function put(file: string, content: File): void {
  if (content === undefined) return;
  if (typeof content === 'function') return content(file);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, typeof content === 'string' || ArrayBuffer.isView(content) ? content : JSON.stringify(content));
}

/** What `ser encoder info` and `ser encoder export` do with a folder. */
async function readEncoder(folder: string): Promise<void> {
  await tf.setBackend('cpu');
  await inspectFolder(folder);
  const encoder = await loadEncoder(folder);
  try {
    exportEncoder(encoder);
  } finally {
    encoder.dispose();
  }
}
