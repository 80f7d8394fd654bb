import type { Config } from '../config/schema';
import { table3 as paperRows } from '../report/paper-tables';
import type { AblationPlan, AblationRowPlan, ContrastPlan, RowSettings } from './plan';

/** The encoder of a column of Table 3: settings that choose it and its weights. */
export type EncoderSettings = Pick<Config, 'encoder'> & Partial<Pick<Config, 'weights'>>;

/** Which encoders stand for the paper's. `single` stands for both. */
export type Table3Encoders =
  { readonly single: RowSettings } | { readonly hubert?: EncoderSettings; readonly wavlm?: EncoderSettings };

/** What the rows without any tick under "Feature Aggregation" use: see the note in the plan. */
const baselinePool = 'mean';

const questions: readonly ContrastPlan[] = [
  { question: 'EAM instead of LAM, baseline pooling (HuBERT)', from: '1', to: '3' },
  { question: 'EAM instead of LAM, FLAM (HuBERT)', from: '4', to: '5' },
  { question: 'FLAM instead of baseline pooling, EAM (HuBERT)', from: '3', to: '5' },
  { question: 'WavLM instead of HuBERT', from: '5', to: '12' },
  { question: 'EAM instead of LAM, baseline pooling', from: '6', to: '8' },
  { question: 'EAM instead of LAM, FLAM', from: '11', to: '12' },
  { question: 'LAM instead of no mixing, FLAM', from: '7', to: '11' },
  { question: 'EAM instead of no mixing, FLAM', from: '7', to: '12' },
  { question: 'FLAM instead of baseline pooling, LAM', from: '6', to: '11' },
  { question: 'FLAM instead of mean pooling, EAM', from: '10', to: '12' },
  { question: 'FLAM instead of max pooling, EAM', from: '9', to: '12' },
  { question: '+ focal loss', from: '12', to: '13' },
  { question: '+ SupCon loss', from: '12', to: '14' },
  { question: '+ focal and SupCon loss', from: '12', to: '15' },
  { question: 'the whole method against the baseline', from: '6', to: '15' },
];

/**
 * The fifteen rows of the paper's Table 3.
 *
 * With one encoder for all rows, those that differ by HuBERT or WavLM alone become the same run.
 */
export function table3Plan(encoders: Table3Encoders): AblationPlan {
  const single = 'single' in encoders;
  const rows = paperRows.flatMap((paper): AblationRowPlan[] => {
    const encoder = single ? encoders.single : encoders[paper.encoder];
    if (encoder === undefined) return [];
    const pool = paper.pool === 'baseline' ? baselinePool : paper.pool;
    const settings: RowSettings = { ...encoder, mix: paper.mix, pool, losses: [...paper.losses] };
    const parts = {
      encoder: single ? '' : names[paper.encoder],
      mixup: paper.mix === 'none' ? 'no mixing' : paper.mix.toUpperCase(),
      aggregation: poolNames[paper.pool],
      losses: paper.losses.map((loss) => lossNames[loss]).join(' + '),
    };
    const title = [parts.encoder, parts.mixup, parts.aggregation, parts.losses].filter(Boolean).join(', ');
    return [{ row: String(paper.row), title, settings, parts, paper: { wa: paper.wa, ua: paper.ua } }];
  });
  const present = new Set(rows.map(({ row }) => row));
  const settings = new Map(rows.map(({ row, settings: own }) => [row, JSON.stringify(own)]));
  const pair = ({ from, to }: ContrastPlan): string => `${settings.get(from)} → ${settings.get(to)}`;
  const asked = questions.filter(({ from, to }) => present.has(from) && present.has(to));
  const contrasts = asked.filter(
    (contrast, index) =>
      settings.get(contrast.from) !== settings.get(contrast.to) &&
      // With one encoder the same pair of settings comes up twice: the later wording names no encoder.
      asked.findLastIndex((other) => pair(other) === pair(contrast)) === index,
  );
  return { name: 'table3', rows, contrasts, notes: notes(single) };
}

const names = { hubert: 'HuBERT', wavlm: 'WavLM' } as const;

const poolNames = { baseline: `baseline (${baselinePool})`, max: 'max', mean: 'mean', flam: 'FLAM' } as const;
const lossNames = { kl: 'KL', center: 'center', focal: 'focal', supcon: 'SupCon' } as const;

function notes(single: boolean): string[] {
  const first =
    'Rows without a tick under "Feature Aggregation" keep the pooling of the baseline (Kang et al.), which the paper ' +
    'does not describe; here it is mean pooling, so row 8 and row 10 are the same run.';
  const shifted =
    'The scanned table shifts columns in rows 9 to 11; by the text, rows 9, 10 and 12 are max pooling, mean pooling ' +
    'and FLAM with EAM on WavLM, and row 11 is LAM with FLAM.';
  const same =
    'One encoder stands for both HuBERT and WavLM here: rows that differ by those alone are the same run, and the ' +
    "paper's numbers beside them are of its own encoders and corpus (IEMOCAP).";
  const other = "The paper's numbers are of IEMOCAP with HuBERT Large and WavLM Large.";
  return [first, shifted, single ? same : other];
}
