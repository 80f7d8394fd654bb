import * as tf from '@tensorflow/tfjs-core';
import { CompileError } from '../errors';
import { Graph, largestFixed, makeData, type Data, type Shape, type Value } from '../graph/graph';
import { lowerings } from '../lower';
import { asDType, type Provider } from '../lower/call';
import { isComplex, typeOf, type Recorded } from '../lower/complex';
import { lowerKernel } from '../lower/kernel';
import { replaceMethods } from './replace-methods';
import { TRACE_BACKEND } from './trace-name';
import { leavesOf, mapTree, type Tree } from './tree';

/** A tfjs variable that the function reads or assigns. */
export interface State {
  readonly variable: tf.Variable;
  /** The graph input that holds it before the step. */
  readonly input: Value;
  /** What it is after the step; the input itself where it is only read. */
  output: Value;
  /** What it starts from, when the function itself created it. */
  readonly initial: Value | null;
}

/** Variables that a compiled step keeps in one tensor, one after the other (`passes/pack.ts`). */
export interface Pack {
  readonly variables: readonly tf.Variable[];
  /** The graph input that holds them before the step. */
  readonly input: Value;
  readonly output: Value;
}

/** A tensor of the outside that the function uses without being given it. */
export interface Capture {
  readonly tensor: tf.Tensor;
  readonly input: Value;
}

/** What one call of a function did. */
export interface Trace {
  readonly graph: Graph;
  readonly arguments: readonly Value[];
  readonly results: readonly Value[];
  /** What the function returned, with the index of a result in place of each tensor. */
  readonly layout: Tree<number>;
  readonly states: readonly State[];
  /** Instead of their states; none as it is recorded. */
  readonly packs: readonly Pack[];
  readonly captures: readonly Capture[];
}

/** Captured tensors up to this size are written into the graph. */
const largestConstant = 1024;

class Recorder {
  readonly graph: Graph;
  readonly states = new Map<tf.Variable, State>();
  readonly captures = new Map<object, Capture>();
  private readonly values = new WeakMap<object, Recorded>();

  constructor(
    readonly provider: Provider,
    private readonly inline: boolean,
  ) {
    this.graph = new Graph(inline ? Infinity : largestFixed, inline);
  }

  /** Makes a tfjs data id for a value. */
  dataOf(value: Recorded): object {
    const dataId = {};
    this.values.set(dataId, value);
    return dataId;
  }

  known(dataId: object): Recorded | undefined {
    return this.values.get(dataId);
  }

  /** What leaves the graph or stays in a variable: no complex tensor, of which ONNX knows nothing. */
  valueOf(tensor: tf.TensorInfo): Value {
    const value = this.recorded(tensor);
    if (isComplex(value))
      throw new CompileError(
        'complex tensors live inside a compiled function only: return tf.real and tf.imag of them',
      );
    return value;
  }

  recorded(tensor: tf.TensorInfo): Recorded {
    if (isVariable(tensor)) return this.stateOf(tensor).output;
    const known = this.values.get(tensor.dataId);
    if (known) return known;
    if (!isTensor(tensor)) throw new CompileError(`${this.graph.kernel}: an input was not recorded`);
    return this.capture(tensor);
  }

  stateOf(variable: tf.Variable): State {
    const found = this.states.get(variable);
    if (found) return found;
    const initial = this.known(variable.dataId) ?? null;
    if (initial && isComplex(initial)) throw new CompileError(`variable "${variable.name}" is complex`);
    const value = this.inline
      ? this.graph.constant(dataOf(variable), variable.shape, asDType(variable.name, variable.dtype))
      : this.graph.input(`state ${this.states.size}`, variable.shape, asDType(variable.name, variable.dtype), true);
    const state: State = { variable, input: value, output: value, initial };
    this.states.set(variable, state);
    return state;
  }

  assign(variable: tf.Variable, tensor: tf.Tensor): void {
    if (this.inline)
      throw new CompileError(`variable "${variable.name}" is assigned in a function that is exported for inference`);
    if (tensor.dtype !== variable.dtype || !tf.util.arraysEqual(tensor.shape, variable.shape)) {
      throw new CompileError(
        `variable "${variable.name}" (${variable.dtype} [${variable.shape}]) is assigned ${tensor.dtype} [${tensor.shape}]`,
      );
    }
    const value = this.valueOf(tensor);
    this.stateOf(variable).output = value;
  }

