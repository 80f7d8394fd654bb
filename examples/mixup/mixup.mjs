// Energy-adaptive mixup in a plain Node script: npm install @ser/augment-eam, then node mixup.mjs
import { energyAdaptiveMix, mixLabels, planEnergyAdaptiveMix } from '@ser/augment-eam';

const sampleRate = 16_000;
const classes = ['angry', 'happy', 'sad'];

// Six "utterances": a tone of its own for each, one to three seconds long.
const utterances = Array.from({ length: 6 }, (_, i) => ({
  name: `utterance-${i}`,
  wave: Float32Array.from({ length: sampleRate * (1 + (i % 3)) }, (_, n) => {
    return 0.3 * Math.sin((2 * Math.PI * (200 + 70 * i) * n) / sampleRate);
  }),
  label: classes.map((_, c) => (c === i % 3 ? 1 : 0)),
}));

// Any generator of numbers in [0, 1) will do. A seeded one makes the epoch repeatable.
let state = 7;
const random = () => (state = (state * 48271) % 2147483647) / 2147483647;

const lengths = utterances.map(({ wave }) => wave.length);
for (const [i, { name, wave, label }] of utterances.entries()) {
  const plan = planEnergyAdaptiveMix({ dominant: i, lengths, random, probability: 0.8 });
  if (plan === null) {
    console.log(`${name}  not mixed`);
    continue;
  }
  const other = utterances[plan.interferer];
  const mix = energyAdaptiveMix(plan, wave, other.wave);
  const mixed = mixLabels(label, other.label, mix.lambda);
  const shares = classes.map((name, c) => `${name} ${mixed[c].toFixed(3)}`).join('  ');
  console.log(`${name}  with ${other.name} at ${plan.snrDb.toFixed(1)} dB for ${plan.mixLength} samples:  ${shares}`);
}
