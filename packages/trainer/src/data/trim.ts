/**
 * Where speech begins and ends: the first and last 25 ms window (hop 10 ms) whose energy is within `db` of the loudest
 * window, widened by 50 ms on each side. Silence throughout, or a signal under 25 ms, is kept whole.
 */
export function speechBounds(wave: Float32Array, db: number, rate = 16_000): { start: number; end: number } {
  const window = Math.round(0.025 * rate);
  const hop = Math.round(0.01 * rate);
  const margin = Math.round(0.05 * rate);
  const whole = { start: 0, end: wave.length };
  const count = Math.floor((wave.length - window) / hop) + 1;
  if (count < 1) return whole;
  const energies = Float64Array.from({ length: count }, (_, i) => {
    let sum = 0;
    for (let n = i * hop; n < i * hop + window; n++) sum += (wave[n] ?? 0) ** 2;
    return sum;
  });
  const loudest = energies.reduce((a, b) => Math.max(a, b), 0);
  if (!(loudest > 0)) return whole;
  const floor = loudest * 10 ** (-db / 10);
  const first = energies.findIndex((energy) => energy >= floor);
  const last = energies.findLastIndex((energy) => energy >= floor);
  return { start: Math.max(0, first * hop - margin), end: Math.min(wave.length, last * hop + window + margin) };
}
