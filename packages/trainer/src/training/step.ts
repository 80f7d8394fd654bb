import {
  centerLoss,
  contextBroadcast,
  focalLoss,
  klDivergence,
  supconTile,
  supervisedContrastive,
} from '@ser/losses-mll';
import { applyAdam, variableOf } from '@ser/onnx-jit';
import * as tf from '@tensorflow/tfjs';
import type { Config, Loss } from '../config/schema';
import { forward, parameter, type Group, type Model, type ModelInput, type ModelOutput } from '../model/model';

/** Inputs of a training step; a type rather than an interface so that it is a record of tensors. */
export type StepInput = ModelInput & {
  /** [batch, classes], rows sum to 1. */
  readonly targets: tf.Tensor2D;
  /** [batch] int32 dominant class. */
  readonly labels: tf.Tensor1D;
  /** λ of each loss, in the order of `config.losses`. */
  readonly lambdas: tf.Tensor1D;
  /** [classes] Weights of the classes in `kl` and `focal`; all count 1 without it. */
  readonly classWeights?: tf.Tensor1D;
  /** Learning rates of model, centers and encoder. */
  readonly rates: tf.Tensor1D;
  /** Adam's `scale` and `floor` (see `biasCorrections`), and the factor of the weight average. */
  readonly adam: tf.Tensor1D;
};

export type StepOutput = {
  /** Eq. 11. */
  readonly total: tf.Scalar;
  /** Raw components [losses], in the order of `config.losses`. */
  readonly raw: tf.Tensor1D;
};

/** Adam's moments, and the average of the weights when there is one: tfjs variables named after what they belong to. */
export type OptimizerState = ReadonlyMap<string, tf.Variable>;

export function createOptimizerState(model: Model, average: boolean): OptimizerState {
  const state = new Map<string, tf.Variable>();
  for (const { name, variable } of model.trainable) {
    state.set(`first.${name}`, variableOf(tf.zeros(variable.shape), false));
    state.set(`second.${name}`, variableOf(tf.zeros(variable.shape), false));
    if (average)
      state.set(`average.${name}`, variableOf(tf.tensor(variable.dataSync().slice(), variable.shape), false));
  }
  return state;
}

/** Sets Adam's moments back to zero: steps that only measured losses leave no trace. */
export function forgetMoments(state: OptimizerState): void {
  for (const [name, variable] of state) {
    if (name.startsWith('first.') || name.startsWith('second.'))
      tf.tidy(() => variable.assign(tf.zeros(variable.shape)));
  }
}

export type LossSettings = Pick<Config, 'losses' | 'gamma' | 'temperature' | 'normalizeFrames' | 'supconTile'> & {
  /** Of the engine: bytes of contrastive scores held at a time, where the settings do not say how many rows. */
  readonly scoreBytes?: number | undefined;
};

/** The losses of the method (Eqs. 6, 7, 8 and 10), raw, those of `settings.losses` in that order. */
export function rawLosses(
  model: Model,
  output: ModelOutput,
  targets: tf.Tensor2D,
  labels: tf.Tensor1D,
  settings: LossSettings,
  classWeights?: tf.Tensor1D,
): tf.Scalar[] {
  const weights = classWeights ? { classWeights } : {};
  const compute: Record<Loss, () => tf.Scalar> = {
    kl: () => klDivergence(output.logits, targets, weights),
    focal: () => focalLoss(output.logits, targets, { gamma: settings.gamma, ...weights }),
    center: () => centerLoss(output.embedding, labels, parameter(model, 'centers') as tf.Tensor2D),
    supcon: () =>
      supervisedContrastive(contextBroadcast(output.frames, output.mask), labels, output.mask, {
        temperature: settings.temperature,
        normalize: settings.normalizeFrames,
        classes: model.classes,
        ...tileOf(settings, output.mask.size),
      }),
  };
  return settings.losses.map((loss) => compute[loss]());
}

function tileOf({ supconTile: rows, scoreBytes }: LossSettings, frames: number): { tile?: number } {
  if (rows > 0) return { tile: rows };
  return scoreBytes === undefined ? {} : { tile: supconTile(frames, scoreBytes) };
}

export type StepSettings = LossSettings & Pick<Config, 'clipNorm' | 'weightDecay'>;

/**
 * One training step: forward, weighted losses, gradients, Adam. It reads and assigns tfjs variables and touches no
 * value, so it runs eagerly on any tfjs backend and compiles to one graph.
 */
export function trainStep(model: Model, state: OptimizerState, settings: StepSettings, input: StepInput): StepOutput {
  const variables = model.trainable.map(({ variable }) => variable);
  let raw: tf.Tensor1D | undefined;
  const { value: total, grads } = tf.variableGrads(() => {
    const output = forward(model, input);
    raw = tf.keep(
      tf.stack(rawLosses(model, output, input.targets, input.labels, settings, input.classWeights)) as tf.Tensor1D,
    );
    return tf.sum(tf.mul(raw, input.lambdas));
  }, variables);
  if (!raw) throw new Error('the loss was not computed');

  const [modelRate, centerRate, encoderRate] = tf.unstack(input.rates) as [tf.Scalar, tf.Scalar, tf.Scalar];
  const rates: Record<Group, tf.Scalar> = { model: modelRate, centers: centerRate, encoder: encoderRate };
  const [adamScale, adamFloor, averaging] = tf.unstack(input.adam) as [tf.Scalar, tf.Scalar, tf.Scalar];
  const clip = settings.clipNorm > 0 ? clipScale(Object.values(grads), settings.clipNorm) : undefined;

  for (const { name, group, variable } of model.trainable) {
    const gradient = grads[variable.name];
    if (!gradient) continue; // not used: the frame projection without SupCon, or a block above the layer that is read
    const moments = { first: stateOf(state, `first.${name}`), second: stateOf(state, `second.${name}`) };
    const controls = { rate: rates[group], scale: adamScale, floor: adamFloor };
    const decay = group !== 'centers' && variable.rank > 1 ? settings.weightDecay : 0;
    const clipped = clip ? tf.mul(gradient, clip) : gradient;
    const value = applyAdam({ value: variable, ...moments }, clipped, controls, decay);
    const average = state.get(`average.${name}`);
    if (average) average.assign(tf.add(average, tf.mul(averaging, tf.sub(value, average))));
  }
  return { total, raw };
}

/** min(1, limit / ‖g‖) over all gradients together. */
function clipScale(gradients: readonly tf.Tensor[], limit: number): tf.Scalar {
  const squares = gradients.map((gradient) => tf.sum(tf.square(gradient)));
  const norm = tf.sqrt(tf.addN(squares));
  return tf.minimum(1, tf.div(limit, tf.maximum(norm, 1e-12))) as tf.Scalar;
}

function stateOf(state: OptimizerState, name: string): tf.Variable {
  const variable = state.get(name);
  if (!variable) throw new Error(`the optimiser has no state "${name}"`);
  return variable;
}
