import { attributeType, type Message } from '@ser/onnx-jit/proto';

/** Element types of tensors: ONNX TensorProto.DataType. */
export const elementType = { float: 1, uint8: 2, int64: 7, bool: 9, float16: 10, double: 11 } as const;

/** ONNX nodes and constants as they are written one after the other. A value is known by its name. */
export interface Nodes {
  readonly nodes: readonly Message<'NodeProto'>[];
  readonly constants: readonly Message<'TensorProto'>[];
  /** Writes a node with one output and returns its name. */
  call(op: string, inputs: readonly string[], attributes?: Readonly<Record<string, number>>): string;
  /** Writes any node. */
  add(node: Message<'NodeProto'>): void;
  /** A vector of 64-bit integers. */
  integers(...values: number[]): string;
  /** A 64-bit integer without axes. */
  integer(value: number): string;
  float(value: number): string;
  double(value: number): string;
}

/** @param prefix of every name made here: names must be unique over a graph and the graphs inside it */
export function createNodes(prefix: string): Nodes {
  const nodes: Message<'NodeProto'>[] = [];
  const constants: Message<'TensorProto'>[] = [];
  const known = new Map<string, string>();

  const constant = (values: Float32Array | Float64Array | BigInt64Array, dims: number[], dataType: number): string => {
    const key = `${dataType} [${dims.join()}] ${values.join()}`;
    const name = known.get(key) ?? `${prefix}constant ${constants.length}`;
    if (known.has(key)) return name;
    known.set(key, name);
    constants.push({ name, dims: dims.map(BigInt), dataType, rawData: new Uint8Array(values.buffer) });
    return name;
  };
  const { int64, float, double } = elementType;

  return {
    nodes,
    constants,
    call(op, inputs, attributes = {}) {
      const output = `${prefix}${op} ${nodes.length}`;
      const attribute = Object.entries(attributes).map(([name, i]) => intAttribute(name, i));
      nodes.push({ name: output, opType: op, input: [...inputs], output: [output], attribute });
      return output;
    },
    add: (node) => void nodes.push(node),
    integers: (...values) => constant(BigInt64Array.from(values, BigInt), [values.length], int64),
    integer: (value) => constant(BigInt64Array.of(BigInt(value)), [], int64),
    float: (value) => constant(Float32Array.of(value), [], float),
    double: (value) => constant(Float64Array.of(value), [], double),
  };
}

export const intAttribute = (name: string, i: number): Message<'AttributeProto'> => ({
  name,
  type: attributeType.int,
  i: BigInt(i),
});

/** A vector of integers as an attribute: axes before opset 18. */
export const intsAttribute = (name: string, ints: number[]): Message<'AttributeProto'> => ({
  name,
  type: attributeType.ints,
  ints: ints.map(BigInt),
});
