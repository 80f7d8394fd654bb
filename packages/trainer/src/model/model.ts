import { selectLayer, trainableEntries, type Encoder } from '@ser/frontend-wavlm';
import { variableOf } from '@ser/onnx-jit';
import {
  flam,
  flamParamNames,
  initFlam,
  maxPool,
  meanPool,
  type FlamParamName,
  type FlamParams,
  type PoolOutput,
} from '@ser/pool-flam';
import * as tf from '@tensorflow/tfjs';
import type { Config } from '../config/schema';
import type { Random } from '../random';
import { variableIn, type Head } from './head';
import { gaussian, xavier } from './init';
import { fuse, pooledStatistics, silentProbe } from './fusion';
import { isStatistic, plainStatistics, standardize } from './standardize';

export type ModelSettings = Pick<
  Config,
  | 'layer'
  | 'layerNormalize'
  | 'standardize'
  | 'start'
  | 'fusion'
  | 'tune'
  | 'specAugment'
  | 'recompute'
  | 'pool'
  | 'heads'
  | 'projection'
  | 'classifier'
>;

/** Which learning rate a variable follows. */
export type Group = 'model' | 'centers' | 'encoder';

export interface Trainable {
  readonly name: string;
  readonly group: Group;
  readonly variable: tf.Variable;
}

export interface Model {
  readonly settings: ModelSettings;
  readonly encoder: Encoder;
  /** The encoder as it came, for the probe of a fusion where the other one learns. */
  readonly untuned?: Encoder;
  readonly classes: number;
  /** Everything on top of the encoder, by name; `centers` [classes, projection] and statistics of the frames among them. */
  readonly head: ReadonlyMap<string, tf.Variable>;
  /** All that learns: the head, the centers and the tuned part of the encoder. */
  readonly trainable: readonly Trainable[];
}

export type WaveInput = {
  /** [batch, samples], 16 kHz, zero-padded. */
  readonly waves: tf.Tensor2D;
  /** [batch] int32 valid samples. */
  readonly lengths: tf.Tensor1D;
};

/** What the part of the encoder that does not learn gave for the waveforms, in their place. */
export type FeatureInput = {
  /**
   * The layers below those that learn: all of them where a sum of layers is learnt, else the one that is read or that the
   * blocks which learn go on from. [layers, batch, frames, features].
   */
  readonly features: tf.Tensor4D;
  /** [batch, frames], 1 on valid frames. */
  readonly mask: tf.Tensor2D;
};

export type Signal = WaveInput | FeatureInput;

export type ModelInput = Signal & {
  /** [batch, features], 0 or 1/(1 − p): dropout of whole features. */
  readonly keep?: tf.Tensor2D;
  /** SpecAugment, [batch, time]: 1 where a step is masked. */
  readonly timeMask?: tf.Tensor2D;
  /** Layer drop, [layers]: 0 skips a block. */
  readonly keepLayers?: tf.Tensor1D;
};

export interface ModelOutput {
  /** [batch, classes], what the losses see; `decide` gives what the model says. */
  readonly logits: tf.Tensor2D;
  /** z [batch, projection], the space of the center loss. */
  readonly embedding: tf.Tensor2D;
  /** f [batch, features]. */
  readonly utterance: tf.Tensor2D;
  /** h [batch, frames, projection], before context broadcasting; zeros on padded frames. */
  readonly frames: tf.Tensor3D;
  /** [batch, frames], 1 on valid frames. */
  readonly mask: tf.Tensor2D;
  /** [batch, frames], sums to 1 over valid frames. */
  readonly attention: tf.Tensor2D;
  /** The layers that were read, each [batch, frames, features], as the encoder gave them. */
  readonly layers: readonly tf.Tensor3D[];
}

/** The encoder of a model, and the same one as it came where the model reads that too. */
export type Encoders = Pick<Model, 'encoder' | 'untuned'>;

/** @param open makes the same encoder each time it is called */
export async function openEncoders(
  { fusion, tune }: Pick<ModelSettings, 'fusion' | 'tune'>,
  open: () => Promise<Encoder>,
): Promise<Encoders> {
  const encoder = await open();
  if (fusion !== 'probe' || tune === 'frozen') return { encoder };
  try {
    return { encoder, untuned: await open() };
  } catch (error) {
    encoder.dispose();
    throw error;
  }
}

