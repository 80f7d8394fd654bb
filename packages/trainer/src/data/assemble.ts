import { energyAdaptiveMix, labelAdaptiveMix, mixLabels } from '@ser/augment-eam';
import type { BatchPlan, Clip, PlannedUtterance } from './plan';
import { changeSpeed } from './speed';

/** What planning left to look up: waveforms (trimmed, 16 kHz) and labels by utterance id. */
export interface WaveSource {
  wave(id: string): Float32Array | Promise<Float32Array>;
  /** Index of the utterance's class. */
  label(id: string): number;
  /** [classes] Shares of the classes, where several people had an opinion. */
  shares?(id: string): readonly number[] | undefined;
  readonly classes: number;
}

/** A batch as plain arrays, ready for any engine. */
export interface BatchArrays {
  readonly ids: readonly string[];
  readonly size: number;
  readonly samples: number;
  /** [size, samples], zero-padded. */
  readonly waves: Float32Array<ArrayBuffer>;
  /** [size] valid samples. */
  readonly lengths: Int32Array<ArrayBuffer>;
  /** [size, classes], rows sum to 1. */
  readonly targets: Float32Array<ArrayBuffer>;
  /** [size] dominant class. */
  readonly labels: Int32Array<ArrayBuffer>;
  /** Of each id, whether its waveform is the utterance's own from its start: neither mixed nor played at another speed. */
  readonly whole: readonly boolean[];
}

/**
 * Cuts, mixes and pads one planned batch. `rows` above the number of utterances repeats the first one, for evaluation
 * with a fixed batch shape; the surplus rows have no id.
 */
export async function assembleBatch(plan: BatchPlan, source: WaveSource, rows?: number): Promise<BatchArrays> {
  const { samples, utterances } = plan;
  const size = Math.max(rows ?? 0, utterances.length);
  const waves = new Float32Array(size * samples);
  const lengths = new Int32Array(size);
  const targets = new Float32Array(size * source.classes);
  const labels = new Int32Array(size);
  for (let row = 0; row < size; row++) {
    const planned = utterances[row] ?? utterances[0];
    if (!planned) throw new RangeError('a batch without utterances');
    const { waveform, target, label } = await renderUtterance(planned, source);
    waves.set(waveform, row * samples);
    lengths[row] = waveform.length;
    targets.set(target, row * source.classes);
    labels[row] = label;
  }
  const ids = utterances.map(({ id }) => id);
  const whole = utterances.map(({ start, speed = 1, mix }) => start === 0 && speed === 1 && !mix);
  return { ids, size, samples, waves, lengths, targets, labels, whole };
}

interface Rendered {
  readonly waveform: Float32Array;
  readonly target: Float32Array;
  readonly label: number;
}

async function renderUtterance(planned: PlannedUtterance, source: WaveSource): Promise<Rendered> {
  const { mix } = planned;
  const waveform = changeSpeed(await cut(planned, source), planned.speed ?? 1);
  const label = source.label(planned.id);
  const target = targetOf(planned.id, source);
  if (!mix) return { waveform, target, label };
  if (mix.kind === 'eam') {
    const interferer = await source.wave(mix.interferer);
    const mixed = energyAdaptiveMix(mix.plan, waveform, interferer);
    const other = targetOf(mix.interferer, source);
    return { waveform: mixed.waveform, target: mixLabels(target, other, mixed.lambda), label };
  }
  const mixed = labelAdaptiveMix(waveform, await cut(mix.interferer, source));
  const otherLabel = source.label(mix.interferer.id);
  return {
    waveform: mixed.waveform,
    target: mixLabels(target, targetOf(mix.interferer.id, source), mixed.lambda),
    label: mixed.lambda > 0.5 ? otherLabel : label,
  };
}

async function cut({ id, start, samples }: Clip, source: WaveSource): Promise<Float32Array> {
  return (await source.wave(id)).subarray(start, start + samples);
}

/** [classes] What people said of an utterance: shares that sum to 1, or all of one class. */
function targetOf(id: string, source: WaveSource): Float32Array {
  const shares = source.shares?.(id);
  if (shares) return Float32Array.from(shares);
  const out = new Float32Array(source.classes);
  out[source.label(id)] = 1;
  return out;
}
