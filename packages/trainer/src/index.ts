export { defaults } from './config/defaults';
export { presets, type Preset } from './config/presets';
export { resolveConfig, type ResolvedConfig } from './config/resolve';
export { schema, type Config, type Loss } from './config/schema';
export { assembleBatch, type BatchArrays, type WaveSource } from './data/assemble';
export {
  bucketLengths,
  planEpoch,
  planEvaluation,
  type BatchPlan,
  type EpochOptions,
  type PlannedUtterance,
  type Source,
} from './data/plan';
export { chooseEngine, openEngine, type Engine, type EngineName, type Runnable } from './training/engine';
export { InputError } from './errors';
export { autoWeights, type LossWeights } from './training/loss-weights';
export * from './metrics';
export { createModel, forward, type Model, type ModelInput, type ModelOutput } from './model/model';
export * from './report';
export { runCv, type CvResult } from './run/cv';
export { runFold, type FoldJob } from './run/fold';
export { createProgress, type Progress } from './run/progress';
export { learningRates, type LearningRates } from './training/schedule';
export { createOptimizerState, rawLosses, trainStep, type StepInput, type StepOutput } from './training/step';
export { exportModel } from './inference/export';
export { predictFile, type Prediction } from './inference/predict';
export { openPredictor, type Predictor } from './inference/predictor';
