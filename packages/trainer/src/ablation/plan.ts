import type { Config } from '../config/schema';
import { InputError } from '@ser/files';

/** What a row of an ablation changes in the common settings. */
export type RowSettings = Partial<Config>;

/** Column groups of Table 3. */
export interface TableParts {
  readonly encoder: string;
  readonly mixup: string;
  readonly aggregation: string;
  readonly losses: string;
}

/** A row of the table: a name, what it changes, and what a paper reports for it. */
export interface AblationRowPlan {
  /** `1` … or a word; unique. */
  readonly row: string;
  readonly title: string;
  readonly settings: RowSettings;
  /** The row in the columns of Table 3, where it has that form. */
  readonly parts?: TableParts;
  /** In %. */
  readonly paper?: { readonly wa: number; readonly ua: number };
}

/** Two rows whose difference answers a question. */
export interface ContrastPlan {
  readonly question: string;
  readonly from: string;
  readonly to: string;
}

/** An ablation: its rows, the row that all are compared with (the first), and the contrasts of interest. */
export interface AblationPlan {
  readonly name: string;
  readonly rows: readonly AblationRowPlan[];
  readonly contrasts: readonly ContrastPlan[];
  /** Decisions that a reader of the table should know. */
  readonly notes: readonly string[];
}

/** Rows that come to the same settings are one cell and run once. */
export interface AblationCell {
  readonly rows: readonly AblationRowPlan[];
  readonly settings: RowSettings;
  /** Part of the run's name: says what the cell is, whatever rows it stands for. */
  readonly slug: string;
}

/** The plan's rows, each different setting once, in the order of first appearance. */
export function cells(plan: AblationPlan): AblationCell[] {
  const bySettings = new Map<string, AblationRowPlan[]>();
  for (const row of plan.rows) {
    const key = settingsKey(row);
    const rows = bySettings.get(key);
    if (rows === undefined) bySettings.set(key, [row]);
    else rows.push(row);
  }
  const all = [...bySettings.values()].flatMap((rows): AblationCell[] => {
    const [first] = rows;
    return first === undefined ? [] : [{ rows, settings: first.settings, slug: slugOf(first) }];
  });
  const double = all.find(({ slug }, index) => all.findIndex((other) => other.slug === slug) !== index);
  if (double === undefined) return all;
  // Settings outside of the slug differ: the row's own name keeps the run folders apart.
  return all.map((cell) => ({ ...cell, slug: `${cell.slug}-row${cell.rows[0]?.row ?? ''}` }));
}

/** Equal for rows that come to the same settings. */
function settingsKey({ settings }: AblationRowPlan): string {
  return JSON.stringify(Object.entries(settings).sort());
}

/**
 * The rows asked for and those that are the same run; all when none are named. Contrasts keep only rows that are left.
 *
 * @throws InputError naming a row that is not in the plan
 */
export function selectRows(plan: AblationPlan, rows: readonly string[]): AblationPlan {
  if (rows.length === 0) return plan;
  const known = plan.rows.map(({ row }) => row);
  const wrong = rows.find((row) => !known.includes(row));
  if (wrong !== undefined) throw new InputError(`--rows=${wrong}: ${plan.name} has the rows ${known.join(', ')}`);
  const asked = new Set(plan.rows.filter(({ row }) => rows.includes(row)).map(settingsKey));
  const left = plan.rows.filter((row) => asked.has(settingsKey(row)));
  const kept = (name: string): boolean => left.some(({ row }) => row === name);
  return {
    ...plan,
    rows: left,
    contrasts: plan.contrasts.filter(({ from, to }) => kept(from) && kept(to)),
  };
}

function slugOf({ row, settings }: AblationRowPlan): string {
  const parts = [settings.encoder, settings.mix, settings.pool, settings.losses?.join('-')].filter(
    (part) => part !== undefined,
  );
  return parts.length > 0 ? parts.join('-') : `row${row.replace(/[^A-Za-z0-9._-]+/g, '-')}`;
}
