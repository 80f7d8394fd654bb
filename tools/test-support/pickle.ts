/** Pieces of pickles, as Python's `pickle` writes them. */

export const op = (...codes: (number | string)[]): Buffer =>
  Buffer.concat(codes.map((code) => (typeof code === 'string' ? Buffer.from(code, 'latin1') : Buffer.from([code]))));

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
};

export const text = (value: string): Buffer =>
  Buffer.concat([op('X'), uint32(Buffer.byteLength(value)), Buffer.from(value)]);

/** A whole number up to 2⁶³. */
export function int(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(value));
  return Buffer.concat([op(0x8a, 8), bytes]);
}

export const global = (module: string, name: string): Buffer => op(`c${module}\n${name}\n`);
export const tuple = (...items: Buffer[]): Buffer => Buffer.concat([op('('), ...items, op('t')]);
export const reduce = (callee: Buffer, args: Buffer): Buffer => Buffer.concat([callee, args, op('R')]);
export const memoPut = (index: number): Buffer => Buffer.concat([op('r'), uint32(index)]);
export const memoGet = (index: number): Buffer => Buffer.concat([op('j'), uint32(index)]);

/** A whole pickle of one value. */
export const pickle = (...body: Buffer[]): Buffer => Buffer.concat([op(0x80, 2), ...body, op('.')]);

export const dictionary = (...entries: (readonly [string, Buffer])[]): Buffer =>
  Buffer.concat([op('}('), ...entries.flatMap(([key, value]) => [text(key), value]), op('u')]);

export interface TensorPickle {
  readonly storage?: string;
  readonly type?: string;
  readonly offset?: number;
  /** A pickle of the shape in place of the one that belongs to `shape`. */
  readonly shapePickle?: Buffer;
  readonly strides?: readonly number[];
}

/** A tensor as torch writes it. */
export function tensor(shape: readonly number[], options: TensorPickle = {}): Buffer {
  const { storage = '0', type = 'FloatStorage', offset = 0, strides = rowMajor(shape) } = options;
  const size = shape.reduce((a, b) => a * b, 1);
  const id = tuple(text('storage'), global('torch', type), text(storage), text('cpu'), int(Math.min(size, 2 ** 62)));
  const args = tuple(
    Buffer.concat([id, op('Q')]),
    int(offset),
    options.shapePickle ?? tuple(...shape.map(int)),
    tuple(...strides.map(int)),
    op(0x89),
    reduce(global('collections', 'OrderedDict'), op(')')),
  );
  return reduce(global('torch._utils', '_rebuild_tensor_v2'), args);
}

function rowMajor(shape: readonly number[]): number[] {
  const strides: number[] = [];
  let stride = 1;
  for (const size of [...shape].reverse()) {
    strides.unshift(stride);
    stride *= size;
  }
  return strides;
}
