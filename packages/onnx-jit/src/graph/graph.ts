import { ofNothing } from './empty';

/**
 * The recorded graph: typed values and the ONNX nodes that make them, in the order of recording, which is a
 * topological order. Equal nodes are made once, and what tfjs's gradients are known to produce in excess
 * (products with ones, sums with zeros, expanded scalars) is simplified on the way in.
 */
export type DType = 'float32' | 'int32' | 'bool' | 'int64' | 'bfloat16' | 'float16';
export type Data = Float32Array | Int32Array | Uint8Array | BigInt64Array | Uint16Array;
export type Shape = readonly number[];

/** An ONNX attribute: integer, integers, float or string. */
export type Attribute = number | readonly number[] | { readonly float: number } | string;

export type Source =
  | { readonly kind: 'node'; readonly node: Node }
  | { readonly kind: 'constant'; readonly data: Data }
  | { readonly kind: 'input'; readonly name: string; readonly variable: boolean };

export interface Value {
  readonly id: number;
  readonly shape: Shape;
  readonly dtype: DType;
  readonly source: Source;
  /** Every element is this number. */
  readonly splat?: number;
  /** Depends on constants alone: ONNX Runtime would compute it once and keep the result. */
  readonly fixed: boolean;
}

export interface Node {
  readonly op: string;
  readonly domain: string;
  /** Set once more, if at all, by `Graph.replaceInput`. */
  readonly inputs: (Value | null)[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly outputs: Value[];
  /** The tfjs kernel that asked for this node, for messages. */
  readonly kernel: string;
}

export interface OutputType {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** Constant results above this many elements are computed in a step on the CPU, not stored with its session. */
export const largestFixed = 65536;

export const sizeOf = (shape: Shape): number => shape.reduce((product, d) => product * d, 1);
export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((d, i) => d === b[i]);

export class Graph {
  readonly nodes: Node[] = [];
  readonly inputs: Value[] = [];
  /** Which tfjs kernel is being lowered. */
  kernel = '';
  /** A float32 scalar input that is always 0: what is added to it cannot be folded into a stored constant. */
  zero: Value | null = null;

  private nextId = 0;
  private readonly known = new Map<string, Value[]>();

  /**
   * @param largestFixed elements of the largest result of constants that is stored; see `theZero`
   * @param anySize the same function is recorded again at other sizes: which nodes are made must not depend on a size
   */
  constructor(
    private readonly largestFixed = Infinity,
    readonly anySize = false,
  ) {}

  /** @param variable whether it is the value of a tfjs variable before the step */
  input(name: string, shape: Shape, dtype: DType, variable = false): Value {
    const source = { kind: 'input', name, variable } as const;
    const value: Value = { id: this.nextId++, shape: [...shape], dtype, source, fixed: false };
    this.inputs.push(value);
    return value;
  }

  constant(data: Data, shape: Shape, dtype: DType): Value {
    const key = data.length <= 64 ? `const ${dtype} [${shape.join()}] ${Array.from(data, describeNumber).join()}` : '';
    const found = key ? this.known.get(key)?.[0] : undefined;
    if (found) return found;
    // Of 16-bit numbers only the bits are there.
    const splat = data.length === 1 && !(data instanceof Uint16Array) ? { splat: Number(data[0]) } : {};
    const value: Value = {
      id: this.nextId++,
      shape: [...shape],
      dtype,
      source: { kind: 'constant', data },
      fixed: true,
      ...splat,
    };
    if (key) this.known.set(key, [value]);
    return value;
  }

  scalar(number: number, dtype: DType = 'float32'): Value {
    return this.constant(makeData(dtype, [number]), [], dtype);
  }

  /** A vector of 64-bit integers: shapes, axes, slice bounds. */
  int64(numbers: readonly number[]): Value {
    return this.constant(BigInt64Array.from(numbers, BigInt), [numbers.length], 'int64');
  }

  /** Every element `number`; becomes data only where something needs it at its full size. */
  fill(number: number, shape: Shape, dtype: DType): Value {
    const scalar = this.scalar(number, dtype);
    if (shape.length === 0) return scalar;
    const expanded = this.one('Expand', [scalar, this.int64(shape)], { shape, dtype });
    return expanded.splat === undefined ? this.withSplat(expanded, number) : expanded;
  }

  one(
    op: string,
    inputs: readonly (Value | null)[],
    output: OutputType,
    attributes: Record<string, Attribute> = {},
    domain = '',
  ): Value {
    const [value] = this.emit(op, inputs, [output], attributes, domain);
    if (!value) throw new Error(`${op} has no output`);
    return value;
  }

