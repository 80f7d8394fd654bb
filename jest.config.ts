/** @jest-config-loader esbuild-register */
import type { Config } from 'jest';

// Jest gives tests a copy of the environment, which native libraries do not see.
process.env.ORT_DISABLE_TELEMETRY ??= '1';

// Packages that ship only ES modules: compiled for Jest's CommonJS loader.
const esmOnly = [
  'hyparquet',
  'pure-rand',
  '@echogarden/',
  '@wasm-audio-decoders/',
  'codec-parser',
  'simple-yenc',
  'mpg123-decoder',
  'ogg-opus-decoder',
  'opus-decoder',
  'wasm-media-encoders',
  '@audio/encode-opus',
];

const config: Config = {
  testEnvironment: '<rootDir>/tools/jest/environment.cjs',
  testEnvironmentOptions: { customExportConditions: ['@ser/source', 'node', 'require', 'default'] },
  testMatch: ['packages/*/src', 'tools', 'examples'].map((folder) => `<rootDir>/${folder}/**/*.test.ts`),
  transform: { '^.+\\.[cm]?[jt]sx?$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } }] },
  transformIgnorePatterns: [`/node_modules/(?!(${esmOnly.join('|')}))`, '/dist/'],
  collectCoverageFrom: ['packages/*/src/**/*.ts', '!**/*.test.ts', '!**/*.test-d.ts', '!**/testing/**'],
  coverageReporters: ['text', 'html'],
  maxWorkers: 2,
  // For a busy machine; what takes this long on a quiet one is a benchmark.
  testTimeout: 180_000,
};

export default config;
