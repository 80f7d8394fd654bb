import { emotionOf } from '../emotions';
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

/** A way to take a part of a name apart into runs of characters of one kind. */
interface Cut {
  readonly runs: RegExp;
  /** Whether the names are such that it cuts no word. */
  readonly fits: (name: string) => boolean;
}

/** The finest first. */
const cuts: readonly Cut[] = [
  // Codes side by side: 03a01Fa, DCsa01.
  { runs: /\d+|\p{Lu}+|\p{Ll}+|[\p{L}\p{M}]+|[^\d\p{L}\p{M}]+/gu, fits: (name) => !hasWord(name) },
  // Words side by side: AnnaFreude01. In OAFangry it is not plain where the second begins.
  {
    runs: /\d+|\p{Lu}?\p{Ll}+|\p{Lu}+|[\p{L}\p{M}]+|[^\d\p{L}\p{M}]+/gu,
    fits: (name) => !/\p{Lu}{2,}\p{Ll}/u.test(name),
  },
  // Letters, digits and signs: Freude1, a01.
  { runs: /\d+|[\p{L}\p{M}]+|[^\d\p{L}\p{M}]+/gu, fits: () => true },
];

/** Whether small letters that follow capitals are the end of a word, and not a code of their own. */
function hasWord(name: string): boolean {
  return [...name.matchAll(/(\p{Lu}+)(\p{Ll}+)/gu)].some(({ 1: capitals = '', 2: small = '', index }) => {
    // Fa is a word in Fa_1 and two codes in 03a01Fa.
    if (capitals.length === 1) return small.length > 1 || !/\d/.test(name[index - 1] ?? '');
    return small.length > 2 && emotionOf(small) === undefined;
  });
}

/**
 * Takes paths apart at folders, at `_`, `-`, `.` and spaces, and takes the most frequent of the shapes that result. Then
 * takes the parts of the names apart where digits, letters, capitals and small letters meet: in each way in which every
 * name has the same parts, and no word is cut. The finest comes first; none when there are no paths.
 */
export function commonShapes(paths: readonly string[]): Shape[] {
  const split = paths.map((path) => ({ path, pieces: pieces(path, (text) => [text]) }));
  const whole = largest(split, signature);
  if (!whole) return [];
  const finer = cuts.flatMap(({ runs, fits }) => {
    if (!whole.every(({ pieces: list }) => list.every(({ kind, text }) => kind === 'folder' || fits(text)))) return [];
    const taken = whole.map(({ path }) => ({ path, pieces: pieces(path, (text) => text.match(runs) ?? [text]) }));
    const [first] = taken;
    return first && taken.every((one) => signature(one.pieces) === signature(first.pieces)) ? [taken] : [];
  });
  return [...finer, whole].map(shapeOf);
}

function shapeOf(files: readonly { readonly path: string; readonly pieces: readonly Piece[] }[]): Shape {
  const slots = (files[0]?.pieces ?? []).map(({ kind, separator }, i): Slot => {
    const values = files.map(({ pieces: list }) => list[i]?.text ?? '');
    return { kind, separator, values, distinct: distinct(values) };
  });
  return { files: files.map(({ path }) => path), slots };
}

function pieces(path: string, runsOf: (text: string) => readonly string[]): Piece[] {
  const folders = path.normalize('NFC').split('/');
  const name = (folders.pop() ?? '').replace(/\.[^.]*$/, '');
  const parts = name.split(/([_\-. ]+)/);
  return [
    ...folders.map((text): Piece => ({ text, kind: 'folder', separator: '/' })),
    ...parts.flatMap((text, i): Piece[] => {
      if (i % 2 === 1) return [];
      const separator = parts[i + 1] ?? '';
      const runs = runsOf(text);
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
