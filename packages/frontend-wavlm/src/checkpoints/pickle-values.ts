import { isSize, isSizes } from './checkpoint';
import type { Dtype } from './dtype';

/** A tensor as a torch pickle describes it: a strided view of a storage that lies in a file of its own. */
export interface PickledTensor {
  readonly storage: string;
  readonly dtype: Dtype;
  /** Values from the start of the storage. */
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** What may be named in a pickle, and what it stands for here. Nothing is looked up or called but these. */
const GLOBALS = {
  'collections OrderedDict': 'dictionary',
  'torch._utils _rebuild_tensor_v2': 'tensor',
  'torch._utils _rebuild_parameter': 'parameter',
  'torch FloatStorage': 'F32',
  'torch DoubleStorage': 'F64',
  'torch HalfStorage': 'F16',
  'torch BFloat16Storage': 'BF16',
  'torch LongStorage': 'I64',
  'torch IntStorage': 'I32',
  'torch ShortStorage': 'I16',
  'torch CharStorage': 'I8',
  'torch ByteStorage': 'U8',
  'torch BoolStorage': 'BOOL',
} as const;

type Name = (typeof GLOBALS)[keyof typeof GLOBALS];

/** Instances are told from what a pickle can build by their class. */
class Global {
  constructor(readonly name: Name) {}
}

class Storage {
  constructor(
    readonly key: string,
    readonly dtype: Dtype,
  ) {}
}

class Tensor implements PickledTensor {
  constructor(
    readonly storage: string,
    readonly dtype: Dtype,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}
}

/** Ends the reading with an error that says what was refused. */
export type Refuse = (what: string) => never;

export const isPickledTensor = (value: unknown): value is PickledTensor => value instanceof Tensor;

/** A name of a module, if it is one of the few. */
export function globalOf(module: string, name: string, refuse: Refuse): unknown {
  const key = `${module} ${name}`;
  return isKnown(key) ? new Global(GLOBALS[key]) : refuse(`${module}.${name}`);
}

/** @param id ('storage', type, key, device, size) */
export function storageOf(id: unknown, refuse: Refuse): unknown {
  if (!Array.isArray(id)) return refuse('a storage without a description');
  const [tag, type, key] = id as unknown[];
  const dtype = type instanceof Global ? type.name : undefined;
  if (tag !== 'storage' || typeof key !== 'string' || dtype === undefined || !isStorageType(dtype)) {
    return refuse('a storage of an unknown kind');
  }
  return new Storage(key, dtype);
}

/** What calling one of the names with these arguments would make. */
export function resultOf(callee: unknown, args: unknown, refuse: Refuse): unknown {
  if (!(callee instanceof Global) || !Array.isArray(args)) return refuse('a call of something that is no tensor');
  switch (callee.name) {
    case 'dictionary':
      return dictionaryOf(args[0]);
    case 'tensor':
      return tensorOf(args, refuse);
    case 'parameter':
      return args[0];
    default:
      return refuse(`a call of ${callee.name}`);
  }
}

function dictionaryOf(items: unknown): Map<unknown, unknown> {
  const map = new Map<unknown, unknown>();
  if (Array.isArray(items)) for (const pair of items) if (Array.isArray(pair)) map.set(pair[0], pair[1]);
  return map;
}

function tensorOf([storage, offset, shape, strides]: unknown[], refuse: Refuse): PickledTensor {
  const complete = storage instanceof Storage && isSize(offset) && isSizes(shape) && isSizes(strides);
  if (!complete || shape.length !== strides.length) return refuse('a tensor without storage, shape and strides');
  // Copies: a pickle may go on appending to its lists.
  return new Tensor(storage.key, storage.dtype, offset, [...shape], [...strides]);
}

const isKnown = (key: string): key is keyof typeof GLOBALS => Object.hasOwn(GLOBALS, key);
const isStorageType = (name: Name): name is Exclude<Name, 'dictionary' | 'tensor' | 'parameter'> =>
  name !== 'dictionary' && name !== 'tensor' && name !== 'parameter';
