import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

let script: Promise<string> | undefined;

/** The page's program as one file: made by the build, or, in the repository, from its source. */
export function pageScript(): Promise<string> {
  script ??= load();
  return script;
}

async function load(): Promise<string> {
  const here = dirname(fileURLToPath(import.meta.url));
  const built = join(here, 'page', 'main.js');
  if (existsSync(built)) return readFileSync(built, 'utf8');
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    entryPoints: [join(here, 'client', 'main.ts')],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    conditions: ['@ser/source'],
    external: ['onnxruntime-web'],
  });
  const [file] = outputFiles;
  if (!file) throw new Error('nothing was built');
  return file.text;
}