  private capture(tensor: tf.Tensor): Value {
    const found = this.captures.get(tensor.dataId);
    if (found) return found.input;
    const dtype = asDType('a captured tensor', tensor.dtype);
    if (this.inline || tensor.size <= largestConstant) {
      // A compiled function keeps it: a copy, because a backend may use the memory again.
      const data = this.inline ? dataOf(tensor) : dataOf(tensor).slice();
      const value = this.graph.constant(data, tensor.shape, dtype);
      this.values.set(tensor.dataId, value);
      return value;
    }
    const input = this.graph.input(`captured ${this.captures.size}`, tensor.shape, dtype);
    this.captures.set(tensor.dataId, { tensor, input });
    return input;
  }
}

// tfjs's classes have `any` as their rank where `instanceof` alone narrows to them.
const isTensor = (tensor: tf.TensorInfo): tensor is tf.Tensor => tensor instanceof tf.Tensor;
const isVariable = (tensor: tf.TensorInfo): tensor is tf.Variable => tensor instanceof tf.Variable;

/** The numbers of a tensor; its own memory where the backend keeps them so: an export writes them out at once. */
function dataOf(tensor: tf.Tensor): Data {
  // Not the method of a variable, which refuses while a function is recorded.
  const numbers: unknown = tf.Tensor.prototype.dataSync.call(tensor);
  if (numbers instanceof Float32Array || numbers instanceof Int32Array || numbers instanceof Uint8Array) return numbers;
  throw new CompileError(`tensors of type ${tensor.dtype} cannot be compiled (float32, int32 and bool can)`);
}

/** The tfjs backend that records kernels instead of running them. */
class TraceBackend extends tf.KernelBackend {
  recorder: Recorder | null = null;

  get active(): Recorder {
    if (!this.recorder)
      throw new CompileError('a tensor of a compiled function was used after the function had returned');
    return this.recorder;
  }

  override write(values: tf.backend_util.BackendValues, shape: number[], dtype: tf.DataType): object {
    const numbers = values as ArrayLike<number>;
    const type = asDType('a constant', dtype);
    return this.active.dataOf(this.active.graph.constant(makeData(type, numbers), shape, type));
  }

  override readSync(dataId: object): tf.backend_util.BackendValues {
    const recorded = this.active.known(dataId);
    const value = recorded && isComplex(recorded) ? recorded.real : recorded;
    const { source } = value ?? {};
    if (
      value === recorded &&
      source?.kind === 'constant' &&
      !(source.data instanceof BigInt64Array || source.data instanceof Uint16Array)
    )
      return source.data;
    const maker = source?.kind === 'node' ? `, the result of ${source.node.kernel}` : '';
    throw new CompileError(
      `the value of a tensor${value ? ` [${value.shape.join()}]` : ''}${maker}, was read inside a compiled function ` +
        '(dataSync, arraySync, data, array or an op that needs the numbers): a compiled function sees shapes only; return the tensor and read it outside',
    );
  }

  override read(dataId: object): Promise<tf.backend_util.BackendValues> {
    return Promise.resolve(this.readSync(dataId));
  }

  override numDataIds = (): number => 0;
  override refCount = (): number => 1;
  override incRef(): void {}
  decRef(): void {}
  override disposeData = (): boolean => false;
  override memory = () => ({ unreliable: true });
  override floatPrecision = (): 16 | 32 => 32;
  override epsilon = (): number => 1e-7;
  override dispose(): void {}
}

const backend = new TraceBackend();
let registered = false;

/** Registers the recording backend: done at the first use, because it names every kernel that tfjs knows. */
function register(): void {
  if (registered) return;
  registered = true;
  // Priority 0 and never first: tfjs does not choose it by itself.
  tf.registerBackend(TRACE_BACKEND, () => backend, 0);
  const names = new Set([...tf.getKernelsForBackend('cpu').map((k) => k.kernelName), ...Object.keys(lowerings)]);
  for (const kernelName of names) {
    tf.registerKernel({
      kernelName,
      backendName: TRACE_BACKEND,
      kernelFunc: ({ inputs, attrs }) => lower(kernelName, inputs, attrs),
    });
  }
}

