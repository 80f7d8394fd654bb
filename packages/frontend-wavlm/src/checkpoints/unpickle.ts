import type { Dtype } from './dtype';
import { InputError } from '../input-error';

/** A tensor as a torch pickle describes it: a strided view of a storage that lies in a file of its own. */
export interface PickledTensor {
  storage: string;
  dtype: Dtype;
  /** Values from the start of the storage. */
  offset: number;
  shape: number[];
  strides: number[];
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

class Global {
  constructor(readonly name: Name) {}
}

class Storage {
  constructor(
    readonly key: string,
    readonly dtype: Dtype,
  ) {}
}

const MARK = Symbol('mark');

/**
 * Reads a pickle of tensors (protocols 2 to 5). It is a small machine of its own: it knows the opcodes that torch
 * writes and builds strings, numbers, lists, dictionaries (as Map) and tensors. Any other name, and any opcode that
 * could call something, is refused.
 *
 * @param where named in errors
 * @throws InputError with the name or the opcode that was refused
 */
export function unpickle(bytes: Uint8Array, where: string): unknown {
  return new Machine(bytes, where).run();
}

class Machine {
  private at = 0;
  private readonly stack: unknown[] = [];
  private readonly memo = new Map<number, unknown>();
  private readonly view: DataView;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly where: string,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  run(): unknown {
    for (;;) {
      const opcode = this.byte();
      if (opcode === 0x2e) return this.pop(); // STOP
      this.step(opcode);
    }
  }

  private step(opcode: number): void {
    switch (String.fromCharCode(opcode)) {
      case '\x80': // PROTO
        if (this.byte() > 5) this.refuse('a pickle protocol above 5');
        return;
      case '\x95': // FRAME
        this.take(8);
        return;
      case '(':
        this.stack.push(MARK);
        return;
      case '0':
        this.pop();
        return;
      case 'N':
        this.stack.push(null);
        return;
      case '\x88':
        this.stack.push(true);
        return;
      case '\x89':
        this.stack.push(false);
        return;
      case 'K':
        this.stack.push(this.byte());
        return;
      case 'M':
        this.stack.push(this.view.getUint16(this.take(2), true));
        return;
      case 'J':
        this.stack.push(this.view.getInt32(this.take(4), true));
        return;
      case '\x8a': // LONG1
        this.stack.push(this.long(this.byte()));
        return;
      case 'G':
        this.stack.push(this.view.getFloat64(this.take(8), false));
        return;
      case 'X':
        this.stack.push(this.text(this.view.getUint32(this.take(4), true)));
        return;
      case '\x8c': // SHORT_BINUNICODE
        this.stack.push(this.text(this.byte()));
        return;
      case ']':
        this.stack.push([]);
        return;
      case '}':
        this.stack.push(new Map());
        return;
      case ')':
        this.stack.push([]);
        return;
      case 't':
        this.stack.push(this.popToMark());
        return;
      case '\x85':
        this.stack.push(this.popMany(1));
        return;
      case '\x86':
        this.stack.push(this.popMany(2));
        return;
      case '\x87':
        this.stack.push(this.popMany(3));
        return;
      case 'a':
        this.append([this.pop()]);
        return;
      case 'e':
        this.append(this.popToMark());
        return;
      case 's':
        this.setItems(this.popMany(2));
        return;
      case 'u':
        this.setItems(this.popToMark());
        return;
      case 'q':
        this.memo.set(this.byte(), this.top());
        return;
      case 'r':
        this.memo.set(this.view.getUint32(this.take(4), true), this.top());
        return;
      case '\x94': // MEMOIZE
        this.memo.set(this.memo.size, this.top());
        return;
      case 'h':
        this.stack.push(this.remembered(this.byte()));
        return;
      case 'j':
        this.stack.push(this.remembered(this.view.getUint32(this.take(4), true)));
        return;
      case 'c':
        this.stack.push(this.global(this.line(), this.line()));
        return;
      case '\x93': {
        // STACK_GLOBAL
        const [module, name] = this.popMany(2);
        this.stack.push(this.global(String(module), String(name)));
        return;
      }
      case 'Q':
        this.stack.push(this.storage(this.pop()));
        return;
      case 'R':
        this.reduce();
        return;
      case 'b':
        // Attributes of a dictionary (torch puts its version numbers there): read, and not used.
        this.pop();
        if (!(this.top() instanceof Map)) this.refuse('attributes of something that is no dictionary');
        return;
      default:
        this.refuse(`pickle opcode 0x${opcode.toString(16)}`);
    }
  }

