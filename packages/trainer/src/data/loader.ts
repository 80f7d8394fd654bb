import { dirname, extname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { InputError } from '@ser/files';
import type { BatchArrays } from './assemble';
import type { BatchReply, BatchRequest, WorkerData } from './batch-worker';
import type { BatchPlan } from './plan';

/** Batches made in a thread of their own, ahead of the step that consumes them. */
export interface BatchLoader {
  /**
   * Batches of the plans in order; `rows` fixes the number of rows (see `assembleBatch`), `together` is how many the
   * consumer takes at a time.
   */
  batches(plans: readonly BatchPlan[], rows?: number, together?: number): AsyncGenerator<BatchArrays, void, undefined>;
  close(): Promise<void>;
}

/** Batches that wait, finished, while a step computes: ONNX Runtime blocks this thread, so requests go out early. */
const ahead = 4;

export function createLoader(data: WorkerData): BatchLoader {
  const worker = startWorker(data);
  const waiting = new Map<number, { resolve: (batch: BatchArrays) => void; reject: (error: Error) => void }>();
  let count = 0;
  const failAll = (error: Error): void => {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  worker.on('message', (reply: BatchReply) => {
    const pending = waiting.get(reply.number);
    waiting.delete(reply.number);
    if ('batch' in reply) pending?.resolve(reply.batch);
    else pending?.reject(reply.errorName === 'InputError' ? new InputError(reply.error) : new Error(reply.error));
  });
  worker.on('error', (error) => failAll(error instanceof Error ? error : new Error(String(error))));
  worker.on('exit', (code) =>
    failAll(new Error(`the thread that makes batches ended with code ${code} before they were made`)),
  );

  const request = (plan: BatchPlan, rows?: number): Promise<BatchArrays> => {
    const number = count++;
    const promise = new Promise<BatchArrays>((resolve, reject) => waiting.set(number, { resolve, reject }));
    promise.catch(() => undefined); // a consumer that stopped early leaves requests behind
    worker.postMessage({ number, plan, rows } satisfies BatchRequest);
    return promise;
  };
  return {
    async *batches(plans, rows, together = 1) {
      const queue: Promise<BatchArrays>[] = [];
      let next = 0;
      for (;;) {
        for (let plan = plans[next]; plan && queue.length < ahead + together - 1; plan = plans[++next])
          queue.push(request(plan, rows));
        const head = queue.shift();
        if (!head) return;
        yield await head;
      }
    },
    async close() {
      worker.removeAllListeners('exit');
      await worker.terminate();
    },
  };
}

function startWorker(data: WorkerData): Worker {
  const here = fileURLToPath(import.meta.url);
  const extension = extname(here);
  // Built: this code lies in a chunk at the top of dist, the thread's file where its source was.
  if (extension !== '.ts')
    return new Worker(join(dirname(here), 'data', `batch-worker${extension}`), { workerData: data });
  const module = new URL('./batch-worker.ts', pathToFileURL(here)).href;
  return new Worker(new URL('./source-worker.mjs', pathToFileURL(here)), {
    workerData: { ...data, module },
    execArgv: ['--conditions=@ser/source'],
  });
}
