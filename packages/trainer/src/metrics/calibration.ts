export interface ReliabilityBin {
  /** Confidence range [low, high); the last bin includes 1. */
  readonly low: number;
  readonly high: number;
  readonly count: number;
  /** Mean confidence and accuracy of the bin; NaN when it is empty. */
  readonly confidence: number;
  readonly accuracy: number;
}

export interface Calibration {
  /** Expected calibration error: Σ_bins count/N · |accuracy − confidence|. NaN without utterances. */
  readonly ece: number;
  readonly bins: readonly ReliabilityBin[];
}

/**
 * Reliability of the probability given to the predicted class, in bins of equal width.
 *
 * @param confidences [utterances] probability of the predicted class, in [0, 1]
 * @param correct [utterances] whether the prediction is right
 */
export function calibration(confidences: ArrayLike<number>, correct: ArrayLike<boolean>, binCount = 10): Calibration {
  const totals = Array.from({ length: binCount }, () => ({ count: 0, confidence: 0, correct: 0 }));
  for (let index = 0; index < confidences.length; index++) {
    const confidence = confidences[index] ?? NaN;
    const bin = totals[Math.min(binCount - 1, Math.floor(confidence * binCount))];
    if (bin === undefined) throw new RangeError(`calibration: ${confidence} at ${index} is not a probability`);
    bin.count += 1;
    bin.confidence += confidence;
    bin.correct += correct[index] === true ? 1 : 0;
  }
  const bins = totals.map((total, index) => ({
    low: index / binCount,
    high: (index + 1) / binCount,
    count: total.count,
    confidence: total.confidence / total.count,
    accuracy: total.correct / total.count,
  }));
  const ece = totals.reduce((error, total) => error + Math.abs(total.correct - total.confidence), 0);
  return { ece: ece / confidences.length, bins };
}