/** A fresh head on its encoder; every number comes from `random`. The model owns the encoders. */
export function createModel(settings: ModelSettings, encoders: Encoders, classes: number, random: Random): Model {
  const { encoder } = encoders;
  const head = new Map<string, tf.Variable>();
  const add = (name: string, value: tf.Tensor): void => void head.set(name, variableOf(value, !isStatistic(name)));
  const dim = encoder.hiddenSize;
  const layers = layersRead(settings, encoder);
  if (isSum(settings.layer)) add('layers.weights', tf.zeros([layers]));
  if (settings.standardize) plainStatistics(layers, dim).forEach((value, name) => add(name, value));
  if (settings.pool === 'flam') {
    for (const [name, { shape, values }] of Object.entries(initFlam(dim, random, settings))) {
      add(`pool.${name}`, tf.tensor(values, shape));
    }
  }
  add('projection.weight', xavier(dim, settings.projection, random));
  add('projection.bias', tf.zeros([settings.projection]));
  add('frames.weight', xavier(dim, settings.projection, random));
  add('frames.bias', tf.zeros([settings.projection]));
  const features = settings.classifier === 'projection' ? settings.projection : dim;
  add('classifier.weight', xavier(features, classes, random));
  add('classifier.bias', tf.zeros([classes]));
  if (settings.fusion === 'probe') silentProbe(layers * 2 * dim, classes).forEach((value, name) => add(name, value));
  add('centers', gaussian(classes, settings.projection, random));
  const trainable = collectTrainable(settings, encoder, head);
  return { settings, ...encoders, classes, head, trainable };
}

function collectTrainable(settings: ModelSettings, encoder: Encoder, head: Head): Trainable[] {
  const tuned = trainableEntries(encoder, tuneMode(settings.tune), { specAugment: settings.specAugment });
  return [
    ...[...head]
      .filter(([name]) => !isStatistic(name))
      .map(([name, variable]) => ({ name, group: name === 'centers' ? 'centers' : 'model', variable }) as const),
    ...[...tuned].map(([name, variable]) => ({ name: `encoder.${name}`, group: 'encoder', variable }) as const),
  ];
}

/** `top:3` → `{ top: 3 }`; the other modes are words already. */
function tuneMode(tune: string): 'frozen' | 'transformer' | 'all' | { top: number } {
  if (tune === 'frozen' || tune === 'transformer' || tune === 'all') return tune;
  return { top: Number(tune.slice('top:'.length)) };
}

/**
 * Encoder → layer → pool → projections → classifier. Plain tfjs, so the same function runs eagerly, inside the compiled
 * step, and in the export.
 */
export function forward(model: Model, input: ModelInput): ModelOutput {
  const { settings } = model;
  const { keep } = input;
  const read = readLayers(model, input);
  const { mask } = read;
  const selected = joinLayers(model, read);
  const [batch, , dim] = selected.shape;
  const features = keep ? tf.mul<tf.Tensor3D>(selected, tf.reshape(keep, [batch, 1, dim])) : selected;
  const { pooled, frames, attention } = pool(model, features, mask);
  const embedding = linear(pooled, model, 'projection');
  const logits = linear(settings.classifier === 'projection' ? embedding : pooled, model, 'classifier');
  return { logits, embedding, utterance: pooled, frames, mask, attention, layers: read.layers };
}

/**
 * What the model says in the end: the logits that were trained, fused with a probe's where one stands beside them. The probe
 * hears the encoder as it came.
 */
export function decide(model: Model, input: Signal, { logits, layers, mask }: ModelOutput): tf.Tensor2D {
  const { untuned } = model;
  if (model.settings.fusion !== 'probe') return logits;
  const heard = untuned ? readLayers({ ...model, encoder: untuned }, input).layers : layers;
  return fuse(model.head, logits, pooledStatistics(heard, mask));
}

/** The layers that are read, each [batch, frames, features], and which frames are valid [batch, frames]. */
export interface ReadLayers {
  readonly layers: readonly tf.Tensor3D[];
  readonly mask: tf.Tensor2D;
}

