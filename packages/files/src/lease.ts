import { randomUUID } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { fileError } from './file-error';
import { errorCode, InputError } from './input-error';
import { makeFolder } from './make-folder';
import { removeQuietly } from './replace-file';
import { isGone, isNeighbour, thisProcess, type ProcessIdentity } from './process-identity';

/** How quick a lease is to believe in death; shorter in tests. */
export interface LeaseTiming {
  /** Time between two signs of life of the holder, in ms. */
  readonly beat: number;
  /** A holder that gives no sign of life for this long is gone, in ms. */
  readonly stale: number;
}

const usual: LeaseTiming = { beat: 5_000, stale: 60_000 };

export interface LeaseOptions {
  /** What the holder does, for the message: "runs this fold". */
  readonly purpose: string;
  /** Waits until the lease is free, instead of an error when somebody has it. */
  readonly wait?: boolean;
  /** Told once when there is something to wait for. */
  readonly onWait?: (line: string) => void;
  /** Ends the waiting; the error is the signal's reason. */
  readonly signal?: AbortSignal;
  readonly timing?: LeaseTiming;
}

export interface Lease {
  /** Aborted when another process took the lease over, which happens only to a process that stood still for a minute. */
  readonly signal: AbortSignal;
  /** @throws {InputError} when the lease was lost. Called before anything that must not be written twice. */
  check(): void;
  /** Gives the lease back. */
  release(): void;
}

interface Holder extends ProcessIdentity {
  readonly token: string;
  /** Counts up while the holder lives. */
  readonly beat: number;
}

/**
 * Takes a file as a lease: only one process at a time holds it, on this machine or on any other that shares the folder.
 *
 * The holder writes a sign of life into the file every five seconds, from a thread of its own, so that long computations
 * do not look like death. A holder of this machine that is no longer there is replaced at once. A holder of another
 * machine or container is replaced when it gave no sign of life for a minute: the ages are those of the disk that holds
 * the file, and the last ten seconds are watched, so that neither a clock that is wrong nor one that jumps decides.
 *
 * @param path the file; its folder is made when missing
 * @throws {InputError} when another process holds it (unless `wait`), or the file cannot be written
 */
export async function takeLease(path: string, options: LeaseOptions): Promise<Lease> {
  const token = randomUUID();
  const mine = `${path}.${token.slice(0, 8)}`;
  const me: Holder = { ...thisProcess(), token, beat: 0 };
  try {
    makeFolder(dirname(path));
    for (;;) {
      writeFileSync(mine, encode(me));
      if (linkTo(mine, path)) return hold(path, me, options.timing ?? usual);
      const left = await untilLeft(path, mine, options);
      if (left) discard(path, mine, left);
    }
  } catch (error) {
    throw fileError(error, path);
  } finally {
    removeQuietly(mine);
  }
}

/** Gives a file a second name; false when the name is taken. Its content is whole from the first moment on. */
function linkTo(mine: string, path: string): boolean {
  try {
    linkSync(mine, path);
    return true;
  } catch (error) {
    switch (errorCode(error)) {
      case 'EEXIST':
        // A network disk may have done it and lost the answer.
        return statSync(mine).nlink === 2;
      case 'EPERM':
      case 'ENOTSUP':
      case 'EOPNOTSUPP':
      case 'ENOSYS':
        return createInstead(mine, path); // a disk without links
      default:
        throw error;
    }
  }
}

