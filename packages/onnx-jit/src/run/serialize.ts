import { sequenceNode, sequenceOutput } from './in-place';
import { encodeMessage, type Message } from '../proto/message';
import { attributeType, externalLocation } from '../proto/schema';
import { byDepth } from '../passes/order';
import { onnxType, reachable, type Attribute, type Graph, type Node, type Value } from '../graph/graph';

/** An output of the model: a value and the name it leaves by. */
export interface NamedValue {
  readonly name: string;
  readonly value: Value;
}

export interface ModelOptions {
  readonly producer: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** To be run by `runInPlace`. */
  readonly inPlace?: boolean;
  /** Names of dimensions that may vary: input or output name → axis → name. */
  readonly dynamicAxes?: Readonly<Record<string, Readonly<Record<number, string>>>>;
}

// ReduceMean and its kind still take their axes as an attribute in this version.
const opset = 17n;

/** Encodes the part of a graph that the outputs need as an ONNX model. */
export function encodeModel(graph: Graph, outputs: readonly NamedValue[], options: ModelOptions): Uint8Array {
  return encode(graph, outputs, options, encodeConstant);
}

/** A model whose large constants lie in a file of their own. */
export interface ModelWithData {
  readonly model: Uint8Array;
  /** What to write to the file, piece by piece: the constants' own memory, and zeros between them. */
  readonly data: readonly Uint8Array[];
}

/** Constants below this many bytes stay in the model. */
const smallestOutside = 1024;
/** Where a constant may start in its file: ONNX Runtime maps whole pages. */
const pageSize = 4096;

/** As `encodeModel`, with the large constants in a file `location` beside the model. */
export function encodeModelWithData(
  graph: Graph,
  outputs: readonly NamedValue[],
  options: ModelOptions,
  location: string,
): ModelWithData {
  const data: Uint8Array[] = [];
  let offset = 0;
  const model = encode(graph, outputs, options, (name, value) => {
    const { rawData, ...described } = encodeConstant(name, value);
    if (rawData.length < smallestOutside) return { ...described, rawData };
    const padding = -rawData.length & (pageSize - 1);
    const entries = { location, offset: String(offset), length: String(rawData.length) };
    data.push(rawData, new Uint8Array(padding));
    offset += rawData.length + padding;
    return {
      ...described,
      dataLocation: externalLocation,
      externalData: Object.entries(entries).map(([key, value]) => ({ key, value })),
    };
  });
  return { model, data };
}

type EncodeWeight = (name: string, value: Value) => Message<'TensorProto'>;

function encode(
  graph: Graph,
  outputs: readonly NamedValue[],
  options: ModelOptions,
  encodeWeight: EncodeWeight,
): Uint8Array {
  const { nodes, weights, inputs } = encodeParts(graph, outputs, encodeWeight);
  const describe = (name: string, value: Value) => describeValue(name, value, options.dynamicAxes?.[name]);
  return encodeGraph(
    {
      name: 'jit',
      node: nodes,
      initializer: weights,
      input: inputs.map((value) => describe(nameOf(value), value)),
      output: outputs.map(({ name, value }) => describe(name, value)),
    },
    options,
  );
}

/** A graph as a model. */
export function encodeGraph(graph: Message<'GraphProto'>, options: ModelOptions): Uint8Array {
  const { inPlace = false, metadata = {} } = options;
  return encodeMessage('ModelProto', {
    irVersion: 8n,
    producerName: options.producer,
    opsetImport: [
      { domain: '', version: opset },
      ...(inPlace || usesRuntime(graph) ? [{ domain: 'com.microsoft', version: 1n }] : []),
    ],
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    graph: {
      ...graph,
      node: [...(inPlace ? [sequenceNode] : []), ...(graph.node ?? [])],
      output: [...(inPlace ? [sequenceOutput] : []), ...(graph.output ?? [])],
    },
  });
}

