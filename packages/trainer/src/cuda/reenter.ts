import { spawn } from 'node:child_process';
import { delimiter } from 'node:path';

/**
 * The environment in which CUDA's libraries are found: Linux reads `LD_LIBRARY_PATH` when a process starts.
 *
 * @returns null where they are on the path already
 */
export function withLibraries(
  folders: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): NodeJS.ProcessEnv | null {
  const path = env['LD_LIBRARY_PATH'] ?? '';
  const present = new Set(path.split(delimiter));
  const missing = folders.filter((folder) => !present.has(folder));
  if (missing.length === 0) return null;
  return { ...env, LD_LIBRARY_PATH: [...missing, ...(path === '' ? [] : [path])].join(delimiter) };
}

/** Runs this command again in another environment, in this one's place. @returns its exit code */
export async function reenter(command: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const [program, ...args] = command;
  if (program === undefined) throw new Error('no command line to start again');
  // Ctrl-C reaches both: the one that works answers it.
  const ignore = (): void => undefined;
  process.on('SIGINT', ignore);
  const child = spawn(program, args, { stdio: 'inherit', env });
  const forward = (): void => void child.kill('SIGTERM');
  process.on('SIGTERM', forward);
  try {
    return await new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => resolve(code ?? 1));
    });
  } finally {
    process.off('SIGINT', ignore);
    process.off('SIGTERM', forward);
  }
}
