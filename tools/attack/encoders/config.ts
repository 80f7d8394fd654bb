import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import type { Attack } from '../attack';
import { folderAttack, goodFolder, type File, type Kind } from './base';

const GIT_LFS = 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12345\n';
const PAGE = '<!DOCTYPE html>\n<html><head><title>404</title></head></html>\n';

/** Things that are no plain file, of the name of one. */
export const standIns: Readonly<Record<string, File>> = {
  'a folder': (path) => void mkdirSync(path),
  'a pipe': (path) => void execFileSync('mkfifo', [path]),
  'an endless device': (path) => symlinkSync('/dev/zero', path),
  'a link to itself': (path) => symlinkSync(path, path),
  'a link to nothing': (path) => symlinkSync(`${path}.none`, path),
  'a git-lfs pointer': GIT_LFS,
  'a web page': PAGE,
  nothing: '',
};

const counts: Readonly<Record<'wavlmBase' | 'hubertLarge' | 'whisper' | 'logmel', readonly string[]>> = {
  wavlmBase: [
    ...['hidden_size', 'num_hidden_layers', 'num_attention_heads', 'intermediate_size', 'num_conv_pos_embeddings'],
    ...['num_conv_pos_embedding_groups', 'num_buckets', 'max_bucket_distance', 'layer_norm_eps'],
  ],
  hubertLarge: ['hidden_size', 'num_hidden_layers'],
  whisper: [
    ...['d_model', 'encoder_layers', 'encoder_attention_heads', 'encoder_ffn_dim', 'num_mel_bins'],
    'max_source_positions',
  ],
  logmel: ['hidden_size', 'num_mel_bins', 'channels'],
};

const notCounts: readonly unknown[] = [1e9, 2 ** 53, 1e308, 0, -1, 1.5, '16', true, [16], {}];

export function configAttacks(): Attack[] {
  return [
    ...(['wavlmBase', 'hubertLarge', 'whisper', 'logmel'] as const).flatMap((kind) =>
      counts[kind].flatMap((key) => notCounts.map((value) => valueAttack(kind, key, value))),
    ),
    ...convolutionAttacks(),
    ...textAttacks(),
    ...preprocessorAttacks(),
    ...Object.entries(standIns).map(([what, file]) =>
      folderAttack(`config.json: ${what}`, 'refused', { 'config.json': file }),
    ),
    folderAttack('config.json: missing', 'refused', { 'config.json': undefined }),
  ];
}

function valueAttack(kind: Kind, key: string, value: unknown): Attack {
  // A number that fits the weights by chance is no attack: these are the keys that no weight depends on.
  const isFree = key === 'max_bucket_distance' || (key === 'layer_norm_eps' && value !== 1e9 && value !== 1e308);
  return folderAttack(
    `${kind}: ${key} ${JSON.stringify(value)}`,
    isFree ? 'either' : 'refused',
    () => ({
      'config.json': { ...goodFolder(kind).config, [key]: value },
    }),
    kind,
  );
}

function convolutionAttacks(): Attack[] {
  const lists: readonly (readonly [string, unknown])[] = [
    ['an empty list', []],
    ['no list', 3],
    ['huge numbers', [1e9, 1e9, 1e9]],
    ['zeros', [0, 0, 0]],
    ['fractions', [1.5, 2, 2]],
    ['lists', [[[]], [[]], [[]]]],
    ['another length', [5, 2]],
    ['100,000 entries', Array.from({ length: 100_000 }, () => 1)],
    ['4,096 each', [4096, 4096, 4096]],
  ];
  return [
    ...['conv_dim', 'conv_kernel', 'conv_stride'].flatMap((key) =>
      lists.map(([what, value]) =>
        folderAttack(`${key}: ${what}`, 'refused', () => ({
          'config.json': { ...goodFolder('wavlmLarge').config, [key]: value },
        })),
      ),
    ),
    folderAttack('conv_stride: a frame for every sample', 'refused', () => ({
      'config.json': { ...goodFolder('wavlmLarge').config, conv_stride: [1, 1, 1] },
    })),
  ];
}