  private global(module: string, name: string): Global {
    const key = `${module} ${name}`;
    if (!isKnown(key)) return this.refuse(`${module}.${name}`);
    return new Global(GLOBALS[key]);
  }

  /** ('storage', type, key, device, size) */
  private storage(id: unknown): Storage {
    if (!Array.isArray(id)) return this.refuse('a storage without a description');
    const [tag, type, key] = id as unknown[];
    const dtype = type instanceof Global ? type.name : undefined;
    if (tag !== 'storage' || typeof key !== 'string' || dtype === undefined || !isStorageType(dtype)) {
      return this.refuse('a storage of an unknown kind');
    }
    return new Storage(key, dtype);
  }

  private reduce(): void {
    const [callee, args] = this.popMany(2);
    if (!(callee instanceof Global) || !Array.isArray(args))
      return this.refuse('a call of something that is no tensor');
    switch (callee.name) {
      case 'dictionary': {
        const [items] = args as unknown[];
        const map = new Map<unknown, unknown>();
        if (Array.isArray(items)) for (const pair of items) if (Array.isArray(pair)) map.set(pair[0], pair[1]);
        this.stack.push(map);
        return;
      }
      case 'tensor': {
        const [storage, offset, shape, strides] = args as unknown[];
        if (
          !(storage instanceof Storage) ||
          !isSize(offset) ||
          !isSizes(shape) ||
          !isSizes(strides) ||
          shape.length !== strides.length
        ) {
          return this.refuse('a tensor without storage, shape and strides');
        }
        const tensor: PickledTensor = { storage: storage.key, dtype: storage.dtype, offset, shape, strides };
        this.stack.push(tensor);
        return;
      }
      case 'parameter':
        this.stack.push(args[0]);
        return;
      default:
        this.refuse(`a call of ${callee.name}`);
    }
  }

  private append(items: unknown[]): void {
    const list = this.top();
    if (!Array.isArray(list)) return this.refuse('items for something that is no list');
    list.push(...items);
  }

  private setItems(items: unknown[]): void {
    const map = this.top();
    if (!(map instanceof Map)) return this.refuse('keys for something that is no dictionary');
    for (let i = 0; i + 1 < items.length; i += 2) map.set(items[i], items[i + 1]);
  }

  private remembered(index: number): unknown {
    if (!this.memo.has(index)) return this.refuse(`entry ${index} of the memo, which is not there`);
    return this.memo.get(index);
  }

  private long(size: number): number {
    const start = this.take(size);
    let value = 0n;
    for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.bytes[start + i] ?? 0);
    return Number(BigInt.asIntN(size * 8, value));
  }

  private text(size: number): string {
    const start = this.take(size);
    return new TextDecoder().decode(this.bytes.subarray(start, start + size));
  }

  private line(): string {
    const end = this.bytes.indexOf(0x0a, this.at);
    if (end < 0) return this.refuse('a pickle that ends early');
    const text = this.text(end - this.at);
    this.at++;
    return text;
  }

  private byte(): number {
    return this.view.getUint8(this.take(1));
  }

  private take(size: number): number {
    const start = this.at;
    if (start + size > this.bytes.length) this.refuse('a pickle that ends early');
    this.at += size;
    return start;
  }

  private top(): unknown {
    if (this.stack.length === 0) this.refuse('a pickle whose stack runs empty');
    return this.stack[this.stack.length - 1];
  }

  private pop(): unknown {
    this.top();
    return this.stack.pop();
  }

  private popMany(count: number): unknown[] {
    if (this.stack.length < count) this.refuse('a pickle whose stack runs empty');
    return this.stack.splice(this.stack.length - count, count);
  }

  private popToMark(): unknown[] {
    const mark = this.stack.lastIndexOf(MARK);
    if (mark < 0) this.refuse('a pickle without its mark');
    return this.stack.splice(mark).slice(1);
  }

  private refuse(what: string): never {
    throw new InputError(`${this.where}: refused: ${what} (a checkpoint may hold tensors and nothing else)`);
  }
}

const isKnown = (key: string): key is keyof typeof GLOBALS => Object.hasOwn(GLOBALS, key);
const isStorageType = (name: Name): name is Exclude<Name, 'dictionary' | 'tensor' | 'parameter'> =>
  name !== 'dictionary' && name !== 'tensor' && name !== 'parameter';
const isSize = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
const isSizes = (value: unknown): value is number[] => Array.isArray(value) && value.every(isSize);
