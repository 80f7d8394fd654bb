export { createRandomEncoder } from './build-encoder';
export { configFiles, parseConfig, type EncoderConfig, type LogMelConfig, type WaveConfig, type WhisperConfig } from './config';
export type { ApplyOptions, Encoder, EncoderInput, EncoderKind, EncoderOutput, TrainingNoise } from './encoder';
export { InputError } from './input-error';
export { batchWaves } from './batch';
export { loadFolder as loadEncoder } from './load-folder';
export { loadFolder, readConfig, saveEncoder, type LoadFolderOptions } from './load-folder';
export { createLogMelEncoder, type LogMelOptions } from './log-mel-encoder';
export { melFilters } from './mel-filters';
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
