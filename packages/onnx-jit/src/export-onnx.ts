import type * as tf from '@tensorflow/tfjs-core';
import { generalize, type Recording } from './passes/generalize';
import { halfWeights } from './passes/half-weights';
import { plainOperators, type GraphWithResults } from './passes/plain-operators';
import { CompileError } from './errors';
import type { Provider } from './lower/call';
import {
  encodeModel,
  encodeModelWithData,
  type ModelOptions,
  type ModelWithData,
  type NamedValue,
} from './run/serialize';
import { withLeaves, type TensorTree } from './record/arguments';
import { trace, type ArgumentType } from './record/trace';
import { leavesOf } from './record/tree';

export interface ExportOptions {
  /**
   * Axes whose length may vary: input (its path in the example, such as `waves`) → axis → name of the length, such as
   * `{ waves: { 0: 'batch', 1: 'samples' } }`. Axes of one name have one length.
   */
  readonly dynamicAxes?: Readonly<Record<string, Readonly<Record<number, string>>>>;
  /**
   * `onnxruntime` (default): with the few operators that ONNX Runtime adds to ONNX (`com.microsoft`). `onnx`: ONNX's own
   * alone, for any other program; ONNX Runtime fuses them again when it opens the model.
   */
  readonly operators?: 'onnx' | 'onnxruntime';
  /** Where ONNX Runtime will run it; `cpu` when absent. A model for `webgpu` avoids what would leave the GPU there. */
  readonly provider?: Provider;
  /**
   * `float16`: matrices, products and what lies between two of them in float16, for GPUs; norms, softmax, sums and results
   * stay in float32. `float32` when absent.
   */
  readonly precision?: 'float32' | 'float16';
  /** Written into the model's properties. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** How far the lengths of the further recordings lie from the example's: odd, far apart, so that nothing fits by chance. */
const steps = [
  [0, 0, 0, 0],
  [1, 2, 3, 5],
  [3, 7, 4, 9],
  [8, 5, 11, 2],
];

/**
 * Writes a tfjs function as an ONNX model for inference. Variables and captured tensors become its weights.
 *
 * Inputs are named by their path in `example`, outputs by their path in what `fn` returns. With dynamic axes the
 * function is recorded at several sizes, and what follows the size is computed from it in the model; the example
 * should then be long enough that every part of the function is used.
 *
 * @param fn a pure function of its argument
 * @param example tensors (or tensors in objects and arrays) that give shapes and types; their values do not matter
 * @returns the encoded ModelProto, opset 17
 * @throws CompileError as `jit` does, and where something depends on a dynamic length in a way ONNX cannot be told
 */
export function exportOnnx<Input extends TensorTree>(
  fn: (input: Input) => TensorTree,
  example: Input,
  options: ExportOptions = {},
): Uint8Array {
  const { graph, outputs, model } = recordModel(fn, example, options);
  return encodeModel(graph, outputs, model);
}

/**
 * As `exportOnnx`, with the weights in a file of their own, which ONNX Runtime maps instead of copying: half of the
 * memory when the model is opened, and no limit of 2 GB.
 *
 * @param dataFile name of that file; it must lie beside the model's under this name
 */
export function exportOnnxWithData<Input extends TensorTree>(
  fn: (input: Input) => TensorTree,
  example: Input,
  dataFile: string,
  options: ExportOptions = {},
): ModelWithData {
  const { graph, outputs, model } = recordModel(fn, example, options);
  return encodeModelWithData(graph, outputs, model, dataFile);
}

interface RecordedModel {
  readonly graph: Recording['graph'];
  readonly outputs: readonly NamedValue[];
  readonly model: ModelOptions;
}

function recordModel<Input extends TensorTree>(
  fn: (input: Input) => TensorTree,
  example: Input,
  options: ExportOptions,
): RecordedModel {
  const dynamic = options.dynamicAxes ?? {};
  const types = leavesOf<tf.Tensor>(example).map(({ path, value }) => ({
    name: path || 'input',
    shape: value.shape,
    dtype: value.dtype,
  }));
  const names = [...new Set(Object.values(dynamic).flatMap((axes) => Object.values(axes)))];
  const unknown = Object.keys(dynamic).find((name) => !types.some((t) => t.name === name));
  if (unknown !== undefined) {
    throw new CompileError(
      `dynamicAxes names "${unknown}", which is no input: inputs are ${types.map((t) => t.name).join(', ')}`,
    );
  }
  let paths: string[] = [];
  const record = (sizes: readonly ArgumentType[]): Recording => {
    const recorded = trace((tensors) => fn(withLeaves(example, tensors)), sizes, {
      provider: options.provider ?? 'cpu',
      inline: true,
    });
    paths = leavesOf(recorded.layout).map((leaf) => leaf.path || 'output');
    return recorded;
  };

  if (names.length === 0) {
    const { graph, results } = finished(record(types), options);
    return { graph, outputs: named(results, paths), model: modelOptions(options, {}) };
  }
  const sized = (step: readonly number[]): ArgumentType[] =>
    types.map((type) => ({
      ...type,
      shape: type.shape.map((length, axis) => {
        const name = dynamic[type.name]?.[axis];
        // Steps grow with the example: lengths are often samples, of which a few change nothing.
        return name === undefined
          ? length
          : length + (step[names.indexOf(name) % step.length] ?? 1) * Math.max(1, Math.ceil(length / 13));
      }),
    }));
  const { varying, ...general } = generalize(steps.map((step) => record(sized(step))));
  const { graph, results } = finished(general, options);
  const outputAxes = varying.map(
    (axes, i) => [paths[i] ?? '', Object.fromEntries(axes.map((axis) => [axis, `${paths[i]} ${axis}`]))] as const,
  );
  const dynamicAxes = { ...dynamic, ...Object.fromEntries(outputAxes) };
  return { graph, outputs: named(results, paths), model: modelOptions(options, dynamicAxes) };
}

function finished(recorded: GraphWithResults, { operators, precision }: ExportOptions): GraphWithResults {
  const written = operators === 'onnx' ? plainOperators(recorded) : recorded;
  return precision === 'float16' ? halfWeights(written) : written;
}

const named = (values: Recording['results'], paths: readonly string[]): NamedValue[] =>
  values.map((value, i) => ({ name: paths[i] ?? `output ${i}`, value }));

const modelOptions = (
  { metadata = {} }: ExportOptions,
  dynamicAxes: NonNullable<ExportOptions['dynamicAxes']>,
): ModelOptions => ({ producer: '@ser/onnx-jit', metadata, dynamicAxes });
