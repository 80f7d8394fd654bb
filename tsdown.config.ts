import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { defineConfig } from 'tsdown';

// Nx runs each build in the package's own folder; this one file serves them all.
const cwd = process.cwd();

/** What something outside loads by path: the modules that package.json names, the command and every worker thread. */
const named = new Set(readFileSync(path.join(cwd, 'package.json'), 'utf8').match(/(?<="\.\/src\/)[^"]+\.ts(?=")/g));
const entry: Record<string, string> = {};
for (const file of readdirSync(path.join(cwd, 'src'), { recursive: true, encoding: 'utf8' })) {
  const name = file.replaceAll(path.sep, '/');
  if (named.has(name) || name === 'cli.ts' || /(^|[/.-])worker\.ts$/.test(name)) {
    entry[name.replace(/\.ts$/, '')] = path.join('src', file);
  }
}

/** ES modules and CommonJS, with types and source maps. */
export default defineConfig({
  cwd,
  entry,
  format: ['esm', 'cjs'],
  tsconfig: path.join(cwd, '../../tsconfig.build.json'),
  dts: { sourcemap: true },
  sourcemap: true,
  platform: 'node',
  target: 'es2022',
  // Helpers of the bundler lie beside the entries: in one of them, another that needs them would load it, in a circle.
  outputOptions: { advancedChunks: { groups: [{ name: 'runtime', test: /rolldown.runtime/ }] } },
  shims: true,
  external: [/^#/],
  fixedExtension: true,
  clean: true,
});
