/** A number as people read it, and the numbers themselves for programs. */
export interface Quantity {
  readonly shown: string;
  /** By what each is: '' for the value itself, `low` and `high` of its interval, `sd`. NaN where there is none. */
  readonly numbers: Readonly<Record<string, number>>;
}

export type Cell = string | number | Quantity;

export interface Column {
  readonly title: string;
  /** Right-aligned. */
  readonly numeric?: boolean;
  /** Long text that may break into lines. */
  readonly wrap?: boolean;
  /** In the typeface of code. */
  readonly code?: boolean;
}

export interface Row {
  /** The first cell is the row's header. */
  readonly cells: readonly Cell[];
  /** `total` and `ours` stand out; `quiet` recedes. */
  readonly kind?: 'total' | 'ours' | 'quiet';
}

/** A table as data: the page shows it, and it is a CSV and a LaTeX file of its own. */
export interface TableData {
  /** Of its files; unique in a report. */
  readonly name: string;
  readonly caption: string;
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
}

/** A cell as people read it. */
export function shownOf(cell: Cell): string {
  return typeof cell === 'object' ? cell.shown : String(cell);
}
