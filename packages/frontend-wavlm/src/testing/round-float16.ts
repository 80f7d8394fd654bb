import { attributeType, decodeMessage, encodeMessage, type Message } from '@ser/onnx-jit/proto';

type Node = Message<'NodeProto'>;

const [float32, float16] = [1, 10];
/** What else moves numbers only. */
const computes = new Set(['Add', 'Conv', 'FusedMatMul', 'Gelu', 'Gemm', 'MatMul', 'Mul']);

export interface Float16Model {
  readonly model: Uint8Array;
  /** How many nodes of each operator compute in float16. */
  readonly counts: ReadonlyMap<string, number>;
  /** Bytes of the constants in it. */
  readonly bytes: number;
}

/**
 * A model with nodes of float16 as a CPU can run it: ONNX Runtime has no such products there and leaves the casts around
 * them out, so that nothing would be rounded. Here every result in float16 is rounded, and computed in float32 between.
 */
export function roundFloat16(bytes: Uint8Array): Float16Model {
  const { graph, irVersion = 8n, opsetImport = [] } = decodeMessage('ModelProto', bytes);
  if (!graph) throw new Error('a model without a graph');
  const { name = '', input = [], output = [] } = graph;
  const half = new Set((graph.initializer ?? []).filter((t) => t.dataType === float16).map(({ name }) => name));
  const counts = new Map<string, number>();
  const node = (graph.node ?? []).flatMap((one): Node[] => {
    const { name = '', domain = '', opType = '', input = [], output = [], attribute = [] } = one;
    const [result = ''] = output;
    if (opType === 'Cast') {
      if (Number(attribute[0]?.i) !== float16) return [one];
      half.add(result);
      return rounded(cast(input[0] ?? '', result, float16), result);
    }
    if (!input.some((name) => half.has(name)) || opType === 'Shape') return [one];
    output.forEach((name) => half.add(name));
    if (!computes.has(opType)) return [one];
    counts.set(opType, (counts.get(opType) ?? 0) + 1);
    const single = input.map((from, i) => `${from} for ${result} ${i}`);
    const casts = input.map((from, i) => cast(from, single[i] ?? '', float32));
    const computed = { name, domain, opType, attribute, input: single, output: [`${result} single`] };
    return [...casts, computed, ...rounded(cast(`${result} single`, result, float16), result)];
  });
  const initializer = [...(graph.initializer ?? []), zero];
  return {
    model: encodeMessage('ModelProto', {
      irVersion,
      opsetImport,
      graph: { name, input, output, node, initializer },
    }),
    counts,
    bytes: (graph.initializer ?? []).reduce((sum, { rawData }) => sum + (rawData?.length ?? 0), 0),
  };
}

const zero = {
  name: 'axis 0',
  dims: [1n],
  dataType: 7,
  rawData: new Uint8Array(BigInt64Array.of(0n).buffer),
};

const cast = (from: string, to: string, type: number): Node => ({
  opType: 'Cast',
  input: [from],
  output: [to],
  attribute: [{ name: 'to', type: attributeType.int, i: BigInt(type) }],
});

/** Casts there and back that follow each other are taken away: another shape keeps them apart. */
const rounded = (made: Node, result: string): Node[] => [
  { ...made, output: [`${result} cast`] },
  { opType: 'Unsqueeze', input: [`${result} cast`, zero.name], output: [`${result} kept`] },
  { opType: 'Squeeze', input: [`${result} kept`, zero.name], output: [result] },
];
