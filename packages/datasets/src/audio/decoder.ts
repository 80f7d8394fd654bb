import { availableParallelism } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { InputError } from '@ser/files';
import type { Span } from './decode';
import { type DecodeJob, type DecodeResult, runDecodeJob } from './decode-job';
import { emptyAudio } from './empty-audio';
import type { AudioReport } from './inspect-audio';

/** Decodes audio in threads of its own, so that neither the event loop nor a training step waits for it. */
export interface Decoder {
  /** `readWaveform` in a thread: [samples] mono 16 kHz. */
  read(path: string, span?: Span): Promise<Float32Array>;
  /** `inspectAudio` in a thread. */
  inspect(path: string, span?: Span): Promise<AudioReport>;
  /** Ends the threads; what is still under way is rejected. */
  close(): Promise<void>;
}

interface Waiting {
  readonly job: DecodeJob;
  readonly resolve: (value: Float32Array | AudioReport) => void;
  readonly reject: (error: Error) => void;
}

interface Thread {
  readonly worker: Worker;
  readonly running: Map<number, Waiting>;
}

/** Jobs a thread has at once, so that it reads one file while it decodes another. */
const depth = 3;

/**
 * A pool of decoder threads. They start with the first job and do not keep the process alive.
 *
 * @param options.workers How many threads; 0 decodes in the calling thread. Default: one less than the cores.
 */
export function createDecoder(options: { readonly workers?: number } = {}): Decoder {
  const size = options.workers ?? Math.max(1, availableParallelism() - 1);
  if (!Number.isInteger(size) || size < 0 || size > 256)
    throw new InputError(`${size} decoder threads, expected 0 to 256`);
  const threads: Thread[] = [];
  const queue: Waiting[] = [];
  let nextId = 0;
  let closed = false;

  const start = (): Thread => {
    const thread: Thread = { worker: startWorker(), running: new Map() };
    thread.worker.unref();
    thread.worker.on('message', (result: DecodeResult) => {
      const waiting = thread.running.get(result.id);
      thread.running.delete(result.id);
      if (thread.running.size === 0) thread.worker.unref();
      settle(waiting, result);
      hand();
    });
    const fail = (error: Error): void => {
      // A thread that dies takes its jobs with it; the next job starts another.
      const at = threads.indexOf(thread);
      if (at >= 0) threads.splice(at, 1);
      for (const { reject, job } of thread.running.values())
        reject(new Error(`${job.path}: ${error.message}`, { cause: error }));
      thread.running.clear();
      if (!closed) hand();
    };
    thread.worker.on('error', fail);
    thread.worker.on('exit', (code) =>
      fail(new Error(closed ? 'the decoder was closed' : `decoder thread ended with code ${code}`)),
    );
    threads.push(thread);
    return thread;
  };

  const hand = (): void => {
    for (let waiting = queue[0]; waiting; waiting = queue[0]) {
      let thread = threads.reduce<Thread | undefined>(
        (best, t) => (best && best.running.size <= t.running.size ? best : t),
        undefined,
      );
      if ((!thread || thread.running.size > 0) && threads.length < size) thread = start();
      if (!thread || thread.running.size >= depth) return;
      queue.shift();
      thread.running.set(waiting.job.id, waiting);
      thread.worker.ref();
      thread.worker.postMessage(waiting.job);
    }
  };

  const submit = (task: DecodeJob['task'], file: string, span: Span = {}): Promise<Float32Array | AudioReport> =>
    new Promise((resolve, reject) => {
      if (closed) return reject(new Error('the decoder is closed'));
      const waiting = { job: { id: nextId++, task, path: file, span }, resolve, reject };
      if (size === 0) return void runDecodeJob(waiting.job).then((result) => settle(waiting, result));
      queue.push(waiting);
      hand();
    });

  return {
    read: async (file, span) => (await submit('read', file, span)) as Float32Array,
    inspect: async (file, span) => (await submit('inspect', file, span)) as AudioReport,
    close: async () => {
      closed = true;
      for (const { reject } of queue.splice(0)) reject(new Error('the decoder was closed'));
      await Promise.all([...threads].map(({ worker }) => worker.terminate()));
    },
  };
}

/** Decodes many files in a pool, in the order given, and closes it. */
export async function decodeAll(
  items: readonly { readonly audio: string; readonly start?: number | undefined; readonly end?: number | undefined }[],
  options: { readonly workers?: number } = {},
): Promise<Float32Array[]> {
  const decoder = createDecoder(options);
  try {
    return await Promise.all(items.map(({ audio, start, end }) => decoder.read(audio, { start, end })));
  } finally {
    await decoder.close();
  }
}

function settle(waiting: Waiting | undefined, result: DecodeResult): void {
  if (!waiting) return;
  if ('value' in result) waiting.resolve(result.value);
  else if (result.isEmpty) waiting.reject(emptyAudio(result.error));
  else
    waiting.reject(result.badInput ? new InputError(result.error) : new Error(`${waiting.job.path}: ${result.error}`));
}

/**
 * When built, this code lies in the package's one file, with the worker in `audio` beside it and with the same extension,
 * .mjs or .cjs. In the repository a plain module starts the TypeScript one, because the thread does not inherit how the
 * caller (tsx, Jest) runs TypeScript.
 */
function startWorker(): Worker {
  const here = fileURLToPath(import.meta.url);
  const extension = path.extname(here);
  const fromSource = extension === '.ts';
  const name = fromSource ? 'decode-worker-source.mjs' : `audio/decode-worker${extension}`;
  const url = pathToFileURL(path.join(path.dirname(here), name));
  // The packages beside this one are read from source, too, whatever the process itself was told.
  return fromSource ? new Worker(url, { execArgv: ['--conditions=@ser/source'] }) : new Worker(url);
}
