/**
 * Gives the instances of a class other methods for a while.
 *
 * @param prototype of the class
 * @returns puts the old ones back
 */
export function replaceMethods<T extends object>(prototype: T, methods: Partial<T> & ThisType<T>): () => void {
  const before = Object.keys(methods).map((name) => [name, Object.getOwnPropertyDescriptor(prototype, name)] as const);
  Object.assign(prototype, methods);
  return () => {
    for (const [name, descriptor] of before) {
      if (descriptor) Object.defineProperty(prototype, name, descriptor);
      else Reflect.deleteProperty(prototype, name); // it was inherited
    }
  };
}
