import * as tf from '@tensorflow/tfjs';
import { Graph, largestFixed, makeData, type DType, type Value } from '../../graph/graph';
import { lowerings } from '../../lower';
import { asDType } from '../../lower/call';
import { isComplex, typeOf, type Recorded } from '../../lower/complex';
import { canLower, lowerKernel } from '../../lower/kernel';
import { encodeModel, nameOf } from '../../run/serialize';
import { wrapData } from '../../run/tensors';
import { disagreement } from './closeness';
import { runReference, type Held, type Numbers } from './reference';
import { runSync } from './sync-session';
import { seen } from './watch';

/**
 * `kernel`: every kernel is a graph of its own, run at once. `lazy`: kernels are recorded until something is read,
 * and what it depends on is run as one graph, so that simplifications across kernels take part.
 */
export type Mode = 'kernel' | 'lazy';

/** A tensor: its numbers in tfjs's own arithmetic, and how it was made in the graph. */
interface Data extends Held {
  /** Where it stands in the graph; absent for what came from outside and was not used yet. */
  value?: Recorded | undefined;
  /** What ONNX Runtime made of it, once it was read. */
  numbers?: Numbers | undefined;
  references: number;
}

/** A tfjs backend whose kernels are this package's lowerings, run by ONNX Runtime. */
class CompiledBackend extends tf.KernelBackend {
  private readonly held = new Map<object, Data>();
  private graph = new Graph(largestFixed);
  private readonly inputs = new Map<Value, Numbers>();

  constructor(private readonly mode: Mode) {
    super();
  }

  override write(values: tf.backend_util.BackendValues, shape: number[], dtype: tf.DataType): object {
    const numbers = values as Numbers;
    return this.hold({ shape: [...shape], dtype, expected: numbers, numbers, references: 1 });
  }

  override move(
    dataId: object,
    values: tf.backend_util.BackendValues,
    shape: number[],
    dtype: tf.DataType,
    references: number,
  ): void {
    const numbers = values as Numbers;
    this.held.set(dataId, { shape: [...shape], dtype, expected: numbers, numbers, references });
  }

  override readSync(dataId: object): tf.backend_util.BackendValues {
    const data = this.found(dataId);
    data.numbers ??= this.evaluate([data])[0];
    if (!data.numbers) throw new Error('nothing came back');
    return data.numbers;
  }

  override async read(dataId: object): Promise<tf.backend_util.BackendValues> {
    return this.readSync(dataId);
  }

  override numDataIds = (): number => this.held.size;
  override refCount = (dataId: object): number => this.held.get(dataId)?.references ?? 0;
  override incRef(dataId: object): void {
    this.found(dataId).references++;
  }
  decRef(dataId: object): void {
    this.found(dataId).references--;
  }
  override disposeData(dataId: object, force = false): boolean {
    const data = this.held.get(dataId);
    if (!data) return true;
    data.references--;
    if (!force && data.references > 0) return false;
    this.held.delete(dataId);
    if (this.held.size === 0) this.forget();
    return true;
  }
  override memory = () => ({ unreliable: false });
  override timerAvailable = (): boolean => true;
  override async time(run: () => void): Promise<tf.BackendTimingInfo> {
    const start = performance.now();
    run();
    return { kernelMs: performance.now() - start };
  }
  override floatPrecision = (): 16 | 32 => 32;
  override epsilon = (): number => 1e-7;
  override dispose(): void {
    this.held.clear();
    this.forget();
  }

  /** Runs or records one kernel, and the same one of tfjs's CPU backend beside it. */
  run(kernel: string, inputs: tf.NamedTensorInfoMap, attrs: object | undefined): tf.TensorInfo | tf.TensorInfo[] {
    if (!canLower(kernel)) {
      seen().missing.add(kernel);
      throw new Error(`${kernel} cannot be compiled`);
    }
    seen().kernels.add(kernel);
    const given = Object.entries(inputs).flatMap(([name, tensor]) =>
      tensor ? [[name, this.found(tensor.dataId)] as const] : [],
    );
    const reference = runReference(kernel, Object.fromEntries(given), attrs);
    if (this.mode === 'kernel') this.forget();
    let result: Recorded | Recorded[];
    try {
      const values = Object.fromEntries(given.map(([name, data]) => [name, this.recorded(kernel, data)]));
      result = lowerKernel(this.graph, 'cpu', { kernel, inputs: values, attrs });
    } catch (error) {
      const type = /tensors of type (\w+) cannot be compiled/.exec(String(error))?.[1];
      if (type !== undefined) seen().missing.add(`tensors of type ${type}`);
      else if (reference instanceof Error && String(error).includes(reference.message)) throw reference;
      else if (reference instanceof Error)
        seen().disagreements.add(`${kernel}: "${String(error)}" where tfjs says "${reference.message}"`);
      throw error;
    }
    const values = Array.isArray(result) ? result : [result];
    const expected = reference instanceof Error ? [] : reference;
    const made = values.map((value, i): Data => ({
      ...typeOf(value),
      expected: expected[i]?.expected ?? new Float32Array(0),
      from: kernel,
      value,
      references: 1,
    }));
    if (reference instanceof Error) {
      // What only shows with the numbers may be refused by the run.
      this.evaluateQuietly(kernel, made, reference);
      throw reference;
    }
    made.forEach((data, i) => {
      const wanted = expected[i];
      const type = ({ dtype, shape }: Held): string => `${dtype} [${shape.join()}]`;
      if (wanted && type(data) !== type(wanted))
        seen().disagreements.add(`${kernel}: ${type(data)} where tfjs has ${type(wanted)}`);
    });
    if (this.mode === 'kernel') this.evaluate(made).forEach((numbers, i) => (made[i]!.numbers = numbers));
    const [input] = Object.values(inputs);
    if (kernel === 'Identity' && input) {
      // tfjs's own accounts count on it that a clone has the memory of what it is a clone of.
      this.incRef(input.dataId);
      return { dataId: input.dataId, shape: [...input.shape], dtype: input.dtype };
    }
    const infos = made.map((data) => ({ dataId: this.hold(data), shape: [...data.shape], dtype: data.dtype }));
    return Array.isArray(result) ? infos : infos[0]!;
  }

