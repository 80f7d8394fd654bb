/** How an emotion is spoken, relative to a speaker's neutral voice. */
export interface Prosody {
  /** Mean fundamental frequency, semitones. */
  readonly pitch: number;
  /** Size of the pitch accents, semitones. */
  readonly accent: number;
  /** Pitch at the end less pitch at the start, semitones. */
  readonly fall: number;
  /** Syllables a second, times. */
  readonly tempo: number;
  /** Level, dB. */
  readonly level: number;
  /** Source spectrum above 1 kHz, dB per octave: positive is bright and pressed. */
  readonly tilt: number;
  /** Period-to-period variation of the pitch, share of a period. */
  readonly jitter: number;
  /** Aspiration noise added to the speaker's own. */
  readonly breath: number;
  /** Share of each period with an open glottis. */
  readonly openQuotient: number;
}

/** RAVDESS's emotion numbers for the four emotions of the demo, in the directions that phonetics reports. */
export const prosodies: Readonly<Record<'01' | '03' | '04' | '05', Prosody>> = {
  '01': { pitch: 0, accent: 1.5, fall: -2, tempo: 1, level: 0, tilt: 0, jitter: 0.004, breath: 0, openQuotient: 0.6 },
  '03': {
    pitch: 4,
    accent: 4.5,
    fall: 1,
    tempo: 1.1,
    level: 3,
    tilt: 1.5,
    jitter: 0.006,
    breath: 0,
    openQuotient: 0.6,
  },
  '04': {
    pitch: -1.5,
    accent: 0.7,
    fall: -3,
    tempo: 0.78,
    level: -6,
    tilt: -3.5,
    jitter: 0.012,
    breath: 0.08,
    openQuotient: 0.75,
  },
  '05': { pitch: 3, accent: 3, fall: -4, tempo: 1.18, level: 7, tilt: 4, jitter: 0.022, breath: 0, openQuotient: 0.42 },
};

/** Moves from neutral towards (amount below 1) or beyond (above 1) an emotion. */
export function blend(emotion: Prosody, amount: number): Prosody {
  const neutral = prosodies['01'];
  const mix = (key: keyof Prosody): number => neutral[key] + amount * (emotion[key] - neutral[key]);
  return {
    pitch: mix('pitch'),
    accent: mix('accent'),
    fall: mix('fall'),
    tempo: mix('tempo'),
    level: mix('level'),
    tilt: mix('tilt'),
    jitter: Math.max(0.001, mix('jitter')),
    breath: Math.max(0, mix('breath')),
    openQuotient: Math.min(0.85, Math.max(0.3, mix('openQuotient'))),
  };
}
