/** What the backends saw while one of tfjs's tests ran. */
export interface Seen {
  /** Kernels that ran, each with what was wrong about it, if anything. */
  readonly kernels: Set<string>;
  /** Kernels that cannot be compiled. */
  readonly missing: Set<string>;
  /** Where a kernel disagreed with tfjs's own. */
  readonly disagreements: Set<string>;
}

const nothing = (): Seen => ({ kernels: new Set(), missing: new Set(), disagreements: new Set() });

let current = nothing();

export const seen = (): Seen => current;

/** Begins with the next test. */
export function startWatching(): void {
  current = nothing();
}