/** Whether there is an operator of ONNX Runtime's own in it, or in a graph within. */
const usesRuntime = (graph: Message<'GraphProto'>): boolean =>
  (graph.node ?? []).some(
    ({ domain, attribute = [] }) => domain === 'com.microsoft' || attribute.some(({ g }) => g && usesRuntime(g)),
  );

/** The part of a graph that its outputs need. */
export interface EncodedParts {
  readonly nodes: readonly Message<'NodeProto'>[];
  readonly weights: readonly Message<'TensorProto'>[];
  readonly inputs: readonly Value[];
}

export function encodeParts(
  graph: Graph,
  outputs: readonly NamedValue[],
  encodeWeight: EncodeWeight = encodeConstant,
): EncodedParts {
  const values = outputs.map((o) => o.value);
  const nodes = byDepth(reachable(graph, values));
  // A value leaves under its output's name; only what is no node's own result, or leaves twice, needs a copy.
  const names = new Map<Value, string>();
  const copies: Message<'NodeProto'>[] = [];
  for (const { name, value } of outputs) {
    if (value.source.kind === 'node' && !names.has(value)) names.set(value, name);
    else copies.push({ opType: 'Identity', input: [names.get(value) ?? nameOf(value)], output: [name] });
  }
  const nameIn = (value: Value): string => names.get(value) ?? nameOf(value);
  const constants = new Map<string, Value>();
  const used = new Set<Value>();
  for (const value of [...nodes.flatMap((n) => n.inputs), ...values]) {
    if (!value) continue;
    if (value.source.kind === 'constant') constants.set(nameOf(value), value);
    if (value.source.kind === 'input') used.add(value);
  }
  return {
    nodes: [...nodes.map((node) => encodeNode(node, nameIn)), ...copies],
    weights: [...constants].map(([name, value]) => encodeWeight(name, value)),
    inputs: graph.inputs.filter((v) => used.has(v)),
  };
}

/** The type of a value under a name; axes that may vary have names in place of lengths. */
export function describeValue(
  name: string,
  { shape, dtype }: Pick<Value, 'shape' | 'dtype'>,
  varying: Readonly<Record<number, string>> = {},
): Message<'ValueInfoProto'> {
  const dim = shape.map((d, axis) => {
    const dimParam = varying[axis];
    return dimParam === undefined ? { dimValue: BigInt(d) } : { dimParam };
  });
  return { name, type: { tensorType: { elemType: onnxType[dtype], shape: { dim } } } };
}

/** The name of a value inside the model; inputs keep their own. */
export const nameOf = (value: Value): string => (value.source.kind === 'input' ? value.source.name : `v${value.id}`);

function encodeNode(node: Node, nameIn: (value: Value) => string): Message<'NodeProto'> {
  return {
    // ONNX Runtime's messages and profiles then say which tfjs kernel a node comes from.
    name: `${node.kernel}#${node.outputs[0]?.id}`,
    opType: node.op,
    domain: node.domain,
    input: node.inputs.map((v) => (v ? nameIn(v) : '')),
    output: node.outputs.map(nameIn),
    attribute: Object.entries(node.attributes).map(([name, value]) => encodeAttribute(name, value)),
  };
}

function encodeAttribute(name: string, value: Attribute): Message<'AttributeProto'> {
  if (typeof value === 'number') return { name, type: attributeType.int, i: BigInt(value) };
  if (typeof value === 'string') return { name, type: attributeType.string, s: new TextEncoder().encode(value) };
  if ('float' in value) return { name, type: attributeType.float, f: value.float };
  return { name, type: attributeType.ints, ints: value.map(BigInt) };
}

function encodeConstant(name: string, { shape, dtype, source }: Value) {
  if (source.kind !== 'constant') throw new Error(`${name} is no constant`);
  const { buffer, byteOffset, byteLength } = source.data;
  const rawData = new Uint8Array(buffer, byteOffset, byteLength);
  return { name, dims: shape.map(BigInt), dataType: onnxType[dtype], rawData } satisfies Message<'TensorProto'>;
}
