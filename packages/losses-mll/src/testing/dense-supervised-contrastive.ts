/** Eq. 10 as it stands in the paper, term by term in float64: what the tiled loss is compared with. */
export function denseSupervisedContrastive(
  frames: readonly (readonly (readonly number[])[])[],
  labels: readonly number[],
  mask: readonly (readonly number[])[],
  temperature: number,
  normalize: boolean,
): number {
  const anchors = frames.flatMap((utterance, b) =>
    utterance.flatMap((frame, t) => {
      const length = Math.sqrt(frame.reduce((sum, x) => sum + x * x, 0));
      const h = normalize ? frame.map((x) => (length > 1e-12 ? x / length : 0)) : frame;
      return mask[b]?.[t] ? [{ h, label: labels[b] }] : [];
    }),
  );
  const score = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((sum, x, d) => sum + x * (b[d] ?? NaN), 0) / temperature;
  let total = 0;
  for (const anchor of anchors) {
    const others = anchors.filter((other) => other !== anchor);
    const positives = others.filter((other) => other.label === anchor.label);
    if (positives.length === 0) continue;
    const scores = others.map((other) => score(anchor.h, other.h));
    const highest = Math.max(...scores);
    const logSum = highest + Math.log(scores.reduce((sum, s) => sum + Math.exp(s - highest), 0));
    total -= positives.reduce((sum, p) => sum + score(anchor.h, p.h) - logSum, 0) / positives.length;
  }
  return anchors.length === 0 ? 0 : total / anchors.length;
}
