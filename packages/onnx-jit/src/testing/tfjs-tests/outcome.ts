import type { SpecReport } from './specs';

/** What tfjs's tests say, against the list of those that are known to fail. */
export interface Outcome {
  /** Tests, each counted once for the two ways of running it. */
  readonly passed: number;
  readonly knownFailures: number;
  /** Name of the test, and what was wrong. */
  readonly newFailures: ReadonlyMap<string, readonly string[]>;
  /** Listed as failing, and passed (or gone). */
  readonly mended: readonly string[];
  /** Not run to the end for lack of these kernels or types: name → how many tests. */
  readonly missing: ReadonlyMap<string, number>;
  readonly skipped: number;
  /** Of the tests that ran a kernel: how many passed, of how many. */
  readonly kernels: ReadonlyMap<string, { readonly passed: number; readonly all: number }>;
}

/** The name that tfjs gave the test, without the way of running it. */
export const testName = (fullName: string): string => fullName.replace(/ (kernel|lazy) \{\}/g, '');

export function outcomeOf(reports: readonly SpecReport[], known: Readonly<Record<string, string>>): Outcome {
  const tests = new Map<string, SpecReport[]>();
  for (const report of reports) {
    const name = testName(report.name);
    tests.set(name, [...(tests.get(name) ?? []), report]);
  }
  const newFailures = new Map<string, string[]>();
  const missing = new Map<string, number>();
  const kernels = new Map<string, { passed: number; all: number }>();
  const failing = new Set<string>();
  let [passed, skipped] = [0, 0];
  for (const [name, runs] of tests) {
    const lacking = new Set(runs.flatMap((r) => r.missing));
    if (lacking.size > 0) {
      skipped++;
      for (const item of lacking) missing.set(item, (missing.get(item) ?? 0) + 1);
      continue;
    }
    const failures = [...new Set(runs.flatMap((r) => r.failures))];
    if (failures.length > 0) failing.add(name);
    if (failures.length > 0 && !(name in known)) newFailures.set(name, failures);
    if (failures.length === 0) passed++;
    for (const kernel of new Set(runs.flatMap((r) => r.kernels))) {
      const count = kernels.get(kernel) ?? { passed: 0, all: 0 };
      kernels.set(kernel, { passed: count.passed + Number(failures.length === 0), all: count.all + 1 });
    }
  }
  const mended = Object.keys(known).filter((name) => !failing.has(name));
  return { passed, knownFailures: failing.size - newFailures.size, newFailures, mended, missing, skipped, kernels };
}
