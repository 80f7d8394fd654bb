/** Small drawings to classify, 12 × 12 pixels: a ring, a cross, a square and a triangle, moved about and noisy. */
export const classes = ['ring', 'cross', 'square', 'triangle'] as const;
export const size = 12;

type Shape = (x: number, y: number) => boolean;

const shapes: readonly Shape[] = [
  (x, y) => Math.abs(Math.hypot(x, y) - 3.2) < 0.8,
  (x, y) => Math.abs(Math.abs(x) - Math.abs(y)) < 0.8 && Math.hypot(x, y) < 4.2,
  (x, y) => Math.abs(Math.max(Math.abs(x), Math.abs(y)) - 3.2) < 0.7,
  (x, y) => y > -3.5 && y < 3.5 && Math.abs(Math.abs(x) - (y + 3.5) / 2) < 0.8,
];

/** Images [count, size, size, 1] as one flat array, and their labels. */
export function draw(count: number, random: () => number): { images: Float32Array; labels: Int32Array } {
  const images = new Float32Array(count * size * size);
  const labels = Int32Array.from({ length: count }, (_, i) => i % classes.length);
  for (const [i, label] of labels.entries()) {
    const [centerX, centerY] = [size / 2 + 2 * random() - 1, size / 2 + 2 * random() - 1];
    for (let p = 0; p < size * size; p++) {
      const inside = shapes[label]!((p % size) + 0.5 - centerX, Math.floor(p / size) + 0.5 - centerY);
      images[i * size * size + p] = (inside ? 0.7 : 0) + 0.5 * random();
    }
  }
  return { images, labels };
}
