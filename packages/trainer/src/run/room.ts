import { cardMemory } from '../cuda/cards';
import type { Engine } from '../training/engine';

/**
 * Whether there is memory to keep what an evaluation has compiled until the next one. On the CPU every compiled graph keeps
 * the memory of its largest run: twice as much as this process has must be free. On CUDA half of the card must be. On
 * WebGPU all graphs share their buffers.
 */
export async function hasRoom({ provider }: Pick<Engine, 'provider'>): Promise<boolean> {
  if (provider === 'cpu') return process.availableMemory() > 2 * process.memoryUsage.rss();
  if (provider !== 'cuda') return true;
  const memory = await cardMemory();
  return memory !== undefined && memory.freeMiB > memory.totalMiB / 2;
}
