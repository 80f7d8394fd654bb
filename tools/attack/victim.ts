import { isInputError, messageOf } from '@ser/files';
import type { Order, Outcome } from './attack';
import { groups } from './groups';

/** As a process: `victim.ts GROUP` runs the attacks that it is sent, one after the other, and answers how each ended. */
const attacks = await groups[process.argv[2] ?? '']?.();

async function outcomeOf({ index, folder }: Order): Promise<Outcome> {
  try {
    await attacks?.[index]?.run(folder);
    return { kind: 'read' };
  } catch (error) {
    if (isInputError(error)) return { kind: 'refused', message: messageOf(error) };
    return { kind: 'defect', error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

process.on('message', (order: Order) => {
  void outcomeOf(order).then((outcome) => process.send?.(outcome));
});
process.send?.('ready');
