export { batchWaves } from './batch';
export { createRandomEncoder } from './build-encoder';
export type { Checkpoint, TensorInfo } from './checkpoint';
export {
  configFiles,
  parseConfig,
  type EncoderConfig,
  type LogMelConfig,
  type WaveConfig,
  type WhisperConfig,
} from './config';
export type { ApplyOptions, Encoder, EncoderInput, EncoderKind, EncoderOutput, TrainingNoise } from './encoder';
export { exportEncoder, exportEncoderWithData, type ExportEncoderOptions } from './export-encoder';
export {
  createFrozenEncoder,
  type ExtractOptions,
  type Features,
  type FrozenEncoder,
  type FrozenOptions,
} from './frozen-encoder';
export { defaultCacheDir, isHubId, pullEncoder, type DownloadProgress, type PullOptions } from './hub';
export { InputError } from './input-error';
export { loadEncoder } from './load-encoder';
export {
  inspectFolder,
  loadFolder,
  readConfig,
  saveEncoder,
  type FolderReport,
  type LoadFolderOptions,
} from './load-folder';
export { createLogMelEncoder, type LogMelOptions } from './log-mel-encoder';
export { openCheckpoint, openWeights } from './open-checkpoint';
export {
  encodeSafetensors,
  openSafetensors,
  readSafetensors,
  readSafetensorsMetadata,
  writeSafetensors,
  type LoadedTensor,
  type StoredTensor,
} from './safetensors';
export { selectLayer, type LayerChoice, type WeightedLayers } from './select-layer';
export { openTorchZip } from './torch-zip';
export { trainableEntries, trainableParameters, type TrainingMode } from './trainable-parameters';
export { drawTrainingNoise, type NoiseOptions } from './training-noise';
