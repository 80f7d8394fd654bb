import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { tinyModel } from '../../packages/trainer/src/testing/tiny-model';
import type { Attack } from './attack';

type Change = (about: { config: Record<string, unknown>; labels: unknown }) => unknown;

const setting =
  (change: Record<string, unknown>): Change =>
  (about) => ({ ...about, config: { ...about.config, ...change } });
const labels =
  (value: unknown): Change =>
  (about) => ({ ...about, labels: value });

/** Stands for JSON that JSON.stringify could not write itself. */
const deep = '@deep@';

const changes: Readonly<Record<string, [Change, Attack['expect']]>> = {
  '100,000 threads': [setting({ threads: 100_000 }), 'refused'],
  '1,000 threads': [setting({ threads: 1000 }), 'read'],
  'a billion features': [setting({ hiddenSize: 1e9 }), 'refused'],
  '16,000 features in a small file': [setting({ hiddenSize: 16_000 }), 'refused'],
  'a billion heads': [setting({ heads: 1e9 }), 'refused'],
  'a projection of a billion': [setting({ projection: 1e9 }), 'refused'],
  'a layer of 1,000 digits': [setting({ layer: '9'.repeat(1000) }), 'refused'],
  'layer 999': [setting({ layer: '999' }), 'either'],
  'a seed that is no number': [setting({ seed: 'x' }), 'refused'],
  'a trim of 10³⁰⁸ dB': [setting({ trim: 'silence', trimDb: 1e308 }), 'either'],
  'an encoder that does not exist': [setting({ encoder: 'gpt' }), 'refused'],
  'an encoder without its weights': [setting({ encoder: 'wavlm' }), 'refused'],
  'weights on a hub': [setting({ encoder: 'wavlm', weights: 'somebody/some-model' }), 'refused'],
  'weights at an address': [setting({ encoder: 'wavlm', weights: 'https://example.com/x' }), 'refused'],
  'weights on a share': [setting({ encoder: 'wavlm', weights: '//server/share' }), 'refused'],
  'weights upwards': [setting({ encoder: 'wavlm', weights: '../../../../etc' }), 'refused'],
  'weights that are a device': [setting({ encoder: 'wavlm', weights: '/dev/zero' }), 'refused'],
  'settings of its own': [setting({ __proto__: { a: 1 }, constructor: 1, shell: 'rm' }), 'either'],
  'no labels': [labels([]), 'refused'],
  'a million labels': [labels(Array.from({ length: 1e6 }, (_, i) => `l${i}`)), 'refused'],
  'labels that are no texts': [labels([{}, 1, null]), 'refused'],
  'labels that are an object': [labels({ length: 3 }), 'refused'],
  'fewer labels than classes': [labels(['one']), 'refused'],
  'labels of escape sequences': [labels(['\u001b[2J', '\u202eangry', 'a\nb']), 'either'],
  'labels of markup': [labels(['<script>', '](http://x)', '`']), 'read'],
  'one label three times': [labels(['calm', 'calm', 'calm']), 'either'],
  'a list': [() => [], 'refused'],
  null: [() => null, 'refused'],
  'a text': [() => 'x', 'refused'],
  'deep JSON': [() => deep, 'refused'],
};

const bytes: Readonly<Record<string, (file: Buffer) => Uint8Array>> = {
  'no bytes': () => new Uint8Array(),
  'half of it': (file) => file.subarray(0, file.length / 2),
  'a header of 2⁶³ bytes': (file) => Buffer.concat([Buffer.from('0000000000000080', 'hex'), file.subarray(8)]),
  'a flipped bit': (file) => ((file[file.length - 9] = (file[file.length - 9] ?? 0) ^ 1), file),
  'a web page': () => Buffer.from('<!doctype html><title>404</title>'),
  'a git-lfs pointer': () => Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n'),
  'NaN in its weights': (file) => (file.fill(0xff, file.length - 64), file),
};

/** Model files whose settings, labels or bytes lie, as `ser predict` opens them. */
export function attacks(): Attack[] {
  const open = async (folder: string): Promise<void> => {
    const { openModel } = await import('../../packages/trainer/src/inference/trained-model');
    const { disposeModel } = await import('../../packages/trainer/src/model/model');
    disposeModel((await openModel(path.join(folder, 'model.safetensors'))).model);
  };
  const good = async (): Promise<Buffer> => {
    const { dir, dispose } = await tinyModel();
    dispose();
    return readFileSync(path.join(dir, 'model.safetensors'));
  };
  const place = (folder: string, content: Uint8Array): void =>
    writeFileSync(path.join(folder, 'model.safetensors'), content);
  return [
    ...Object.entries(changes).map(([name, [change, expect]]): Attack => ({
      name,
      expect,
      write: async (folder) => place(folder, withAbout(await good(), change)),
      run: open,
    })),
    ...Object.entries(bytes).map(([name, change]): Attack => ({
      name: `a file that is ${name}`,
      expect: 'refused',
      write: async (folder) => place(folder, change(await good())),
      run: open,
    })),
  ];
}

/** A model file that says something else about itself. Its checksums are those of a file that was made like this. */
function withAbout(file: Buffer, change: Change): Buffer {
  const size = Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.subarray(8, 8 + size).toString('utf8')) as { __metadata__: Record<string, string> };
  const about = JSON.parse(header.__metadata__['ser'] ?? '{}') as Parameters<Change>[0];
  const { sha256 = '' } = header.__metadata__;
  // Without a checksum of the header it counts as a file of the time before there was one.
  const json = Buffer.from(
    JSON.stringify({
      ...header,
      __metadata__: {
        sha256,
        ser: JSON.stringify(change(about)).replace(`"${deep}"`, '['.repeat(5000) + ']'.repeat(5000)),
      },
    }),
  );
  const padded = Buffer.concat([json, Buffer.alloc((8 - (json.length % 8)) % 8, 0x20)]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  return Buffer.concat([length, padded, file.subarray(8 + size)]);
}
