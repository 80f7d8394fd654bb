import { InputError } from './input-error';

/**
 * The label of a mix (paper, Eq. 4): y_mix = (1 − λ) y_i + λ y_j. Where the two agree the label is unchanged, bit for
 * bit, and a mix of two distributions is a distribution.
 *
 * @param yi label of the dominant utterance, one-hot or soft, [classes]
 * @param yj label of the interferer, [classes]
 * @param lambda weight of `yj`, in [0, 1]
 * @throws InputError if the labels differ in length or λ is out of range.
 */
export function mixLabels(yi: ArrayLike<number>, yj: ArrayLike<number>, lambda: number): Float32Array {
  if (yi.length !== yj.length) {
    throw new InputError(`labels must have the same number of classes, got ${yi.length} and ${yj.length}`);
  }
  if (!(lambda >= 0 && lambda <= 1)) throw new InputError(`lambda must be in [0, 1], got ${lambda}`);
  const mixed = Float32Array.from(yi);
  for (let c = 0; c < mixed.length; c++) {
    const own = yi[c] ?? 0;
    const other = yj[c] ?? 0;
    if (own !== other) mixed[c] = (1 - lambda) * own + lambda * other;
  }
  return mixed;
}