function lower(
  kernelName: string,
  inputs: tf.NamedTensorInfoMap,
  attrs: object | undefined,
): tf.TensorInfo | tf.TensorInfo[] {
  const recorder = backend.active;
  // Its name stands in the messages about its inputs, too.
  recorder.graph.kernel = kernelName;
  const values = Object.fromEntries(
    Object.entries(inputs).flatMap(([name, tensor]) => (tensor ? [[name, recorder.recorded(tensor)] as const] : [])),
  );
  const result = lowerKernel(recorder.graph, recorder.provider, { kernel: kernelName, inputs: values, attrs });
  const info = (value: Recorded): tf.TensorInfo => {
    const { shape, dtype } = typeOf(value);
    return { dataId: recorder.dataOf(value), shape: [...shape], dtype };
  };
  return Array.isArray(result) ? result.map(info) : info(result);
}

export interface TraceOptions {
  readonly provider: Provider;
  /** Variables and captured tensors become constants of the graph (inference) instead of its inputs (training). */
  readonly inline: boolean;
}

/** What a traced function gets for each tensor it is called with. */
export interface ArgumentType {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: tf.DataType;
}

/** Calls `fn` once with tensors that have shapes but no values, and records what it does. */
export function trace(
  fn: (args: tf.Tensor[]) => Tree<tf.Tensor>,
  types: readonly ArgumentType[],
  options: TraceOptions,
): Trace {
  register();
  if (backend.recorder)
    throw new CompileError('a compiled function was called inside a compiled function: call the plain one');
  const engine = tf.engine();
  tf.backend(); // tfjs names its backend once it has been asked for it
  const before = tf.getBackend();
  const recorder = new Recorder(options.provider, options.inline);
  const { numTensors, numBytes, numDataBuffers } = engine.state;
  void tf.setBackend(TRACE_BACKEND);
  backend.recorder = recorder;
  const restore = changeTensors(recorder);
  engine.startScope('onnx-jit');
  try {
    const args = types.map(({ name, shape, dtype }) => recorder.graph.input(name, shape, asDType(name, dtype)));
    const tensors = args.map((value) =>
      engine.makeTensorFromDataId(recorder.dataOf(value), [...value.shape], typeOf(value).dtype, backend),
    );
    const returned = fn(tensors);
    refusePromises(returned);
    const results: Value[] = [];
    const layout = mapTree(returned, (tensor, path) => {
      if (!isTensor(tensor)) {
        throw new CompileError(`result ${path} of a compiled function is ${typeof tensor}: return tensors only`);
      }
      return results.push(recorder.valueOf(tensor)) - 1;
    });
    return {
      graph: recorder.graph,
      arguments: args,
      results,
      layout,
      states: [...recorder.states.values()],
      packs: [],
      captures: [...recorder.captures.values()],
    };
  } finally {
    engine.endScope();
    restore();
    backend.recorder = null;
    void tf.setBackend(before);
    // Recorded tensors hold no memory: tfjs's accounts go on as if they had not been.
    Object.assign(engine.state, { numTensors, numBytes, numDataBuffers });
  }
}

/** Makes variables record what they are assigned, and tensors refuse to hand out numbers, until what is returned is called. */
function changeTensors(recorder: Recorder): () => void {
  const refuse = function (this: tf.Variable): never {
    throw new CompileError(
      `the value of variable "${this.name}" was read inside a compiled function: it would be baked in; return it and read it outside`,
    );
  };
  // Thrown at once: the rejection of a promise might not be handled, and would end the process.
  const refuseToWait = function (this: tf.Tensor): never {
    backend.readSync(this.dataId);
    throw new CompileError('a compiled function cannot wait for the value of a tensor: return it and read it outside');
  };
  const restoreTensors = replaceMethods(tf.Tensor.prototype, {
    data: refuseToWait,
    array: refuseToWait,
    bytes: refuseToWait,
    buffer: refuseToWait,
  });
  const restoreVariables = replaceMethods(tf.Variable.prototype, {
    assign(this: tf.Variable, value: tf.Tensor) {
      recorder.assign(this, value);
    },
    dataSync: refuse,
    data: refuse,
    array: refuse,
    bytes: refuse,
    buffer: refuse,
  });
  return () => {
    restoreVariables();
    restoreTensors();
  };
}

/** @throws CompileError if a function that was recorded has returned a promise */
function refusePromises(returned: Tree<unknown>): void {
  const promises = leavesOf(returned).filter(({ value }) => isPromise(value));
  // They are bound to fail, because what goes on after an `await` is no longer recorded; the error below stands for all.
  for (const { value } of promises) Promise.resolve(value).catch(() => undefined);
  if (promises.length > 0)
    throw new CompileError('a compiled function cannot be async: while it is recorded there is nothing to wait for');
}

const isPromise = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
