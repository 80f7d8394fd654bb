import { arch, availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { listCards, visibleCards } from '../cuda/cards';
import type { Machine } from '../record/run-files';
import type { EngineName } from '../training/engine';

/** The computer as an engine sees it. */
export async function machineOf(engine: EngineName): Promise<Machine> {
  const gpu = engine.endsWith('cpu') || engine === 'tfjs-node' ? undefined : await firstCard();
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    os: `${type()} ${release()} ${arch()}`,
    ...(gpu === undefined ? {} : { gpu }),
  };
}

/** The NVIDIA GPU that an engine takes; of others no driver can be asked. */
async function firstCard(): Promise<string | undefined> {
  const cards = await listCards();
  const [first] = visibleCards(cards);
  const card = cards.find(({ index }) => index === first);
  return card && `${card.name}, driver ${card.driver}`;
}
