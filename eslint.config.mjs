import { createProjectGraphAsync } from '@nx/devkit';
import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';
import { depConstraints } from './tools/lint/boundaries.mjs';

// The boundary rule says nothing at all when no project graph has been computed: compute it here.
process.env.NX_DAEMON ??= 'false';
await createProjectGraphAsync({ exitOnError: false });

const boundaries = (...more) => [
  'error',
  {
    depConstraints,
    enforceBuildableLibDependency: true,
    // A package's own name for a module that differs by platform. The cards of the corpora: a build takes them in.
    allow: ['^#[a-z-]+$', '/datasets/[a-z-]+\\.json$', '/tsdown\\.config$', ...more],
  },
];

const telemetry = {
  name: 'onnxruntime-node',
  allowTypeImports: true,
  message: 'Loading it starts its telemetry: import @ser/onnx-jit/onnxruntime.',
};
const allOfTfjs = {
  name: '@tensorflow/tfjs',
  message:
    'This package asks for tfjs-core alone: import @tensorflow/tfjs-core, or all of tfjs would be built into it.',
};

export default tseslint.config(
  { ignores: ['**/dist', '**/coverage', '**/runs', '.nx', '.cache'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strict, tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    plugins: { '@nx': nx },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@nx/enforce-module-boundaries': boundaries(),
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'off',
      '@typescript-eslint/no-restricted-imports': ['error', { paths: [telemetry] }],
      // Numeric loops index inside bounds they have just checked; `noUncheckedIndexedAccess` asks for the mark.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // tfjs's calls are generic in their result: this asks for type arguments wherever a shape is asserted.
      '@typescript-eslint/no-unnecessary-type-assertion': 'off',
      '@typescript-eslint/restrict-template-expressions': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-base-to-string': 'off',
      // Interfaces here are written with methods, and nothing behind them uses `this`.
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    },
  },
  {
    // Tools and examples are no packages: they may look into any of them.
    files: ['tools/**', 'examples/**'],
    rules: { '@nx/enforce-module-boundaries': 'off' },
  },
  {
    files: ['packages/**/*.test.ts', 'packages/*/src/testing/*.ts'],
    rules: { '@nx/enforce-module-boundaries': boundaries('/tools/test-support/[a-z-]+$') },
  },
  {
    files: ['packages/{onnx-jit,pool-flam,losses-mll,frontend-wavlm}/src/**/*.ts'],
    ignores: ['**/*.test.ts', '**/*.test-d.ts', '**/testing/**'],
    rules: { '@typescript-eslint/no-restricted-imports': ['error', { paths: [telemetry, allOfTfjs] }] },
  },
  {
    files: ['**/*.test.ts'],
    rules: {
      // Bad input is what many tests feed in, and Jest's matchers are typed loosely.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
    },
  },
);
