import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { errorCode } from './input-error';

/** A process, so that another one can tell whether it still runs. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly host: string;
  /** The start of the machine and the space in which process numbers count (a container has its own); empty where unknown. */
  readonly space: string;
  /** When the process began, so that a number that is used again is not mistaken for it; empty where unknown. */
  readonly started: string;
}

export function thisProcess(): ProcessIdentity {
  return { pid: process.pid, host: hostname(), space: processSpace(), started: startOf(process.pid) };
}

/** Whether this process can see that one by its number: the same machine, started once, and the same container. */
export function isNeighbour({ host, space }: ProcessIdentity): boolean {
  return host === hostname() && space === processSpace();
}

/** Whether a neighbour has ended. */
export function isGone({ pid, started }: ProcessIdentity): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (errorCode(error) !== 'EPERM') return true; // EPERM: it lives, and belongs to somebody else
  }
  return startOf(pid) !== started;
}

function processSpace(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return '';
  }
}

/** Field 22 of /proc/PID/stat, in ticks since the machine's start. */
function startOf(pid: number): string {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
