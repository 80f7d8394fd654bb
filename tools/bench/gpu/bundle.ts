import path from 'node:path';
import { build, type Plugin } from 'esbuild';

/** The bench of a package imports the package's sources; here it is installed. */
const installedPackages: Plugin = {
  name: 'installed packages',
  setup: ({ onResolve }) => {
    onResolve({ filter: /^\.\.\/src\/index$/ }, ({ resolveDir }) => {
      const [, name] = /packages\/([^/]+)\/bench$/.exec(resolveDir) ?? [];
      return name === undefined ? undefined : { path: `@ser/${name}`, external: true };
    });
  },
};

/**
 * Makes the two programs of the pack, each one file beside the packages that it imports.
 *
 * @param sources this folder
 */
export async function bundlePrograms(sources: string, target: string): Promise<void> {
  await build({
    entryPoints: ['run', 'side'].map((name) => path.join(sources, `${name}.ts`)),
    outdir: target,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: ['@ser/*', '@tensorflow/*', 'onnxruntime-*'],
    plugins: [installedPackages],
    logLevel: 'error',
  });
}
