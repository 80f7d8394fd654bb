import { spawn } from 'node:child_process';

export interface ProcessOptions {
  readonly seconds: number;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Called with each line of its output. */
  readonly onLine?: (line: string) => void;
}

/**
 * Runs a process to its end or to its time limit, at which it and everything it started are killed.
 *
 * @returns its output, and in one line why it failed, where it did
 */
export async function runProcess(
  command: string,
  args: readonly string[],
  { seconds, env, cwd, onLine = () => undefined }: ProcessOptions,
): Promise<{ output: string; failure?: string }> {
  // In a group of its own, because compilers of PyTorch are processes, too.
  const child = spawn(command, [...args], { detached: true, env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const kill = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has ended.
    }
  };
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    kill();
  }, seconds * 1000);
  process.once('exit', kill);
  let output = '';
  let errors = '';
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    output += part;
    const lines = (rest + part).split('\n');
    rest = lines.pop() ?? '';
    lines.forEach(onLine);
  });
  child.stderr.setEncoding('utf8').on('data', (part: string) => (errors = (errors + part).slice(-20_000)));
  try {
    const end = await new Promise<number | string>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => resolve(code ?? signal ?? 'an unknown signal'));
    });
    if (late) return { output, failure: `not done within ${seconds.toFixed(0)} s` };
    return end === 0 ? { output } : { output, failure: reasonIn(errors) ?? `ended with ${end}` };
  } catch (error) {
    return { output, failure: error instanceof Error ? error.message : String(error) };
  } finally {
    clearTimeout(timer);
    process.off('exit', kill);
    kill(); // What it has left running.
  }
}

/** The last line that names an error, or the last one. */
function reasonIn(errors: string): string | undefined {
  const lines = errors.split('\n').flatMap((line) => (line.trim() === '' ? [] : line.trim()));
  return (lines.filter((line) => /error/i.test(line)).at(-1) ?? lines.at(-1))?.slice(0, 200);
}
