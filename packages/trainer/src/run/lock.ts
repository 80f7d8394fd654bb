import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { errorCode, InputError } from '../errors';

interface Holder {
  readonly pid: number;
  readonly host: string;
  /** Start time of the process where the system tells it, so that a reused pid is not mistaken for the holder. */
  readonly started: string;
}

/**
 * Takes a folder for this process. A lock left by a process that is no longer there (killed, machine restarted) is
 * taken over at once, so that the same command goes on; a lock of another machine is respected.
 *
 * @returns a function that gives the folder back.
 * @throws {InputError} naming the process that has the folder.
 */
export function lockFolder(dir: string): () => void {
  mkdirSync(dir, { recursive: true });
  const lock = join(dir, 'lock');
  const mine = join(dir, `lock.${process.pid}.${Date.now()}`);
  const me: Holder = { pid: process.pid, host: hostname(), started: startTime(process.pid) };
  writeFileSync(mine, JSON.stringify(me));
  try {
    for (let attempt = 0; attempt < 5; attempt++) {
      try {
        linkSync(mine, lock); // atomic: fails when somebody has it, and the content is whole from the first moment
        return () => {
          if (readHolder(lock)?.pid === process.pid) rmSync(lock, { force: true });
        };
      } catch (error) {
        if (errorCode(error) !== 'EEXIST') throw error;
      }
      const holder = readHolder(lock);
      if (holder && isAlive(holder)) {
        throw new InputError(
          `${dir}: process ${holder.pid} on ${holder.host} is already running this fold; wait for it, or choose another --name`,
        );
      }
      discard(lock, mine);
    }
    throw new InputError(`${dir}: another process keeps taking the lock`);
  } finally {
    rmSync(mine, { force: true });
  }
}

/** Moves a dead process's lock away; should a live one have taken it in between, it gets it back. */
function discard(lock: string, mine: string): void {
  const aside = `${mine}.stale`;
  try {
    renameSync(lock, aside);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    throw error;
  }
  const holder = readHolder(aside);
  if (holder && isAlive(holder)) renameSync(aside, lock);
  else rmSync(aside, { force: true });
}

function readHolder(path: string): Holder | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof value !== 'object' || value === null) return undefined;
    if (!('pid' in value && 'host' in value && 'started' in value)) return undefined;
    const { pid, host, started } = value;
    return typeof pid === 'number' && typeof host === 'string' ? { pid, host, started: String(started) } : undefined;
  } catch {
    return undefined;
  }
}

function isAlive({ pid, host, started }: Holder): boolean {
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (errorCode(error) !== 'EPERM') return false;
  }
  return startTime(pid) === started;
}

/** Field 22 of /proc/<pid>/stat on Linux (with the boot's id); the empty string elsewhere. */
function startTime(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''}`;
  } catch {
    return '';
  }
}
