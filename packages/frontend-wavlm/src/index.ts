export { InputError, type DownloadProgress } from '@ser/files';
export { weightsHash } from './frozen/weights-hash';
export { cacheSpace } from './cache/cache-space';
export type { Checkpoint, TensorInfo } from './checkpoints/checkpoint';
export type { Dtype } from './checkpoints/dtype';
export { openCheckpoint, openWeights } from './checkpoints/open-checkpoint';
export {
  openSafetensors,
  readSafetensors,
  readSafetensorsMetadata,
  type LoadedTensor,
} from './checkpoints/safetensors';
export { openTorchZip } from './checkpoints/torch-zip';
export { encodeSafetensors, writeSafetensors, type StoredTensor } from './checkpoints/write-safetensors';
export { batchWaves } from './encoders/batch';
export { createRandomEncoder } from './encoders/build-encoder';
export type { EncoderConfig, Json, LogMelConfig, WaveConfig, WhisperConfig } from './encoders/config';
export { configFiles } from './encoders/config-files';
export type {
  ApplyOptions,
  Encoder,
  EncoderInput,
  EncoderKind,
  EncoderOutput,
  ReachedFrames,
  TrainingNoise,
} from './encoders/encoder';
export { createLogMelEncoder, type LogMelOptions } from './encoders/log-mel-encoder';
export { parseConfig } from './encoders/parse-config';
export { selectLayer, type LayerChoice, type WeightedLayers } from './encoders/select-layer';
export { exportEncoder, exportEncoderWithData, type ExportEncoderOptions } from './frozen/export-encoder';
export {
  createFrozenEncoder,
  type ExtractOptions,
  type FrozenEncoder,
  type FrozenOptions,
} from './frozen/frozen-encoder';
export type { Features, FrozenLayers, FrozenPrecision } from './frozen/features';
export { isHubId, pullEncoder, type PullOptions } from './load/hub';
export { inspectFolder, loadEncoder, loadFolder, type FolderReport, type LoadFolderOptions } from './load/load-encoder';
export { readConfig } from './load/read-config';
export { saveEncoder } from './load/save-encoder';
export { trainableEntries, trainableParameters, type TrainingMode } from './training/trainable-parameters';
export { drawTrainingNoise, type NoiseOptions } from './training/training-noise';
