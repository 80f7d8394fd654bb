/**
 * npm run conformance -- <folder>: holds the public API of the packages to the reference values found under the
 * folder, eager and compiled, prints the largest error of each fixture and exits with 1 past a tolerance.
 */
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { table } from '../table';
import { type Check, Field } from './fixture';

type Run = () => Promise<Check[]>;

// Loaded when a fixture asks for it: a package that does not load fails its own fixtures only.
const known: Record<string, (path: string) => Promise<Check[]>> = {
  'losses-flam.json': async (path) => (await import('./losses-flam')).losses(Field.readFile(path)),
  'eam.json': async (path) => (await import('./eam')).eam(Field.readFile(path)),
  'metrics.json': async (path) => (await import('./metrics')).metrics(Field.readFile(path)),
};

const [folder] = process.argv.slice(2);
if (!folder || !statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
  console.error(`conformance: ${folder ?? 'no folder given'}: expected a folder of fixtures, such as ../shared/golden`);
  process.exit(2);
}

const { fixtures, notCovered } = discover(folder);
const rows: string[][] = [];
let failed = 0;
for (const [name, run] of fixtures) {
  const started = Date.now();
  try {
    const checks = await run();
    if (checks.length === 0) throw new Error('the fixture holds nothing to compare');
    for (const engine of new Set(checks.map((check) => check.engine))) {
      const own = checks.filter((check) => check.engine === engine);
      const bad = own.filter(({ error, tolerance }) => !(error <= tolerance));
      // Largest in units of its tolerance, so that one fixture may hold several tolerances.
      const share = ({ error, tolerance }: Check): number =>
        tolerance === 0 ? (error === 0 ? 0 : Infinity) : error / tolerance;
      const worst = own.reduce((a, b) => (share(b) > share(a) ? b : a));
      rows.push([
        name,
        engine,
        `${own.length}`,
        worst.error.toExponential(2),
        worst.tolerance.toExponential(0),
        bad.length > 0 ? `FAILED (${bad.length})` : 'ok',
        worst.quantity,
      ]);
      failed += bad.length;
    }
  } catch (error) {
    failed++;
    rows.push([name, '', '', '', '', 'FAILED', error instanceof Error ? error.message : String(error)]);
  }
  console.error(`${name}: ${((Date.now() - started) / 1000).toFixed(1)} s`);
}
console.log(table(['fixture', 'engine', 'checks', 'largest error', 'tolerance', '', 'where'], rows));
for (const name of notCovered) console.log(`not covered: ${name}`);
if (rows.length === 0) console.log(`no known fixture under ${folder}`);
console.log(failed > 0 ? `${failed} comparisons past their tolerance` : 'every comparison is within its tolerance');
process.exit(failed > 0 || rows.length === 0 ? 1 : 0);

/** Fixtures by the name of their file, or model folders by the files a checkpoint has; everything else is listed. */
function discover(root: string): { fixtures: Map<string, Run>; notCovered: string[] } {
  const fixtures = new Map<string, Run>();
  const notCovered: string[] = [];
  const visit = (directory: string): void => {
    const files = readdirSync(directory).sort();
    if (files.includes('config.json') && files.includes('golden.json')) {
      fixtures.set(`${path.relative(root, directory) || '.'}/`, async () =>
        (await import('./encoder')).encoder(directory),
      );
      return;
    }
    for (const name of files) {
      const full = path.join(directory, name);
      const compare = known[name];
      if (statSync(full).isDirectory()) visit(full);
      else if (compare) fixtures.set(path.relative(root, full), () => compare(full));
      else if (name !== 'README.md') notCovered.push(path.relative(root, full));
    }
  };
  visit(root);
  return { fixtures, notCovered };
}
