import { defineConfig } from 'tsdown';
import shared from '../../tsdown.config';

/** The package, and the program of its page as one file that a browser loads. */
export default defineConfig([
  { ...shared, external: ['esbuild'] },
  {
    cwd: process.cwd(),
    entry: { 'page/main': 'src/page/client/main.ts' },
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    tsconfig: '../../tsconfig.build.json',
    noExternal: ['@ser/recognize'],
    external: ['onnxruntime-web'],
    outExtensions: () => ({ js: '.js' }),
    dts: false,
    minify: true,
    clean: false,
  },
]);