  private hold(data: Data): object {
    const dataId = {};
    this.held.set(dataId, data);
    return dataId;
  }

  private found(dataId: object): Data {
    const data = this.held.get(dataId);
    if (!data) throw new Error('the tensor is not on this backend');
    return data;
  }

  private recorded(kernel: string, data: Data): Recorded {
    if (data.value) return data.value;
    const { numbers } = data;
    if (!numbers) throw new Error(`${kernel}: an input has no numbers`);
    data.value =
      data.dtype === 'complex64'
        ? this.recordedParts(numbers, data.shape)
        : this.recordedNumbers(numbers, data.shape, asDType(kernel, data.dtype));
    return data.value;
  }

  private recordedParts(numbers: Numbers, shape: readonly number[]): Recorded {
    const { real, imag } = tf.backend_util.splitRealAndImagArrays(Float32Array.from(numbers));
    return {
      real: this.recordedNumbers(real, shape, 'float32'),
      imag: this.recordedNumbers(imag, shape, 'float32'),
    };
  }

  private recordedNumbers(numbers: Numbers, shape: readonly number[], dtype: DType): Value {
    // Small numbers are written into a recorded function; whatever sees them as constants simplifies.
    if (this.mode === 'lazy' && numbers.length === 1) {
      return this.graph.constant(makeData(dtype, numbers), shape, dtype);
    }
    const value = this.graph.input(`input ${this.graph.inputs.length}`, shape, dtype);
    this.inputs.set(value, numbers);
    return value;
  }

  /** Runs what the given tensors depend on as one graph, and compares them with tfjs's own. */
  private evaluate(wanted: readonly Data[]): Numbers[] {
    const outputs = wanted.flatMap(({ value }, i) =>
      !value
        ? []
        : isComplex(value)
          ? [
              { name: `real ${i}`, value: value.real },
              { name: `imag ${i}`, value: value.imag },
            ]
          : [{ name: `output ${i}`, value }],
    );
    const model = encodeModel(this.graph, outputs, { producer: 'tfjs-tests' });
    const feeds = Object.fromEntries(
      [...this.inputs].map(([value, numbers]) => [nameOf(value), wrapData(numbers, typeOf(value).dtype, value.shape)]),
    );
    const { zero } = this.graph;
    const results = runSync(
      model,
      zero ? { ...feeds, [nameOf(zero)]: wrapData(new Float32Array(1), 'float32', []) } : feeds,
      outputs.map((o) => o.name),
    );
    const numbersOf = (name: string): Numbers => {
      const { data } = results[name] ?? {};
      if (data instanceof BigInt64Array) return Int32Array.from(data, Number);
      if (data instanceof Float32Array || data instanceof Int32Array || data instanceof Uint8Array) return data;
      throw new Error(`${name} did not come back as numbers`);
    };
    return wanted.map((data, i) => {
      const numbers =
        data.dtype === 'complex64'
          ? tf.backend_util.mergeRealAndImagArrays(
              Float32Array.from(numbersOf(`real ${i}`)),
              Float32Array.from(numbersOf(`imag ${i}`)),
            )
          : numbersOf(`output ${i}`);
      const wrong = disagreement(numbers, data.expected);
      if (wrong !== null) seen().disagreements.add(`${data.from}: ${wrong}`);
      return numbers;
    });
  }

  private evaluateQuietly(kernel: string, made: readonly Data[], reference: Error): void {
    try {
      this.evaluate(made);
    } catch {
      return;
    }
    seen().disagreements.add(`${kernel}: computed where tfjs says "${reference.message}"`);
  }

  /** Begins a new graph; tensors made so far are its inputs. */
  private forget(): void {
    this.graph = new Graph(largestFixed);
    this.inputs.clear();
    for (const data of this.held.values()) data.value = undefined;
  }
}

/** Registers a backend of each mode under the name `compiled MODE`. */
export function registerCompiled(mode: Mode): string {
  const name = `compiled ${mode}`;
  const backend = new CompiledBackend(mode);
  tf.registerBackend(name, () => backend, 0);
  const kernels = new Set([...tf.getKernelsForBackend('cpu').map((k) => k.kernelName), ...Object.keys(lowerings)]);
  for (const kernelName of kernels) {
    tf.registerKernel({
      kernelName,
      backendName: name,
      kernelFunc: ({ inputs, attrs }) => backend.run(kernelName, inputs, attrs),
    });
  }
  return name;
}