function createInstead(mine: string, path: string): boolean {
  try {
    writeFileSync(path, readFileSync(mine), { flag: 'wx' });
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Watches a lease until its holder is known to be gone, and returns what it left; undefined when the holder gave it back.
 * @throws {InputError} as soon as the holder is known to live, unless `wait`
 */
async function untilLeft(path: string, mine: string, options: LeaseOptions): Promise<Sight | undefined> {
  const { purpose, wait, onWait, signal, timing: { beat, stale } = usual } = options;
  let told = false;
  let seen = look(path);
  let since = performance.now();
  for (;;) {
    const now = look(path);
    if (now === undefined) return undefined;
    if (now.text !== seen?.text) {
      const lives = seen?.holder !== undefined && now.holder?.token === seen.holder.token;
      if (lives && !wait) throw taken(path, now, purpose);
      seen = now;
      since = performance.now();
    }
    const neighbour = now.holder !== undefined && isNeighbour(now.holder);
    if (now.holder && neighbour) {
      if (isGone(now.holder)) return now;
      if (!wait) throw taken(path, now, purpose);
    } else {
      const watched = performance.now() - since;
      writeFileSync(mine, readFileSync(mine)); // its time is now the disk's own
      const age = statSync(mine).mtimeMs - now.time;
      if (watched >= 2 * beat && Math.max(age, watched) >= stale) return now;
    }
    if (!told) {
      told = true;
      onWait?.(`${path}: held by ${nameOf(now)}; waiting for it, or for a minute without a sign of life from it`);
    }
    await sleep(neighbour ? 200 : beat / 5, undefined, signal ? { signal } : {}).catch(() => signal?.throwIfAborted());
  }
}

/** Who holds a lease, and how long ago it gave its last sign of life (in seconds, by this machine's clock). */
export interface LeaseState {
  readonly pid: number | undefined;
  readonly host: string | undefined;
  readonly age: number;
}

/** Looks at a lease without touching it; undefined when nobody holds it. For display: `takeLease` alone decides. */
export function lookAtLease(path: string): LeaseState | undefined {
  const sight = look(path);
  if (!sight || (sight.holder && isNeighbour(sight.holder) && isGone(sight.holder))) return undefined;
  return { pid: sight.holder?.pid, host: sight.holder?.host, age: Math.max(0, Date.now() - sight.time) / 1000 };
}

interface Sight {
  readonly text: string;
  readonly holder: Holder | undefined;
  /** When the file was written last, by the clock of its disk. */
  readonly time: number;
}

function look(path: string): Sight | undefined {
  try {
    const text = readFileSync(path, 'utf8');
    return { text, holder: decode(text), time: statSync(path).mtimeMs };
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

const nameOf = ({ holder }: Sight): string =>
  holder ? `process ${holder.pid} on ${holder.host}` : 'a process that left no name';

function taken(path: string, sight: Sight, purpose: string): InputError {
  return new InputError(`${nameOf(sight)} ${purpose} already; wait for it, or stop it (it holds ${path})`);
}

/** Moves the lease of a holder that is gone out of the way. Should a living one have taken it in between, it gets it back. */
function discard(path: string, mine: string, left: Sight): void {
  if (!isSame(look(path), left)) return;
  const aside = `${mine}.old`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    throw error;
  }
  if (!isSame(look(aside), left)) linkTo(aside, path);
  rmSync(aside, { force: true });
}

/** Whether two sights are of one holder. */
const isSame = (a: Sight | undefined, b: Sight): boolean =>
  a !== undefined && (b.holder ? a.holder?.token === b.holder.token : a.text === b.text);

function hold(path: string, me: Holder, { beat }: LeaseTiming): Lease {
  const lost = new AbortController();
  const file = openSync(path, 'r+');
  const { ino } = fstatSync(file);
  const heart = new Worker(heartbeat, { eval: true, workerData: { path, file, ino, me, beat } });
  heart.unref();
  heart.on('message', () => lost.abort(lostError(path)));
  heart.on('error', () => undefined); // without a heart the lease ages, and `check` tells
  const holds = (): boolean => look(path)?.holder?.token === me.token;
  let released = false;
  return {
    signal: lost.signal,
    check: () => {
      if (!holds()) throw lostError(path);
    },
    release: () => {
      if (released) return;
      released = true;
      void heart.terminate().then(() => closeSync(file));
      if (holds()) rmSync(path, { force: true });
    },
  };
}

const lostError = (path: string): InputError =>
  new InputError(`${path}: another process took over while this one stood still; run the same command again`);

/** Written over the file in place: the same length every time, so that no reader meets half of it. */
const encode = (holder: Holder): string => `${JSON.stringify({ ...holder, beat: String(holder.beat).padStart(12) })}\n`;

function decode(text: string): Holder | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    if (!('pid' in value && 'host' in value && 'space' in value && 'started' in value && 'token' in value))
      return undefined;
    const { pid, host, space, started, token } = value;
    if (typeof pid !== 'number') return undefined;
    const count = 'beat' in value ? Number(value.beat) : 0;
    return {
      pid,
      host: String(host),
      space: String(space),
      started: String(started),
      token: String(token),
      beat: count,
    };
  } catch {
    return undefined;
  }
}

/** The thread that writes the signs of life. Plain JavaScript: it is started from this text. */
const heartbeat = `
const { statSync, writeSync } = require('node:fs');
const { parentPort, workerData } = require('node:worker_threads');
const { path, file, ino, me, beat } = workerData;
let count = 0;
const timer = setInterval(() => {
  try {
    if (statSync(path).ino !== ino) throw new Error('replaced');
    writeSync(file, JSON.stringify({ ...me, beat: String(++count).padStart(12) }) + '\\n', 0);
  } catch (error) {
    if (error.code !== undefined && error.code !== 'ENOENT') return; // the disk may come back
    clearInterval(timer);
    parentPort.postMessage('lost');
  }
}, beat);
`;
