/** A hostile or damaged input, and the part of the program that must survive it. */
export interface Attack {
  readonly name: string;
  /** `refused`: one line about bad input. `read`: it only looks dangerous. `either`: any end but a defect. */
  readonly expect: 'refused' | 'read' | 'either';
  /** Writes the input into an empty folder. */
  write(folder: string): void | Promise<void>;
  /** Reads it as the program does. Runs in a process of its own, under limits. */
  run(folder: string): Promise<unknown>;
}

/** How an attack ended. */
export type Outcome =
  | { readonly kind: 'read' }
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'defect'; readonly error: string };

/** What a process gets to do: an attack, by its place in its group, on a folder that is written already. */
export interface Order {
  readonly index: number;
  readonly folder: string;
}
