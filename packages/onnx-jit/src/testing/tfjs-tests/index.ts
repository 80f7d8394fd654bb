/** The command `npx nx run onnx-jit:tfjs-tests`. */
import { knownFailures } from './known';
import { outcomeOf } from './outcome';
import { runTfjsTests } from './run';

const started = performance.now();
const outcome = outcomeOf(await runTfjsTests(), knownFailures);
const { passed, newFailures, mended, missing, skipped } = outcome;

for (const [name, failures] of newFailures) {
  console.log(`FAILED ${name}`);
  for (const message of failures) console.log(`       ${message.replaceAll('\n', ' ').slice(0, 300)}`);
}
for (const name of mended) console.log(`LISTED AS FAILING, and does not: ${name}`);
const lacking = [...missing].sort(([a, m], [b, n]) => n - m || a.localeCompare(b)).map(([name, n]) => `${name} ${n}`);
console.log(`skipped for kernels or types that cannot be compiled: ${lacking.join(', ')}`);
console.log(
  `tfjs's tests: ${passed} passed, ${newFailures.size} failed, ${outcome.knownFailures} failed as listed, ` +
    `${skipped} skipped; ${Math.round((performance.now() - started) / 1000)} s`,
);
process.exitCode = newFailures.size + mended.length === 0 ? 0 : 1;