/** What the encoder says, or what it said when its features were stored: the layers that the model reads, as they are. */
export function readLayers(model: Model, input: ModelInput): ReadLayers {
  const { layer, recompute } = model.settings;
  const count = layersRead(model.settings, model.encoder);
  if ('features' in input) return readStored(model, input);
  const { waves, lengths, timeMask, keepLayers } = input;
  const encoded = model.encoder.apply(
    { waves, lengths },
    {
      layers: layer !== 'last',
      recompute,
      training: { ...(timeMask ? { timeMask } : {}), ...(keepLayers ? { keepLayers } : {}) },
    },
  );
  const { mask } = encoded;
  if (isSum(layer)) return { layers: (encoded.layers ?? []).slice(-count), mask };
  return { layers: [selectLayer(encoded, layer === 'last' ? 'last' : Number(layer))], mask };
}

/** The layers that are read, from those that were stored and the blocks above them, which learn. */
function readStored({ settings, encoder }: Model, { features, mask }: FeatureInput): ReadLayers {
  const { layer, recompute, tune } = settings;
  const stored = tf.unstack(features) as tf.Tensor3D[];
  const count = layersRead(settings, encoder);
  const frames = stored.at(-1);
  if (tune === 'frozen' || !frames) return { layers: stored.slice(-count), mask };
  if (!encoder.resume) throw new Error(`the encoder (${encoder.kind}) has no blocks`);
  const from = highestFrozen(tune, encoder);
  const resumed = encoder.resume({ layer: from, frames, mask }, { layers: true, recompute });
  if (isSum(layer)) return { layers: [...stored, ...(resumed.layers ?? []).slice(1)].slice(-count), mask };
  const read = layer === 'last' ? resumed.frames : resumed.layers?.[Number(layer) - from];
  if (!read) throw new Error(`layer ${layer} is below the stored one (${from})`);
  return { layers: [read], mask };
}

/** The highest layer that stays as it is while the model learns, from 0; −1 when the input of block 1 changes too. */
export function highestFrozen(tune: Config['tune'], { layerCount }: Pick<Encoder, 'layerCount'>): number {
  const mode = tuneMode(tune);
  if (mode === 'frozen') return layerCount;
  return typeof mode === 'object' ? layerCount - mode.top : -1;
}

/** One layer, or the learned sum of several: the frames that enter the pool [batch, frames, features]. */
function joinLayers(model: Model, { layers, mask }: ReadLayers): tf.Tensor3D {
  const { layerNormalize, standardize: isStandard } = model.settings;
  const chosen = isStandard ? standardize(model.head, layers) : layers;
  const [only] = chosen;
  if (!only) throw new Error('frames of no layer');
  const weighted = model.head.get('layers.weights');
  if (!weighted) return only;
  return selectLayer(
    { frames: only, mask, layers: [...chosen] },
    { weighted, normalize: layerNormalize && !isStandard },
  );
}

export const isSum = (layer: string): boolean => layer === 'weighted' || layer === 'blocks';

/** Layers that enter a learned sum, or 1. */
function layersRead({ layer }: Pick<ModelSettings, 'layer'>, { layerCount }: Pick<Encoder, 'layerCount'>): number {
  return layer === 'weighted' ? layerCount + 1 : layer === 'blocks' ? layerCount : 1;
}

/** The pooled vector, and the frames in the contrastive space. */
function pool(model: Model, frames: tf.Tensor3D, mask: tf.Tensor2D): PoolOutput {
  const project = {
    weight: parameter(model, 'frames.weight') as tf.Tensor2D,
    bias: parameter(model, 'frames.bias') as tf.Tensor1D,
  };
  if (model.settings.pool === 'mean') return meanPool(frames, mask, { project });
  if (model.settings.pool === 'max') return maxPool(frames, mask, { project });
  return flam(flamParams(model), frames, mask, { heads: model.settings.heads, project });
}

function flamParams(model: Model): FlamParams {
  const params = {} as Record<FlamParamName, tf.Tensor>;
  for (const name of flamParamNames) params[name] = parameter(model, `pool.${name}`);
  return params;
}

/** x W + b, rows of features [rows, inputs] → [rows, outputs]. */
function linear(x: tf.Tensor2D, model: Model, name: string): tf.Tensor2D {
  const product = tf.matMul(x, parameter(model, `${name}.weight`) as tf.Tensor2D);
  return tf.add<tf.Tensor2D>(product, parameter(model, `${name}.bias`));
}

export const parameter = ({ head }: Model, name: string): tf.Variable => variableIn(head, name);

export function disposeModel(model: Model): void {
  for (const variable of model.head.values()) variable.dispose();
  model.encoder.dispose();
  model.untuned?.dispose();
}
