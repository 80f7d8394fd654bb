import { variableOf } from '@ser/onnx-jit';
import * as tf from '@tensorflow/tfjs-core';

/** One tensor that a model needs. */
export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
  /** How `randomParameters` fills it: a constant, or a uniform distribution of this standard deviation. */
  readonly init: { readonly constant: number } | { readonly deviation: number };
  /** The same tensor under another tool's name. */
  readonly alias?: string;
  /** Filled with zeros when a checkpoint lacks it. */
  readonly optional?: boolean;
  /** Never trained (fixed positions). */
  readonly fixed?: boolean;
}

const constant = (value: number) => ({ constant: value });

/** [out, in] weight and [out] bias of a linear layer. */
export function linearSpec(name: string, out: number, inputs: number, bias = true): ParameterSpec[] {
  const weight = { name: `${name}.weight`, shape: [out, inputs], init: { deviation: Math.sqrt(1 / inputs) } };
  return bias ? [weight, { name: `${name}.bias`, shape: [out], init: constant(0) }] : [weight];
}

/** Scale and offset of a normalisation. */
export function normSpec(name: string, size: number): ParameterSpec[] {
  return [
    { name: `${name}.weight`, shape: [size], init: constant(1) },
    { name: `${name}.bias`, shape: [size], init: constant(0) },
  ];
}

/** [out, in, kernel] filter and [out] bias of a convolution. */
export function convSpec(name: string, out: number, inputs: number, kernel: number, bias: boolean): ParameterSpec[] {
  // Twice the variance of a linear layer: half of a GELU's input is lost.
  const weight = {
    name: `${name}.weight`,
    shape: [out, inputs, kernel],
    init: { deviation: Math.sqrt(2 / (inputs * kernel)) },
  };
  return bias ? [weight, { name: `${name}.bias`, shape: [out], init: constant(0) }] : [weight];
}

/** Values of every tensor of `specs`, drawn in their order from `random` (uniform [0, 1)). */
function randomValues(spec: ParameterSpec, random: () => number): Float32Array {
  const data = new Float32Array(spec.shape.reduce((a, b) => a * b, 1));
  if ('constant' in spec.init) return data.fill(spec.init.constant);
  const width = spec.init.deviation * Math.sqrt(12);
  for (let i = 0; i < data.length; i++) data[i] = (random() - 0.5) * width;
  return data;
}

const isRank1 = (x: tf.Tensor): x is tf.Tensor1D => x.rank === 1;
const isRank3 = (x: tf.Tensor): x is tf.Tensor3D => x.rank === 3;

/** A model's parameters, looked up by name. */
export class Parameters {
  constructor(readonly map: ReadonlyMap<string, tf.Variable>) {}

  static random(specs: readonly ParameterSpec[], random: () => number): Parameters {
    return Parameters.from(specs, (spec) => randomValues(spec, random));
  }

  static from(specs: readonly ParameterSpec[], values: (spec: ParameterSpec) => Float32Array): Parameters {
    const map = new Map<string, tf.Variable>();
    for (const spec of specs) {
      const initial = tf.tensor(values(spec), [...spec.shape], 'float32');
      map.set(spec.name, variableOf(initial, spec.fixed !== true));
    }
    return new Parameters(map);
  }

  get(name: string): tf.Variable {
    const variable = this.map.get(name);
    if (!variable) throw new Error(`No parameter ${name}`);
    return variable;
  }

  /** The filter [out, in, kernel] of a convolution. */
  filter(name: string): tf.Tensor3D {
    const variable: tf.Tensor = this.get(name);
    if (!isRank3(variable)) throw new Error(`Parameter ${name} is no filter: [${variable.shape}]`);
    return variable;
  }

  /** A vector, shaped to stand beside [batch, channels, time]. */
  channels(name: string): tf.Tensor3D {
    return tf.reshape(this.get(name), [1, -1, 1]);
  }

  /** A vector. */
  vector(name: string): tf.Tensor1D {
    const variable: tf.Tensor = this.get(name);
    if (!isRank1(variable)) throw new Error(`Parameter ${name} is no vector: [${variable.shape}]`);
    return variable;
  }

  dispose(): void {
    for (const variable of this.map.values()) variable.dispose();
  }
}
