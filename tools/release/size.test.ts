import path from 'node:path';
import * as augment from '@ser/augment-eam';
import * as losses from '@ser/losses-mll';
import * as pool from '@ser/pool-flam';
import { build } from 'esbuild';

/** Bytes of one export of a package, bundled with all it needs of ours and minified. tfjs-core is a peer and stays outside;
 * all of tfjs would come in, and be far above any limit. */
async function minified(name: string, from: string): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents: `export { ${name} } from '${from}'`, resolveDir: path.resolve(__dirname, '../..') },
    conditions: ['@ser/source'],
    external: ['@tensorflow/tfjs-core'],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
  });
  return outputFiles[0]!.contents.length;
}

// What an export costs in a page. Importing one must not bring its neighbours along.
test.each([
  { from: '@ser/augment-eam', exports: Object.keys(augment), limit: 1500 },
  { from: '@ser/pool-flam', exports: Object.keys(pool), limit: 3500 },
  { from: '@ser/losses-mll', exports: Object.keys(losses), limit: 3500 },
])('every export of $from has at most $limit bytes minified', async ({ from, exports, limit }) => {
  expect(exports.length).toBeGreaterThan(3);
  for (const name of exports) {
    const bytes = await minified(name, from);
    if (bytes > limit) throw new Error(`${name} has ${bytes} bytes, at most ${limit} are allowed`);
  }
});