function textAttacks(): Attack[] {
  const good = (): string => JSON.stringify(goodFolder('wavlmLarge').config);
  const texts: Readonly<Record<string, readonly [Attack['expect'], () => string | Uint8Array]>> = {
    'byte order mark': ['read', () => `\uFEFF${good()}`],
    'UTF-16 with a mark': ['refused', () => Buffer.from(`\uFEFF${good()}`, 'utf16le')],
    'UTF-16, big-endian': ['refused', () => Buffer.from(`\uFEFF${good()}`, 'utf16le').swap16()],
    'UTF-16 without a mark': ['refused', () => Buffer.from(good(), 'utf16le')],
    'Latin-1': ['refused', () => Buffer.from(good().replace('{', '{"name":"Jörg",'), 'latin1')],
    null: ['refused', () => 'null'],
    'a list': ['refused', () => '[]'],
    'a string': ['refused', () => '"wavlm"'],
    'zero bytes': ['refused', () => new Uint8Array(4096)],
    'cut off': ['refused', () => good().slice(0, -20)],
    'not JSON': ['refused', () => `${good()},`],
    'a comment': ['refused', () => good().replace('{', '{ // shape\n')],
    NaN: ['refused', () => good().replace('"hidden_size":16', '"hidden_size":NaN')],
    '1e999': ['refused', () => good().replace('"hidden_size":16', '"hidden_size":1e999')],
    'a key twice, the good one last': ['read', () => good().replace('{', '{"hidden_size":1e9,')],
    __proto__: ['read', () => good().replace('{', '{"__proto__":{"hidden_size":1},"constructor":1,')],
    'a value in __proto__ only': [
      'refused',
      () => good().replace('"hidden_size":16', '"__proto__":{"hidden_size":16}'),
    ],
    'deep lists': ['refused', () => good().replace('{', `{"x":${'['.repeat(300_000)}${']'.repeat(300_000)},`)],
    'deep objects': ['refused', () => good().replace('{', `{"x":${'{"a":'.repeat(200_000)}1${'}'.repeat(200_000)},`)],
    'a deep value': ['refused', () => good().replace('"wavlm"', '['.repeat(150) + ']'.repeat(150))],
    'blanks for 20 MB': ['refused', () => `${' '.repeat(20e6)}${good()}`],
    'a model type of 3 MB': ['refused', () => good().replace('"wavlm"', `"${'w'.repeat(3e6)}"`)],
    'a model type that clears the screen': ['refused', () => good().replace('"wavlm"', '"\\u001b[2J\\u202ewavlm\\n"')],
    'another model': ['refused', () => good().replace('"wavlm"', '"bert"')],
    'a name of Object': ['refused', () => good().replace('"wavlm"', '"constructor"')],
    'an adapter': ['refused', () => good().replace('{', '{"add_adapter":true,')],
    'another activation': ['refused', () => good().replace('"hidden_act":"gelu"', '"hidden_act":"relu"')],
  };
  return Object.entries(texts).map(([what, [expect, content]]) =>
    folderAttack(`config.json: ${what}`, expect, () => ({ 'config.json': content() })),
  );
}

function preprocessorAttacks(): Attack[] {
  const contents: readonly unknown[] = [
    ...[{}, { do_normalize: 'true' }, { do_normalize: 1 }, { do_normalize: null }, { do_normalize: [true] }],
    ...[{ do_normalize: true, sampling_rate: 8000 }, { do_normalize: true, sampling_rate: '16000' }, [], 7],
  ];
  return [
    ...contents.map((content) =>
      folderAttack(`preprocessor_config.json: ${JSON.stringify(content)}`, 'refused', {
        'preprocessor_config.json': JSON.stringify(content),
      }),
    ),
    folderAttack('preprocessor_config.json: missing', 'refused', { 'preprocessor_config.json': undefined }),
    folderAttack('preprocessor_config.json: a pipe', 'refused', { 'preprocessor_config.json': standIns['a pipe'] }),
  ];
}
