export { presets, type Preset } from './config/presets';
export { resolveConfig, type ResolvedConfig } from './config/resolve';
export { defaults, schema, type Config, type Loss } from './config/schema';
export { assembleBatch, type BatchArrays, type WaveSource } from './data/assemble';
export {
  bucketLengths,
  planEpoch,
  planEvaluation,
  type BatchPlan,
  type Clip,
  type EpochOptions,
  type PlannedMix,
  type PlanOptions,
  type PlannedUtterance,
  type Source,
} from './data/plan';
export {
  chooseEngine,
  openEngine,
  type Arithmetic,
  type Engine,
  type EngineName,
  type Runnable,
} from './training/engine';
export { InputError } from '@ser/files';
export type { Random } from './random';
export { autoWeights, type LossWeights } from './training/loss-weights';
export * from './metrics';
export {
  createModel,
  forward,
  type Encoders,
  type FeatureInput,
  type Group,
  type Model,
  type ModelInput,
  type ModelOutput,
  type ModelSettings,
  type Signal,
  type Trainable,
  type WaveInput,
} from './model/model';
export * from './report';
export { runCv, type CvOptions, type CvResult, type FailedFold } from './run/cv';
export type { Judgement } from './run/evaluate';
export type { StoredWave } from './data/waves';
export { runFold, type FoldJob } from './run/fold';
export type { MixedFeatures } from './run/feature-store';
export type { AudioHashes } from './run/fingerprint';
export { createProgress, type Progress, type StepReport } from './run/progress';
export { learningRates, type LearningRates } from './training/schedule';
export {
  createOptimizerState,
  rawLosses,
  trainStep,
  type LossSettings,
  type OptimizerState,
  type StepInput,
  type StepOutput,
  type StepSettings,
} from './training/step';
export { exportModel, type ExportOptions } from './inference/export';
export { openRecognizer, type OpenRecognizerOptions } from './inference/open-recognizer';
export type { EmbeddingChoice } from './inference/graph/network';
export type { Precision } from './inference/graph/precision';
export type { Described } from './inference/model-card';
export type { Fingerprint } from './record/fingerprint';
export type { CrossValidated, Measured, TrainingRecord } from './inference/training-record';
export type { Baselines, ProbeComparison } from './report/baselines';
