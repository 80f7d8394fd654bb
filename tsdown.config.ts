import { readdirSync } from 'node:fs';
import path from 'node:path';
import { defineConfig } from 'tsdown';

// Nx runs each build in the package's own folder; this one file serves them all.
const cwd = process.cwd();

/** The public module, the command and every worker thread: the files that something outside loads by path. */
const entry: Record<string, string> = {};
for (const file of readdirSync(path.join(cwd, 'src'), { recursive: true, encoding: 'utf8' })) {
  if (/^(index|cli)\.ts$|(^|[/\\.-])worker\.ts$/.test(file)) entry[file.replace(/\.ts$/, '')] = path.join('src', file);
}

/** ES modules and CommonJS, with types and source maps. */
export default defineConfig({
  cwd,
  entry,
  format: ['esm', 'cjs'],
  tsconfig: path.join(import.meta.dirname, 'tsconfig.build.json'),
  dts: { sourcemap: true },
  sourcemap: true,
  platform: 'node',
  target: 'es2022',
  shims: true,
  fixedExtension: true,
  clean: true,
});
