import { build } from 'esbuild';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

/** Tests of files, storage, platforms and the browser: nothing of them runs a kernel. */
const unrelated =
  /\/(io|platforms)\/|browser_util|device_util|environment|flags_test|jasmine_util|test_util_test|_pixels|draw_test|hash_util|worker|version/;

/**
 * Puts tfjs's tests, from its npm package, and this package's sources into one file with one instance of tfjs-core.
 *
 * @param outfile a CommonJS module, below the workspace
 */
export async function bundle(outfile: string): Promise<void> {
  const here = import.meta.dirname;
  const require = createRequire(import.meta.url);
  const core = path.dirname(path.dirname(require.resolve('@tensorflow/tfjs-core')));
  const cpu = path.dirname(path.dirname(require.resolve('@tensorflow/tfjs-backend-cpu')));
  const tests = readdirSync(path.join(core, 'dist'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('_test.js') && !unrelated.test(`/${file}`))
    .map((file) => path.join(core, 'dist', file));
  await build({
    stdin: {
      contents: [
        `import { startJasmine } from ${JSON.stringify(path.join(here, 'specs.ts'))};`,
        `import ${JSON.stringify(path.join(core, 'dist/register_all_gradients.js'))};`,
        `import ${JSON.stringify(path.join(core, 'dist/public/chained_ops/register_all_chained_ops.js'))};`,
        `const execute = startJasmine(process.argv[2]);`,
        ...[path.join(here, 'setup.ts'), ...tests.sort()].map((file) => `require(${JSON.stringify(file)});`),
        'execute();',
      ].join('\n'),
      resolveDir: here,
    },
    outfile,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    packages: 'external',
    conditions: ['@ser/source'],
    alias: {
      '@tensorflow/tfjs': `${core}/dist/index.js`,
      '@tensorflow/tfjs-core': `${core}/dist/index.js`,
      '@tensorflow/tfjs-core/dist/jasmine_util': `${core}/dist/jasmine_util.js`,
      '@tensorflow/tfjs-backend-cpu': `${cpu}/dist/index.js`,
    },
    // The packages say that their files have no side effects; tests are nothing but.
    ignoreAnnotations: true,
    logLevel: 'error',
    define: { 'import.meta.url': '__filename' },
  });
}
