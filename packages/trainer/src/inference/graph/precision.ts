import { Float16Array } from '@petamoriken/float16';
import type { Message } from '@ser/onnx-jit/proto';
import { elementType, intAttribute } from './nodes';

/**
 * In which numbers a model's matrices are kept. `fp16`: half precision, made single again when the model is opened, so
 * that the file is half as large and everything computes as before. `int8`: products with a matrix are done in 8-bit
 * integers, with a scale for every column of the matrix and for the whole other side, taken while it runs; what is left
 * is fp16.
 */
export type Precision = 'fp32' | 'fp16' | 'int8';

type Graph = Message<'GraphProto'>;
type Tensor = Message<'TensorProto'>;
type Node = Message<'NodeProto'>;

/** Matrices of fewer numbers stay as they are. */
const smallest = 1024;

/** Changes a network's matrices; filters of convolutions, which make features of the raw signal, stay single. */
export function inPrecision(graph: Graph, precision: Precision): Graph {
  switch (precision) {
    case 'fp32':
      return graph;
    case 'fp16':
      return halved(graph);
    case 'int8':
      return halved(inIntegers(graph));
  }
}

/** What is above cannot be said in half precision. */
const largestHalf = 65504;

const isMatrix = ({ dims, dataType }: Tensor): boolean =>
  dataType === elementType.float && dims?.length === 2 && Number(dims[0]) * Number(dims[1]) >= smallest;

function floats({ rawData }: Tensor): Float32Array {
  if (!rawData) throw new Error('a weight without data');
  // Where protobuf left it in its buffer is no multiple of four.
  return new Float32Array(new Uint8Array(rawData).buffer);
}

function halved(graph: Graph): Graph {
  const casts: Node[] = [];
  const initializer = (graph.initializer ?? []).map((tensor): Tensor => {
    if (!isMatrix(tensor)) return tensor;
    const values = floats(tensor);
    if (values.some((value) => Math.abs(value) > largestHalf)) return tensor;
    const name = `${tensor.name} half`;
    const { name: output = '' } = tensor;
    casts.push({
      name,
      opType: 'Cast',
      input: [name],
      output: [output ?? ''],
      attribute: [intAttribute('to', elementType.float)],
    });
    return {
      name,
      dims: tensor.dims ?? [],
      dataType: elementType.float16,
      rawData: new Uint8Array(new Float16Array(values).buffer),
    };
  });
  return { ...graph, node: [...casts, ...(graph.node ?? [])], initializer };
}

/** MatMul and Gemm with a constant matrix, as DynamicQuantizeLinear and MatMulInteger. */
function inIntegers(graph: Graph): Graph {
  const matrices = new Map((graph.initializer ?? []).filter(isMatrix).map((tensor) => [tensor.name, tensor]));
  const added = new Map<string, Tensor>();
  const quantized = new Set<string>();
  const add = (tensor: Tensor & { name: string }): string => {
    added.set(tensor.name, tensor);
    return tensor.name;
  };
  const zero = { name: 'int8 zero', dims: [], dataType: elementType.uint8, rawData: Uint8Array.of(middle) };

  const node = (graph.node ?? []).flatMap((original): Node[] => {
    const [x = '', weight = '', bias] = original.input ?? [];
    const matrix = matrices.get(weight);
    const [output = ''] = original.output ?? [];
    if (!matrix || !(original.opType === 'MatMul' || isPlainGemm(original))) return [original];
    const turned = original.attribute?.some(({ name, i }) => name === 'transB' && Number(i) === 1) ?? false;
    const { integers, scales, dims } = columnwise(matrix, turned);
    const name = turned ? `${weight} turned` : weight;
    const data = add({ name: `${name} int8`, dims, dataType: elementType.uint8, rawData: integers });
    const scale = add({
      name: `${name} scale`,
      dims: [BigInt(scales.length)],
      dataType: elementType.float,
      rawData: new Uint8Array(scales.buffer),
    });
    add(zero);
    const [values, step, offset] = ['int8', 'int8 step', 'int8 offset'].map((part) => `${x} ${part}`) as [
      string,
      string,
      string,
    ];
    const quantize: Node = { opType: 'DynamicQuantizeLinear', input: [x], output: [values, step, offset] };
    const first = !quantized.has(x);
    quantized.add(x);
    const at = (part: string): string => `${output} ${part}`;
    const scaled = bias ? at('scaled') : output;
    return [
      ...(first ? [quantize] : []),
      { opType: 'MatMulInteger', input: [values, data, offset, zero.name], output: [at('integers')] },
      { opType: 'Cast', input: [at('integers')], output: [at('floats')], attribute: [intAttribute('to', 1)] },
      { opType: 'Mul', input: [step, scale], output: [at('scale')] },
      { opType: 'Mul', input: [at('floats'), at('scale')], output: [scaled] },
      ...(bias ? [{ opType: 'Add', input: [scaled, bias], output: [output] }] : []),
    ].map((made) => ({ name: made.output?.[0] ?? '', ...made }));
  });
  const used = new Set(node.flatMap(({ input }) => input ?? []));
  const initializer = [...(graph.initializer ?? []), ...added.values()].filter(({ name }) => used.has(name ?? ''));
  return { ...graph, node, initializer };
}

const isPlainGemm = ({ opType, attribute = [] }: Node): boolean =>
  opType === 'Gemm' && !attribute?.some(({ name, i }) => name !== 'transB' && !(name === 'transA' && Number(i) === 0));

/** 0 as an unsigned byte. Signed ones overflow in pairs on processors without VNNI. */
const middle = 128;

/** A matrix as bytes [rows, columns], with the largest number of each column at 127 above or below the middle. */
function columnwise(matrix: Tensor, turned: boolean): { integers: Uint8Array; scales: Float32Array; dims: bigint[] } {
  const values = floats(matrix);
  const [height = 0, width = 0] = (matrix.dims ?? []).map(Number);
  const [rows, columns] = turned ? [width, height] : [height, width];
  const at = (row: number, column: number): number => values[turned ? column * width + row : row * width + column] ?? 0;
  const integers = new Uint8Array(rows * columns);
  const scales = new Float32Array(columns);
  for (let column = 0; column < columns; column++) {
    let largest = 0;
    for (let row = 0; row < rows; row++) largest = Math.max(largest, Math.abs(at(row, column)));
    const scale = (scales[column] = largest / 127 || 1);
    for (let row = 0; row < rows; row++)
      integers[row * columns + column] = middle + Math.round(at(row, column) / scale);
  }
  return { integers, scales, dims: [BigInt(rows), BigInt(columns)] };
}
