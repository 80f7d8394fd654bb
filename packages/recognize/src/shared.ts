export { attentionPeaks, type AttentionPeak } from './attention-peaks';
export { readDescription, type ModelDescription } from './description';
export { InputError } from './input-error';
export type { Recognition, WindowRecognition } from './recognition';
export type { Decode, Recognizer, Sound } from './recognizer';
export type { OnnxRuntime } from './runtime';
export { listen, type Moment, type StreamOptions } from './stream';
export {
  createVoiceActivity,
  voiceSegments,
  type Segment,
  type VoiceActivity,
  type VoiceActivityOptions,
} from './voice-activity';
