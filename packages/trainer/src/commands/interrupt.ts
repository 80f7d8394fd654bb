/** Ctrl-C or a polite kill: the run writes a checkpoint and stops. */
export class Interrupted extends Error {
  override name = 'Interrupted';
}

/** GNU timeout signals its child and then the group, and npm passes on what the terminal has sent already: two in a second are one. */
const oneSignal = 1000;

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** An abort signal that the first Ctrl-C (or SIGTERM, or SIGHUP) raises; one that comes later ends the process at once. */
export function interruptSignal(): { signal: AbortSignal; release: () => void } {
  const controller = new AbortController();
  let first = 0;
  const onSignal = (): void => {
    if (controller.signal.aborted) {
      if (performance.now() - first > oneSignal) process.exit(130);
      return;
    }
    first = performance.now();
    controller.abort(new Interrupted('interrupted; the same command goes on from here'));
    process.stderr.write('\nstopping after this step (again to stop at once)\n');
  };
  for (const name of signals) process.on(name, onSignal);
  return {
    signal: controller.signal,
    release: () => {
      for (const name of signals) process.off(name, onSignal);
    },
  };
}
