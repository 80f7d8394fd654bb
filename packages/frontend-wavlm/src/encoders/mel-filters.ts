/** Hz → mel on Slaney's scale: linear below 1 kHz, logarithmic above. */
const toMel = (hz: number): number => (hz < 1000 ? (hz * 3) / 200 : 15 + (27 * Math.log(hz / 1000)) / Math.log(6.4));
const toHz = (mel: number): number => (mel < 15 ? (mel * 200) / 3 : 1000 * Math.exp(((mel - 15) * Math.log(6.4)) / 27));

/**
 * Triangular mel filters of unit area (Slaney), 0 Hz to half the sampling rate.
 *
 * @param bins filters
 * @param fftSize samples of a frame; the spectrum has fftSize / 2 + 1 lines
 * @param sampleRate Hz
 * @returns [bins, fftSize / 2 + 1], row-major
 */
export function melFilters(bins: number, fftSize: number, sampleRate: number): Float64Array {
  const lines = fftSize / 2 + 1;
  const top = toMel(sampleRate / 2);
  const edges = Array.from({ length: bins + 2 }, (_, i) => toHz((top * i) / (bins + 1)));
  const filters = new Float64Array(bins * lines);
  for (let bin = 0; bin < bins; bin++) {
    const [low = 0, centre = 0, high = 0] = edges.slice(bin, bin + 3);
    for (let line = 0; line < lines; line++) {
      const hz = (line * sampleRate) / fftSize;
      const height = Math.min((hz - low) / (centre - low), (high - hz) / (high - centre));
      filters[bin * lines + line] = (Math.max(0, height) * 2) / (high - low);
    }
  }
  return filters;
}
