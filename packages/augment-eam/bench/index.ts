/** How fast mixes are planned and applied: `npx nx run augment-eam:bench`. */
import { energyAdaptiveMix, labelAdaptiveMix, planEnergyAdaptiveMix, type MixPlan } from '../src/index';

const seconds = 6;
const sampleRate = 16000;
const utterances = 5531; // IEMOCAP, four classes

let state = 1;
const random = (): number => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
};

/** Median seconds of `run` over some repetitions, after one to warm up. */
function median(run: () => void, repetitions = 9): number {
  run();
  const times = Array.from({ length: repetitions }, () => {
    const start = performance.now();
    run();
    return (performance.now() - start) / 1000;
  });
  return times.sort((a, b) => a - b)[repetitions >> 1] ?? NaN;
}

const signals = Array.from({ length: 16 }, () =>
  Float32Array.from({ length: seconds * sampleRate }, () => random() - 0.5),
);
const signal = (k: number): Float32Array => signals[k % signals.length] ?? new Float32Array(0);
const lengths = new Array<number>(utterances).fill(seconds * sampleRate);

const planned: MixPlan[] = [];
const plan = median(() => {
  planned.length = 0;
  for (let dominant = 0; dominant < 500; dominant++) {
    const mix = planEnergyAdaptiveMix({ dominant, lengths, random, probability: 1 });
    if (mix) planned.push(mix);
  }
});
const apply = median(() =>
  planned.forEach((mix) => energyAdaptiveMix(mix, signal(mix.dominant), signal(mix.interferer + 1))),
);
const whole = median(() => planned.forEach((_, k) => labelAdaptiveMix(signal(k), signal(k + 1))));

const rate = (time: number): string => `${Math.round(planned.length / time).toLocaleString('en')} a second`;
console.log(`plans, one of ${utterances} partners    ${rate(plan)}`);
console.log(`energy-adaptive mixes of ${seconds} s    ${rate(apply)}`);
console.log(`label-adaptive mixes of ${seconds} s     ${rate(whole)}`);
