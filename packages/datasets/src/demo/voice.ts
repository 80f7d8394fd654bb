import type { Random } from '../random';
import type { Prosody } from './prosody';
import type { Speaker } from './speakers';

// Looked up once: every global is a slow lookup where Jest runs this, and these are called for each sample.
const { PI: pi, abs, ceil, cos, exp, floor, max, min, round, sign, sin, sqrt, tanh } = Math;

/** Samples a second of everything made here. */
export const demoSampleRate = 16_000;

/** Samples between two settings of the formant filters (5 ms). */
const step = 80;

/** Formants of a neutral tract, Hz: F1 to F4. */
const vowels = {
  a: [730, 1210, 2500, 3500],
  e: [510, 1850, 2480, 3500],
  i: [300, 2250, 2950, 3650],
  o: [520, 900, 2450, 3350],
  u: [330, 950, 2280, 3300],
} as const;

const bandwidths = [70, 90, 130, 200] as const;

/** Two sentences of the same length: what is said tells nothing of how. */
const sentences = { '01': 'iaoea', '02': 'auieo' } as const;

/** What is said, by RAVDESS's statement number. */
export type Statement = keyof typeof sentences;

/**
 * One utterance of a source–filter voice: glottal pulses (the derivative of Rosenberg's flow, with jitter, shimmer and
 * aspiration) through a source tilt and a cascade of four gliding formant resonators.
 *
 * @returns Mono samples at 16 kHz, within ±1, about 1 to 1.6 s.
 */
export function speak(speaker: Speaker, prosody: Prosody, statement: Statement, random: Random): Float32Array {
  const plan = syllables(speaker, prosody, statement, random);
  const samples = new Float64Array(plan.total);
  const source = glottalSource(plan, prosody, speaker.breath + prosody.breath, random);
  tilt(source, prosody.tilt);
  formants(source, samples, plan, speaker.tract);
  return finish(samples, -26 + speaker.level + prosody.level + 2 * (random() - 0.5), random);
}

interface Plan {
  readonly total: number;
  /** Per step of 5 ms: fundamental frequency (Hz), loudness (0 to 1) and the four formants (Hz, neutral tract). */
  readonly f0: Float64Array;
  readonly loudness: Float64Array;
  readonly formants: readonly Float64Array[];
}

function syllables(speaker: Speaker, prosody: Prosody, statement: Statement, random: Random): Plan {
  const nuclei = [...sentences[statement]].map((vowel) => vowels[vowel as keyof typeof vowels]);
  const seconds = nuclei.map(() => (0.19 + 0.04 * (random() - 0.5)) / (speaker.tempo * prosody.tempo));
  const pause = round(0.08 * demoSampleRate);
  const voiced = round(seconds.reduce((sum, s) => sum + s, 0) * demoSampleRate);
  const total = voiced + 2 * pause;
  const steps = ceil(total / step);
  const plan: Plan = {
    total,
    f0: new Float64Array(steps),
    loudness: new Float64Array(steps),
    formants: [0, 1, 2, 3].map(() => new Float64Array(steps)),
  };
  const ends = seconds.map((_, i) => seconds.slice(0, i + 1).reduce((sum, s) => sum + s, 0));
  const accented = floor(random() * 2) + 1;
  const drift = 1.5 * (random() - 0.5);
  for (let k = 0; k < steps; k++) {
    const t = max(0, min(voiced - 1, k * step - pause)) / demoSampleRate;
    const found = ends.findIndex((end) => t < end);
    const at = found < 0 ? nuclei.length - 1 : found;
    const begin = at === 0 ? 0 : (ends[at - 1] ?? 0);
    const inside = (t - begin) / (seconds[at] ?? 1);
    const whole = (t * demoSampleRate) / voiced;
    const bump = sin(pi * inside);
    const accent = prosody.accent * bump * (at === accented ? 1 : at === accented + 2 ? 0.7 : 0.25);
    plan.f0[k] = speaker.f0 * 2 ** ((prosody.pitch + drift + accent + prosody.fall * (whole - 0.5)) / 12);
    const outside = k * step < pause || k * step >= pause + voiced;
    // The dip between syllables stands for a voiced consonant.
    plan.loudness[k] = outside ? 0 : (0.25 + 0.75 * sqrt(max(0, bump))) * (1 - 0.3 * whole);
    const here = nuclei[at] ?? vowels.a;
    const next = nuclei[min(at + 1, nuclei.length - 1)] ?? here;
    const glide = max(0, (inside - 0.6) / 0.4) ** 2;
    for (const [f, track] of plan.formants.entries()) track[k] = (here[f] ?? 0) * (1 - glide) + (next[f] ?? 0) * glide;
  }
  return plan;
}

