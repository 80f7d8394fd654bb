/**
 * Lints, under the workspace's own configuration, a made-up file in every package that imports every other
 * package, and prints the imports that the boundary rule refuses: {"losses-mll": ["pool-flam", …], …}.
 */
import { ESLint } from 'eslint';
import { arrows } from './boundaries.mjs';

// With CI set, typescript-eslint takes files from disk and would not see the made-up text.
process.env.TSESTREE_SINGLE_RUN = 'false';

const names = Object.keys(arrows);
const eslint = new ESLint();
const refused = {};
for (const from of names) {
  const others = names.filter((name) => name !== from);
  const text = others.map((name) => `export * from '@ser/${name}';`).join('\n');
  const [result] = await eslint.lintText(text, { filePath: `packages/${from}/src/index.ts` });
  const lines = result.messages.filter((m) => m.ruleId === '@nx/enforce-module-boundaries').map((m) => m.line);
  refused[from] = others.filter((_, index) => lines.includes(index + 1));
}
console.log(JSON.stringify(refused));