  emit(
    op: string,
    inputs: readonly (Value | null)[],
    outputs: readonly OutputType[],
    attributes: Record<string, Attribute> = {},
    domain = '',
  ): Value[] {
    const key = `${domain}:${op}(${inputs.map((v) => v?.id ?? '').join()})${JSON.stringify(attributes)}`;
    const known = this.known.get(key) ?? ofNothing(this, op, inputs, outputs);
    if (known) return known;
    const fixed = inputs.every((v) => v === null || v.fixed);
    const largest = Math.max(...outputs.map((o) => sizeOf(o.shape)));
    if (fixed && largest > this.largestFixed) {
      const opened = this.unfold(inputs);
      if (opened) {
        const values = this.emit(op, opened, outputs, attributes, domain);
        this.known.set(key, values);
        return values;
      }
    }
    const node: Node = { op, domain, inputs: [...inputs], attributes, outputs: [], kernel: this.kernel };
    for (const { shape, dtype } of outputs) {
      node.outputs.push({ id: this.nextId++, shape: [...shape], dtype, source: { kind: 'node', node }, fixed });
    }
    this.nodes.push(node);
    this.known.set(key, node.outputs);
    return node.outputs;
  }

  /** Gives a recorded node another input, which `make` may make of new nodes: they take their place before it. */
  replaceInput(node: Node, index: number, make: (before: Value) => Value): void {
    const before = node.inputs[index];
    if (!before) throw new Error(`${node.op} has no input ${index}`);
    const count = this.nodes.length;
    node.inputs[index] = make(before);
    const made = this.nodes.splice(count);
    this.nodes.splice(this.nodes.indexOf(node), 0, ...made);
  }

  /** The input `zero`, made at the first use: a large result that it is part of is not computed beforehand and stored. */
  theZero(): Value {
    this.zero ??= this.input('zero', [], 'float32');
    return this.zero;
  }

  private withSplat(value: Value, splat: number): Value {
    const { source } = value;
    const marked: Value = { ...value, splat };
    if (source.kind === 'node') source.node.outputs.splice(source.node.outputs.indexOf(value), 1, marked);
    return marked;
  }

  /** The same inputs with the first number among them made to depend on `zero`. */
  private unfold(inputs: readonly (Value | null)[]): (Value | null)[] | null {
    const index = inputs.findIndex((v) => v !== null && (v.dtype === 'float32' || v.dtype === 'int32'));
    const value = inputs[index];
    if (!value) return null;
    const zero =
      value.dtype === 'float32'
        ? this.theZero()
        : this.one('Cast', [this.theZero()], { shape: [], dtype: value.dtype }, { to: onnxType[value.dtype] });
    const opened = this.one('Add', [value, zero], value);
    return inputs.map((v, i) => (i === index ? opened : v));
  }
}

/** The type under which tfjs knows such numbers. */
export function tensorType(dtype: DType): 'float32' | 'int32' | 'bool' {
  if (dtype === 'bfloat16' || dtype === 'float16') return 'float32';
  return dtype === 'int64' ? 'int32' : dtype;
}

/** ONNX TensorProto.DataType. */
export const onnxType: Readonly<Record<DType, number>> = {
  float32: 1,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  bfloat16: 16,
};

export function makeData(dtype: DType, numbers: ArrayLike<number>): Data {
  switch (dtype) {
    case 'float32':
      return new Float32Array(numbers);
    case 'int32':
      return new Int32Array(numbers);
    case 'bool':
      return new Uint8Array(numbers);
    case 'int64':
      return BigInt64Array.from(Array.from(numbers, BigInt));
    case 'bfloat16':
    case 'float16':
      throw new Error(`numbers are made ${dtype} by a pass over the graph`);
  }
}

/** Bit for bit. */
export function sameData(a: Data, b: Data): boolean {
  if (a === b) return true;
  const [x, y] = [a, b].map(({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength));
  return x?.length === y?.length && x?.every((byte, i) => byte === y?.[i]) === true;
}

// −0 and 0 are different constants.
const describeNumber = (n: number | bigint): string => (Object.is(n, -0) ? '-0' : String(n));

/** The nodes that the given values need, in order. */
export function reachable(graph: Graph, outputs: readonly Value[]): Node[] {
  const needed = new Set<Node>();
  const stack = [...outputs];
  for (let value = stack.pop(); value; value = stack.pop()) {
    if (value.source.kind !== 'node' || needed.has(value.source.node)) continue;
    needed.add(value.source.node);
    for (const input of value.source.node.inputs) if (input) stack.push(input);
  }
  return graph.nodes.filter((node) => needed.has(node));
}
