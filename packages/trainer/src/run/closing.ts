/** Things that were opened one after the other. */
export interface Closing {
  /** Remembers how to close what was just opened. */
  add(close: () => unknown): void;
  /** Closes everything, the last one first, also when closing one of them fails. */
  close(): Promise<void>;
}

export function createClosing(): Closing {
  const closers: (() => unknown)[] = [];
  return {
    add: (close) => void closers.push(close),
    async close() {
      const failures: unknown[] = [];
      for (let close = closers.pop(); close; close = closers.pop()) {
        try {
          await close();
        } catch (error) {
          failures.push(error);
        }
      }
      if (failures.length > 0) throw failures[0];
    },
  };
}
