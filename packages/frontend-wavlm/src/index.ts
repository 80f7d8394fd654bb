export { batchWaves } from './encoders/batch';
export { createRandomEncoder } from './encoders/build-encoder';
export type { Checkpoint, TensorInfo } from './checkpoints/checkpoint';
export {
  configFiles,
  parseConfig,
  type EncoderConfig,
  type Json,
  type LogMelConfig,
  type WaveConfig,
  type WhisperConfig,
} from './encoders/config';
export type {
  ApplyOptions,
  Encoder,
  EncoderInput,
  EncoderKind,
  EncoderOutput,
  TrainingNoise,
} from './encoders/encoder';
export { exportEncoder, exportEncoderWithData, type ExportEncoderOptions } from './frozen/export-encoder';
export {
  createFrozenEncoder,
  type ExtractOptions,
  type Features,
  type FrozenEncoder,
  type FrozenOptions,
} from './frozen/frozen-encoder';
export { defaultCacheDir, isHubId, pullEncoder, type DownloadProgress, type PullOptions } from './load/hub';
export { InputError } from './input-error';
export { loadEncoder } from './load/load-encoder';
export {
  inspectFolder,
  loadFolder,
  readConfig,
  saveEncoder,
  type FolderReport,
  type LoadFolderOptions,
} from './load/load-folder';
export { createLogMelEncoder, type LogMelOptions } from './encoders/log-mel-encoder';
export { weightsHash } from './frozen/weights-hash';
export { openCheckpoint, openWeights } from './checkpoints/open-checkpoint';
export {
  encodeSafetensors,
  openSafetensors,
  readSafetensors,
  readSafetensorsMetadata,
  writeSafetensors,
  type LoadedTensor,
  type StoredTensor,
} from './checkpoints/safetensors';
export { selectLayer, type LayerChoice, type WeightedLayers } from './encoders/select-layer';
export { openTorchZip } from './checkpoints/torch-zip';
export { trainableEntries, trainableParameters, type TrainingMode } from './training/trainable-parameters';
export { drawTrainingNoise, type NoiseOptions } from './training/training-noise';
