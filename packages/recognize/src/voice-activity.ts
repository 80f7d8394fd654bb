export interface VoiceActivityOptions {
  /** Hz; 16,000 when absent. */
  readonly sampleRate?: number;
  /** How far above the background a voice is, dB; 10 when absent. */
  readonly marginDb?: number;
  /** Below this nothing is a voice, dB of full scale; −60 when absent. */
  readonly floorDb?: number;
  /** Pauses shorter than this are part of the speech, seconds; 0.3 when absent. */
  readonly pause?: number;
}

/** A stretch of sound, in seconds. */
export interface Segment {
  readonly start: number;
  readonly end: number;
}

/** Tells speech from background while sound comes in. */
export interface VoiceActivity {
  /** Takes the next samples; whether somebody speaks anywhere in them, pauses included. */
  push(samples: Float32Array): boolean;
}

/** Seconds of a frame whose energy is looked at. */
const frameSeconds = 0.02;
/** How fast the background may rise, dB a second. It falls at once. */
const rise = 3;

/**
 * Voice activity by energy: a frame of 20 ms is voice when it is louder than the background, which is the lowest level
 * heard so far, rising slowly. It knows nothing of speech: a door that falls shut is a voice, too.
 */
export function createVoiceActivity(options: VoiceActivityOptions = {}): VoiceActivity {
  const { sampleRate = 16_000, pause = 0.3 } = options;
  const size = Math.round(frameSeconds * sampleRate);
  const isVoice = voiceOfFrames(options);
  let sum = 0;
  let filled = 0;
  let silent = Infinity;
  return {
    push(samples) {
      let speaks = silent < pause;
      for (const x of samples) {
        sum += x * x;
        if (++filled < size) continue;
        silent = isVoice(sum / size) ? 0 : silent + frameSeconds;
        speaks ||= silent < pause;
        sum = filled = 0;
      }
      return speaks;
    },
  };
}

/** The stretches of a recording in which there is a voice, with the pauses between them that are short. */
export function voiceSegments(samples: Float32Array, options: VoiceActivityOptions = {}): Segment[] {
  const { sampleRate = 16_000, pause = 0.3 } = options;
  const size = Math.round(frameSeconds * sampleRate);
  const energies = Array.from(
    { length: Math.floor(samples.length / size) },
    (_, i) => samples.subarray(i * size, (i + 1) * size).reduce((sum, x) => sum + x * x, 0) / size,
  );
  // The whole recording is known: the background is its quietest tenth.
  const quiet = [...energies].sort((a, b) => a - b)[Math.floor(energies.length / 10)] ?? 0;
  const segments: { start: number; end: number }[] = [];
  energies.forEach((energy, i) => {
    if (!isAbove(energy, decibels(quiet), options)) return;
    const [start, end] = [(i * size) / sampleRate, ((i + 1) * size) / sampleRate];
    const last = segments.at(-1);
    if (last && start - last.end < pause) last.end = end;
    else segments.push({ start, end });
  });
  return segments;
}

function voiceOfFrames(options: VoiceActivityOptions): (energy: number) => boolean {
  let background = Infinity;
  return (energy) => {
    background = Math.min(background + rise * frameSeconds, decibels(energy));
    return isAbove(energy, background, options);
  };
}

function isAbove(energy: number, background: number, options: VoiceActivityOptions): boolean {
  const { marginDb = 10, floorDb = -60 } = options;
  const level = decibels(energy);
  return level >= floorDb && level >= background + marginDb;
}

/** Of a mean square; −120 and no less, so that digital silence is a level like others. */
const decibels = (energy: number): number => 10 * Math.log10(Math.max(energy, 1e-12));
