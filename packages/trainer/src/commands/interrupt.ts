/** Ctrl-C or a polite kill: the run writes a checkpoint and stops. */
export class Interrupted extends Error {
  override name = 'Interrupted';
}

/** A signal raised by the first Ctrl-C; the second one ends the process at once. */
export function interruptSignal(): { signal: AbortSignal; release: () => void } {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort(new Interrupted('interrupted; the same command goes on from here'));
    process.stderr.write('\nstopping after this step (again to stop at once)\n');
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    release: () => {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}