/** Derivative of Rosenberg's glottal flow: a slow opening, a fast closing, then nothing until the next period. */
function glottalSource(plan: Plan, prosody: Prosody, breath: number, random: Random): Float64Array {
  const source = new Float64Array(plan.total);
  const opening = (prosody.openQuotient * 2) / 3;
  const closing = prosody.openQuotient / 3;
  let phase = 0;
  let period = 1;
  let shimmer = 1;
  let loudness = 0;
  for (let n = 0; n < source.length; n++) {
    const k = floor(n / step);
    loudness += 0.01 * ((plan.loudness[k] ?? 0) - loudness);
    phase += ((plan.f0[k] ?? 0) * period) / demoSampleRate;
    if (phase >= 1) {
      phase -= 1;
      period = 1 + prosody.jitter * (2 * random() - 1) * 1.7;
      shimmer = 1 + 4 * prosody.jitter * (2 * random() - 1);
    }
    const flow =
      phase < opening
        ? (0.5 / opening) * sin((pi * phase) / opening)
        : phase < opening + closing
          ? (-0.5 / closing) * sin((pi / 2) * ((phase - opening) / closing))
          : 0;
    const aspiration = breath * (random() + random() - 1) * (phase < opening + closing ? 4 : 1);
    source[n] = loudness * (shimmer * flow + aspiration);
  }
  return source;
}

/** Weighs the part above 1 kHz (a one-pole split) by a gain that stands for the slope of the source spectrum. */
function tilt(signal: Float64Array, decibelsPerOctave: number): void {
  const gain = 10 ** ((2 * decibelsPerOctave) / 20);
  const a = 1 - exp((-2 * pi * 1000) / demoSampleRate);
  let low = 0;
  for (const [n, x] of signal.entries()) {
    low += a * (x - low);
    signal[n] = low + gain * (x - low);
  }
}

/** Klatt's cascade: second-order resonators with unit gain at 0 Hz, their centres set every 5 ms. */
function formants(source: Float64Array, out: Float64Array, plan: Plan, tract: number): void {
  out.set(source);
  for (const [f, track] of plan.formants.entries()) {
    const r = exp((-pi * (bandwidths[f] ?? 100)) / demoSampleRate);
    const c = -r * r;
    let y1 = 0;
    let y2 = 0;
    for (let k = 0; k * step < out.length; k++) {
      const b = 2 * r * cos((2 * pi * min(7000, (track[k] ?? 0) * tract)) / demoSampleRate);
      const end = min(out.length, (k + 1) * step);
      for (let n = k * step; n < end; n++) {
        const y = (1 - b - c) * (out[n] ?? 0) + b * y1 + c * y2;
        y2 = y1;
        y1 = y;
        out[n] = y;
      }
    }
  }
}

/** To a level in dB below full scale, with the noise of a quiet room, and never past ±1. */
function finish(signal: Float64Array, level: number, random: Random): Float32Array {
  let energy = 0;
  for (const x of signal) energy += x * x;
  const gain = 10 ** (level / 20) / sqrt(energy / signal.length);
  return Float32Array.from(signal, (x) => {
    const noisy = gain * x + 1e-3 * (random() + random() - 1);
    // Bends above 0.7 so that a loud voice is not clipped.
    const size = abs(noisy);
    return size <= 0.7 ? noisy : sign(noisy) * (0.7 + 0.29 * tanh((size - 0.7) / 0.29));
  });
}
