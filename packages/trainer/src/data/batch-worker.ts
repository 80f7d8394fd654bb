import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '@ser/files';
import { assembleBatch, type BatchArrays, type WaveSource } from './assemble';
import type { BatchPlan } from './plan';
import { waveOf, type StoredWave } from './waves';

/** What the loader hands to its thread: waveforms (in shared memory) and class indices by utterance id. */
export interface WorkerData {
  readonly waves: ReadonlyMap<string, StoredWave>;
  readonly labels: ReadonlyMap<string, number>;
  /** [classes] Shares of the classes, of utterances on which several people had an opinion. */
  readonly distributions?: ReadonlyMap<string, readonly number[]>;
  readonly classes: number;
}

export interface BatchRequest {
  readonly number: number;
  readonly plan: BatchPlan;
  readonly rows?: number;
}

export type BatchReply = { readonly number: number } & (
  { readonly batch: BatchArrays } | { readonly error: string; readonly errorName: string }
);

export function waveSource({ waves, labels, distributions, classes }: WorkerData): WaveSource {
  const find = <T>(from: ReadonlyMap<string, T>, id: string): T => {
    const found = from.get(id);
    if (found === undefined) throw new Error(`utterance "${id}" was not loaded`);
    return found;
  };
  return {
    classes,
    wave: (id) => waveOf(find(waves, id)),
    label: (id) => find(labels, id),
    shares: (id) => distributions?.get(id),
  };
}

if (parentPort) {
  const port = parentPort;
  const source = waveSource(workerData as WorkerData);
  port.on('message', ({ number, plan, rows }: BatchRequest) => {
    assembleBatch(plan, source, rows).then(
      (batch) => {
        const { waves, lengths, targets, labels } = batch;
        port.postMessage({ number, batch } satisfies BatchReply, [
          waves.buffer,
          lengths.buffer,
          targets.buffer,
          labels.buffer,
        ]);
      },
      (error: unknown) => {
        const errorName = error instanceof Error ? error.name : 'Error';
        port.postMessage({ number, error: messageOf(error), errorName } satisfies BatchReply);
      },
    );
  });
}
