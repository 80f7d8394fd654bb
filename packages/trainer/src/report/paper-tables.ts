/** The paper's own numbers, in %, as printed. */

export interface PaperRow {
  readonly corpus: string;
  readonly method: string;
  /** A: audio only, M: several modalities. */
  readonly modality: 'A' | 'M';
  readonly wa: number | null;
  readonly ua: number | null;
}

const row = (corpus: string, method: string, modality: 'A' | 'M', wa: number | null, ua: number | null): PaperRow => ({
  corpus,
  method,
  modality,
  wa,
  ua,
});

/** How the paper's own method is called in our tables. */
const paperMethod = 'Paper (WavLM Large)';

/** Table 1: WA and UA on IEMOCAP, MSP-IMPROV and RAVDESS. */
export const table1: readonly PaperRow[] = [
  row('iemocap', 'Tang et al. [19]', 'A', 71.64, 72.72),
  row('iemocap', 'Sun et al. [20]', 'A', 72.86, 72.85),
  row('iemocap', 'Wang et al. [21]', 'A', 73.37, 74.18),
  row('iemocap', 'He et al. [22]', 'A', 73.8, 74.25),
  row('iemocap', 'Gao et al. [23]', 'A', 74.94, 76.1),
  row('iemocap', 'Kang et al. [8]', 'A', 75.37, 76.04),
  row('iemocap', 'He et al. [24]', 'M', 74.5, 75.0),
  row('iemocap', 'Wang et al. [25]', 'M', 75.2, 76.4),
  row('iemocap', paperMethod, 'A', 78.47, 79.14),
  // The UA of this row is not legible in the copy at hand.
  row('msp-improv', 'Guo et al. [26]', 'A', 46.2, null),
  row('msp-improv', 'Nediyanchath et al. [27]', 'A', 47.3, 46.1),
  row('msp-improv', 'Xu et al. [28]', 'A', 47.9, 45.8),
  row('msp-improv', 'Cao et al. [29]', 'A', 50.7, 49.9),
  row('msp-improv', 'Liu et al. [30]', 'A', 51.51, 41.56),
  row('msp-improv', 'Liu et al. [31]', 'A', 55.8, 55.3),
  row('msp-improv', paperMethod, 'A', 58.55, 58.34),
  row('ravdess', 'Baevski et al. [32]', 'A', 74.38, 73.44),
  row('ravdess', 'Sun et al. [33]', 'A', 72.29, 70.38),
  row('ravdess', 'Chen et al. [13]', 'A', 75.36, 75.28),
  row('ravdess', 'Yu et al. [34]', 'A', 81.86, 82.75),
  row('ravdess', 'Chumachenko et al. [35]', 'M', 79.2, null),
  row('ravdess', 'Sadok et al. [36]', 'M', 84.8, null),
  row('ravdess', 'Sun et al. [33]', 'M', 87.99, 87.96),
  row('ravdess', paperMethod, 'A', 93.4, 92.28),
];

export interface SaveeRow {
  readonly method: string;
  /** UA of each speaker. */
  readonly speakers: Readonly<Record<'DC' | 'JE' | 'JK' | 'KL', number>>;
  readonly mean: number;
}

/** Table 2: UA on SAVEE by speaker. */
export const table2: readonly SaveeRow[] = [
  { method: 'Chen et al. [37]', speakers: { DC: 81.6, JE: 83.3, JK: 69.9, KL: 49.7 }, mean: 71.1 },
  { method: paperMethod, speakers: { DC: 82.3, JE: 87.0, JK: 66.9, KL: 53.0 }, mean: 72.3 },
  { method: 'Human [37]', speakers: { DC: 73.7, JE: 67.7, JK: 71.2, KL: 53.2 }, mean: 66.5 },
];

export interface AblationRow {
  /** 1-based row of Table 3. */
  readonly row: number;
  readonly encoder: 'hubert' | 'wavlm';
  readonly mix: 'none' | 'lam' | 'eam';
  /** `baseline` where the table ticks no aggregation: that of the baseline system. */
  readonly pool: 'baseline' | 'max' | 'mean' | 'flam';
  readonly losses: readonly ('kl' | 'center' | 'focal' | 'supcon')[];
  readonly wa: number;
  readonly ua: number;
}

const ablation = (
  number: number,
  encoder: AblationRow['encoder'],
  mix: AblationRow['mix'],
  pool: AblationRow['pool'],
  more: readonly ('focal' | 'supcon')[],
  wa: number,
  ua: number,
): AblationRow => ({ row: number, encoder, mix, pool, losses: ['kl', 'center', ...more], wa, ua });

/**
 * Table 3: the ablation on IEMOCAP. The scanned table shifts columns in rows 9 to 11; by the text, rows 9, 10 and 12
 * are max pooling, mean pooling and FLAM with EAM on WavLM, and row 11 is LAM with FLAM.
 */
export const table3: readonly AblationRow[] = [
  ablation(1, 'hubert', 'lam', 'baseline', [], 75.37, 76.04),
  ablation(2, 'hubert', 'none', 'flam', [], 75.83, 76.45),
  ablation(3, 'hubert', 'eam', 'baseline', [], 76.18, 76.69),
  ablation(4, 'hubert', 'lam', 'flam', [], 76.22, 76.84),
  ablation(5, 'hubert', 'eam', 'flam', [], 76.31, 76.9),
  ablation(6, 'wavlm', 'lam', 'baseline', [], 76.98, 77.14),
  ablation(7, 'wavlm', 'none', 'flam', [], 77.12, 77.58),
  ablation(8, 'wavlm', 'eam', 'baseline', [], 77.26, 77.71),
  ablation(9, 'wavlm', 'eam', 'max', [], 77.32, 77.74),
  ablation(10, 'wavlm', 'eam', 'mean', [], 77.47, 77.95),
  ablation(11, 'wavlm', 'lam', 'flam', [], 77.58, 78.02),
  ablation(12, 'wavlm', 'eam', 'flam', [], 77.63, 78.1),
  ablation(13, 'wavlm', 'eam', 'flam', ['focal'], 77.96, 78.56),
  ablation(14, 'wavlm', 'eam', 'flam', ['supcon'], 78.23, 78.83),
  ablation(15, 'wavlm', 'eam', 'flam', ['focal', 'supcon'], 78.47, 79.14),
];
