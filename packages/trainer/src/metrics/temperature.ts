/** A probability of 0 in single precision is one that was too small to write. */
const smallest = 1e-38;
/** Temperatures that are looked at. Beyond them, the probabilities say nothing that a fit could be made of. */
const [coldest, hottest] = [0.05, 20];

/**
 * Probabilities at another temperature, softmax(log p / T): the softmax of the same logits divided by T. Above 1 they
 * are less sure, below 1 surer. The order of the classes stays, so that accuracies do.
 *
 * @param probabilities [classes]
 */
export function atTemperature(probabilities: readonly number[], temperature: number): number[] {
  return softmax(logitsOf(probabilities), temperature);
}

const logitsOf = (probabilities: readonly number[]): number[] =>
  probabilities.map((p) => Math.log(Math.max(p, smallest)));

function softmax(logits: readonly number[], temperature: number): number[] {
  const largest = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp((logit - largest) / temperature));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

/**
 * Temperature scaling (Guo et al., "On Calibration of Modern Neural Networks", 2017): the one temperature with the least
 * mean −log p of the true classes. That loss is convex in 1/T; its slope is bisected.
 *
 * @param probabilities [utterances][classes], of utterances that the model was not trained on
 * @param truth [utterances] class indices
 * @returns undefined where no temperature from 0.05 to 20 is the best: every utterance right (the colder the better), or
 *   not better than chance (the hotter the better)
 */
export function fitTemperature(
  probabilities: readonly (readonly number[])[],
  truth: readonly number[],
): number | undefined {
  // Slope of the summed loss in 1/T: the mean logit under the model minus that of the true class.
  const logits = probabilities.map(logitsOf);
  const slope = (temperature: number): number =>
    logits.reduce((total, row, i) => {
      const expected = softmax(row, temperature).reduce((sum, p, j) => sum + p * (row[j] ?? NaN), 0);
      return total + expected - (row[truth[i] ?? -1] ?? NaN);
    }, 0);
  if (!(slope(coldest) > 0 && slope(hottest) < 0)) return undefined;
  let [low, high] = [coldest, hottest];
  while (high / low > 1 + 1e-6) {
    const middle = Math.sqrt(low * high);
    if (slope(middle) > 0) low = middle;
    else high = middle;
  }
  return Math.sqrt(low * high);
}
