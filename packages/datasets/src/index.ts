export { checkAudio } from './audio/check-audio';
export { type AudioHeader, decodeFile, type DecodedAudio, probeAudio, type Span } from './audio/decode';
export type { LossyHeader } from './audio/lossy';
export type { Mp3Header } from './audio/mp3';
export type { Mp3Audio } from './audio/mp3-frames';
export type { OggHeader } from './audio/ogg';
export { isEmptyAudio } from './audio/empty-audio';
export { createDecoder, decodeAll, type Decoder } from './audio/decoder';
export type { FlacHeader } from './audio/flac';
export { type AudioReport, inspectAudio } from './audio/inspect-audio';
export { leaveOutShort } from './audio/leave-out-short';
export { readWaveform, readWaveformBytes, waveformRate } from './audio/read-waveform';
export { resample } from './audio/resample';
export type { WavHeader } from './audio/wav-header';
export {
  type Archive,
  type CorpusCard,
  type FoldRule,
  type LabelColumns,
  type TableColumns,
  type TableSource,
  validateCard,
} from './card';
export { card, cardNames } from './cards';
export { checkCorpus, type CorpusCheck, type Duplicate } from './check-corpus';
export type { Corpus, Utterance } from './corpus';
export { assertNoSharedAudio, assertNoSharedSamples, type FoldSides, sameRecordings } from './shared-audio';
export { type CrossCorpus, crossCorpus } from './cross-corpus';
export { demoFolder } from './demo/demo-folder';
export { writeDemoCorpus } from './demo/write-demo-corpus';
export { describeCheck, describeFolds } from './describe';
export {
  type Fold,
  type FoldOptions,
  type FoldParts,
  allData,
  folds,
  type GroupBy,
  groupBy,
  groupOf,
  innerValidation,
  type InnerSplit,
  makeFold,
  type TestSet,
} from './folds';
export { matchLabels, type MatchedLabels } from './match-labels';
export type { Labels } from './relabel';
export { getCorpus, howToGet } from './get/get-corpus';
export { type DownloadOptions, type DownloadProgress, InputError } from '@ser/files';
export { initCard, type InitialCard } from './init/init-card';
export type { Narrowing } from './narrow';
export { findCard, openCorpus } from './open-corpus';
export { isAudioPath } from './readers/path-pattern';
export { columnOf } from './select';
export { classCounts, type FoldStatistics, foldStatistics, type SideStatistics } from './statistics';
export { isUnknownSpeaker } from './readers/utterance';
