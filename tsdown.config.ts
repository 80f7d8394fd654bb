import { defineConfig } from 'tsdown';

/** Shared by every package: ES modules and CommonJS, with types and source maps. */
export default defineConfig({
  entry: ['src/index.ts'],
  format: ['esm', 'cjs'],
  dts: { sourcemap: true },
  sourcemap: true,
  platform: 'node',
  target: 'es2022',
  clean: true,
});
