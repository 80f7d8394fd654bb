import { execFileSync } from 'node:child_process';

/** A Python with these modules: SER_PYTHON or python3; undefined when there is none. */
export function pythonWith(...modules: string[]): string | undefined {
  const python = process.env['SER_PYTHON'] ?? 'python3';
  try {
    execFileSync(python, ['-c', `import ${modules.join(', ')}`], { stdio: 'ignore' });
    return python;
  } catch {
    return undefined;
  }
}
