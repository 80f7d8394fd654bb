import type { Refuse } from './pickle-values';

/** What a pickle is building, last value on top. Marks say where a group of values begins. */
export interface PickleStack {
  push(value: unknown): void;
  pop(): unknown;
  top(): unknown;
  popMany(count: number): unknown[];
  mark(): void;
  /** The values since the last mark, which goes too. */
  popToMark(): unknown[];
}

export function createStack(refuse: Refuse): PickleStack {
  const values: unknown[] = [];
  /** Number of values below each mark. */
  const marks: number[] = [];
  const take = (from: number): unknown[] => {
    // A mark is no value: what is taken must lie above the last one.
    if (from < (marks.at(-1) ?? 0)) refuse('a pickle whose stack runs empty');
    return values.splice(from);
  };
  return {
    push: (value) => void values.push(value),
    pop: () => take(values.length - 1)[0],
    top: () => (values.length > (marks.at(-1) ?? 0) ? values.at(-1) : refuse('a pickle whose stack runs empty')),
    popMany: (count) => take(values.length - count),
    mark: () => void marks.push(values.length),
    popToMark: () => {
      const from = marks.pop();
      return from === undefined ? refuse('a pickle without its mark') : values.splice(from);
    },
  };
}
