import { readFileSync } from 'node:fs';
import path from 'node:path';

/** Where the unpacked pack has what. */
export interface Places {
  /** What is written while measuring: weights, caches, runs. */
  readonly work: string;
  readonly jobs: string;
  /** Our side's program, the peers' and the command `ser`. */
  readonly side: string;
  readonly peers: string;
  readonly ser: string;
  /** A folder of libraries that the machine may lack. */
  readonly lib: string;
  /** Content of pack.json. */
  readonly pack: Readonly<Record<string, unknown>>;
  readonly runtime: { readonly folder: string; readonly version: string };
}

/** @param app the folder `app` of the pack */
export function placesIn(app: string, tiny: boolean): Places {
  const work = path.resolve(app, '..', tiny ? 'tiny' : 'work');
  const runtime = path.join(app, 'node_modules/onnxruntime-node');
  const json = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));
  const { version } = json(path.join(runtime, 'package.json')) as { version: string };
  return {
    work,
    jobs: path.join(work, 'jobs.json'),
    side: path.join(app, 'bench/side.mjs'),
    peers: path.join(app, 'peers/gpu.py'),
    ser: path.join(app, 'node_modules/@ser/trainer/dist/cli.mjs'),
    lib: path.join(app, 'lib'),
    pack: json(path.join(app, 'pack.json')) as Record<string, unknown>,
    runtime: { folder: path.join(runtime, 'bin/napi-v6', process.platform, process.arch), version },
  };
}
