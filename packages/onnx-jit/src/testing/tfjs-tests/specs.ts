import { createRequire } from 'node:module';
import { appendFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { seen, startWatching } from './watch';

/** What became of one of tfjs's tests. */
export interface SpecReport {
  readonly name: string;
  readonly kernels: readonly string[];
  /** Kernels or types that cannot be compiled. */
  readonly missing: readonly string[];
  /** What was wrong; empty where it passed. */
  readonly failures: readonly string[];
}

/** A test that has begun: without its report after it, it is the one that the process ended in. */
export interface SpecStart {
  readonly started: string;
}

interface JasmineSpec {
  readonly fullName: string;
  readonly status: string;
  readonly failedExpectations: readonly { readonly message: string }[];
}

interface Jasmine {
  readonly getEnv: () => {
    configure(options: object): void;
    addReporter(reporter: object): void;
    execute(): Promise<unknown>;
  };
}

const require = createRequire(path.resolve('package.json'));
const { boot } = require('jasmine-core') as { boot: () => Jasmine };

/** Installs Jasmine's globals; `execute` runs what was described with them and writes a line of JSON a test. */
export function startJasmine(file: string): () => Promise<void> {
  const environment = boot().getEnv();
  environment.configure({ random: false, forbidDuplicateNames: false });
  writeFileSync(file, '');
  environment.addReporter({
    specStarted({ fullName }: JasmineSpec) {
      startWatching();
      const start: SpecStart = { started: fullName };
      appendFileSync(file, `${JSON.stringify(start)}\n`);
    },
    specDone({ fullName, status, failedExpectations }: JasmineSpec) {
      if (status === 'excluded' || status === 'pending') return;
      const { kernels, missing, disagreements } = seen();
      const report: SpecReport = {
        name: fullName,
        kernels: [...kernels],
        missing: [...missing],
        failures: [...failedExpectations.map((f) => f.message), ...disagreements],
      };
      appendFileSync(file, `${JSON.stringify(report)}\n`);
    },
  });
  return async () => void (await environment.execute());
}
