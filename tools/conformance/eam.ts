import { energyAdaptiveMix, labelAdaptiveMix, mixLabels } from '@ser/augment-eam';
import { type Check, type Field, largestMagnitude, relativeError } from './fixture';

const tolerance = 1e-6;

/** Energy-adaptive mixup (Eqs. 1–4) with every random choice given, and label-adaptive weights. */
export function eam(fixture: Field): Check[] {
  const checks: Check[] = [];
  const check = (quantity: string, actual: ArrayLike<number>, expected: ArrayLike<number>): void => {
    // Absolute below 1, relative above: a sample of 10 carries float32 steps of its own size.
    const error = relativeError(actual, expected, Math.max(1, largestMagnitude(expected)));
    checks.push({ engine: 'eager', quantity, error, tolerance });
  };
  for (const [index, item] of fixture.get('energy_adaptive').list().entries()) {
    const plan = {
      dominant: 0,
      interferer: 1,
      mixLength: item.get('mix_length').number(),
      dominantStart: item.get('dominant_start').number(),
      interfererStart: item.get('interferer_start').number(),
      snrDb: item.get('snr_db').number(),
    };
    const waves = ['dominant', 'interferer'].map((name) => Float32Array.from(item.get(name).array().data));
    const mixed = energyAdaptiveMix(plan, waves[0]!, waves[1]!);
    const labels = ['dominant_label', 'interferer_label'].map((name) => item.get(name).array().data);
    const name = `energy_adaptive[${index}]`;
    check(`${name} scale`, [mixed.scale], [item.get('scale').number()]);
    check(`${name} lambda`, [mixed.lambda], [item.get('lambda').number()]);
    check(`${name} waveform`, mixed.waveform, item.get('mixed').array().data);
    check(`${name} label`, mixLabels(labels[0]!, labels[1]!, mixed.lambda), item.get('mixed_label').array().data);
  }
  for (const [index, item] of fixture.get('label_adaptive').list().entries()) {
    const lengths = ['length_i', 'length_j'].map((name) => item.get(name).number());
    const { lambda } = labelAdaptiveMix(new Float32Array(lengths[0]!), new Float32Array(lengths[1]!));
    const expected = [item.get('weight_i').number(), item.get('weight_j').number()];
    check(`label_adaptive[${index}] weights`, [1 - lambda, lambda], expected);
  }
  return checks;
}
