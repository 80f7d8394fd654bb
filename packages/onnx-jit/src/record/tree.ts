/** Tensors in plain nested objects and arrays, as functions take and return them. */
export type Tree<T> = T | readonly Tree<T>[] | { readonly [key: string]: Tree<T> } | null | undefined;

/** Whether something is a leaf; tensors are class instances, containers are arrays and plain objects. */
const isContainer = (node: unknown): node is readonly unknown[] | Record<string, unknown> => {
  if (Array.isArray(node)) return true;
  if (typeof node !== 'object' || node === null) return false;
  const prototype: unknown = Object.getPrototypeOf(node);
  return prototype === Object.prototype || prototype === null;
};

/** Applies `fn` to every leaf; keeps the shape of the tree. */
export function mapTree<T, R>(tree: Tree<T>, fn: (leaf: T, path: string) => R, path = ''): Tree<R> {
  if (tree === null) return null;
  if (tree === undefined) return undefined;
  if (Array.isArray(tree)) return tree.map((child: Tree<T>, i) => mapTree(child, fn, `${path}[${i}]`));
  if (isContainer(tree)) {
    const entries = Object.entries(tree as Record<string, Tree<T>>);
    return Object.fromEntries(entries.map(([key, child]) => [key, mapTree(child, fn, path ? `${path}.${key}` : key)]));
  }
  return fn(tree, path);
}

export interface Leaf<T> {
  readonly path: string;
  readonly value: T;
}

/** The leaves in order, with where they stand. */
export function leavesOf<T>(tree: Tree<T>): Leaf<T>[] {
  const leaves: Leaf<T>[] = [];
  mapTree<T, null>(tree, (value, path) => {
    leaves.push({ path, value });
    return null;
  });
  return leaves;
}
