import { countBy, distinct } from '../order';

/** A place in the paths of a corpus where something varies or stays: a folder, or a part of the file's name. */
export interface Slot {
  readonly kind: 'folder' | 'name';
  /** What follows it in the path: a separator, or nothing where only the kind of character changes. */
  readonly separator: string;
  /** The value in each file, in the order of the files. */
  readonly values: readonly string[];
  /** The distinct values, sorted. */
  readonly distinct: readonly string[];
}

/** Paths of one shape, taken apart. */
export interface Shape {
  readonly files: readonly string[];
  readonly slots: readonly Slot[];
}

interface Piece {
  readonly text: string;
  readonly kind: Slot['kind'];
  readonly separator: string;
}

/**
 * Takes paths apart at folders, at `_`, `-`, `.` and spaces, and within a part where digits, capitals and small letters
 * meet; of the shapes that result, the most frequent. Undefined when there are no paths.
 */
export function commonShape(paths: readonly string[]): Shape | undefined {
  const split = paths.map((path) => ({ path, pieces: pieces(path, false) }));
  const whole = largest(split, signature);
  if (!whole) return undefined;
  // Finer parts only where every name has the same ones: 03a01Fa, a01 and sa01.
  const fine = largest(
    whole.map(({ path }) => ({ path, pieces: pieces(path, true) })),
    signature,
  );
  const chosen = fine && fine.length === whole.length ? fine : whole;
  const count = chosen[0]?.pieces.length ?? 0;
  const slots = Array.from({ length: count }, (_, i): Slot => {
    const values = chosen.map(({ pieces: list }) => list[i]?.text ?? '');
    const piece = chosen[0]?.pieces[i];
    return { kind: piece?.kind ?? 'name', separator: piece?.separator ?? '', values, distinct: distinct(values) };
  });
  return { files: chosen.map(({ path }) => path), slots };
}

function pieces(path: string, fine: boolean): Piece[] {
  const folders = path.normalize('NFC').split('/');
  const name = (folders.pop() ?? '').replace(/\.[^.]*$/, '');
  const parts = name.split(/([_\-. ]+)/);
  return [
    ...folders.map((text): Piece => ({ text, kind: 'folder', separator: '/' })),
    ...parts.flatMap((text, i): Piece[] => {
      if (i % 2 === 1) return [];
      const separator = parts[i + 1] ?? '';
      const runs = fine ? (text.match(/\d+|\p{Lu}+|[^\d\p{Lu}]+/gu) ?? [text]) : [text];
      return runs.map((run, r) => ({ text: run, kind: 'name', separator: r === runs.length - 1 ? separator : '' }));
    }),
  ];
}

const signature = (list: readonly Piece[]): string =>
  list.map(({ kind, separator }) => `${kind}${separator}`).join(' ');

function largest<T extends { readonly pieces: readonly Piece[] }>(
  items: readonly T[],
  key: (pieces: readonly Piece[]) => string,
): T[] | undefined {
  const counts = countBy(items, (item) => key(item.pieces));
  const [best] = [...counts].sort((a, b) => b[1] - a[1]);
  return best && items.filter((item) => key(item.pieces) === best[0]);
}
