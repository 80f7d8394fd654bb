import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** An NVIDIA GPU as its driver lists it. */
export interface Card {
  /** As `CUDA_VISIBLE_DEVICES` takes it. */
  readonly index: string;
  readonly name: string;
  readonly driver: string;
  readonly memoryMiB: number;
}

/** The NVIDIA GPUs of this machine, by its driver; none without one. */
export async function listCards(command = 'nvidia-smi'): Promise<Card[]> {
  const query = ['--query-gpu=index,name,driver_version,memory.total', '--format=csv,noheader,nounits'];
  try {
    const { stdout } = await promisify(execFile)(command, query, { timeout: 20_000 });
    return stdout.trim().split('\n').flatMap(readCard);
  } catch {
    return []; // no driver
  }
}

function readCard(line: string): Card[] {
  const [index, name, driver, memory] = line.split(',').map((part) => part.trim());
  return index && name && driver ? [{ index, name, driver, memoryMiB: Number(memory) }] : [];
}

/** Cards that this process may use: those of `CUDA_VISIBLE_DEVICES` where it is set. */
export function visibleCards(cards: readonly Card[], visible = process.env['CUDA_VISIBLE_DEVICES']): string[] {
  if (visible === undefined) return cards.map(({ index }) => index);
  return visible.split(',').flatMap((part) => (part.trim() === '' ? [] : [part.trim()]));
}

/** Memory of the card that this process computes on, by its driver; undefined without one. */
export async function cardMemory(
  command = 'nvidia-smi',
): Promise<{ readonly freeMiB: number; readonly totalMiB: number } | undefined> {
  const [card = '0'] = visibleCards([]);
  const query = ['--query-gpu=memory.free,memory.total', '--format=csv,noheader,nounits', `--id=${card}`];
  try {
    const { stdout } = await promisify(execFile)(command, query, { timeout: 20_000 });
    const [freeMiB = NaN, totalMiB = NaN] = stdout.split(',').map(Number);
    return { freeMiB, totalMiB };
  } catch {
    return undefined;
  }
}
