import { setting } from '../format';
import { html, type Markup } from '../html';
import type { Provenance } from '../provenance';
import type { Report } from '../summarize';
import { details, section, table } from '../table';

/** The command, the hardware, the software, what the data and the weights were, and every setting. */
export function reproduceSection(report: Report): Markup {
  const settings = Object.entries(report.config).map(([key, value]) => ({
    cells: [key, setting(value), report.origins[key] ?? ''],
  }));
  return section(
    'reproduce',
    'To reproduce',
    report.command === '' ? undefined : html`<pre tabindex="0"><code>${report.command}</code></pre>`,
    provenanceTable('hardware', 'Hardware', report),
    provenanceTable('software', 'Software', report),
    provenanceTable('data', 'Data and weights: SHA-256 of', report),
    details(
      `Resolved configuration (${settings.length} settings)`,
      table(
        'settings',
        'Every setting of the run',
        [{ title: 'Setting', code: true }, { title: 'Value', wrap: true, code: true }, { title: 'From' }],
        settings,
      ),
    ),
  );
}

/** What folds share stands once; where they differ, each value has its folds. */
function provenanceTable(kind: Provenance['kind'], caption: string, report: Report): Markup | undefined {
  const facts = report.provenance.filter((fact) => fact.kind === kind);
  if (facts.length === 0) return undefined;
  const done = report.folds.filter(({ status }) => status === 'done').length;
  const isShared = facts.every(({ folds }) => folds.length === done);
  const rows = facts.map(({ what, value, folds }) => ({
    cells: [what, value, ...(isShared ? [] : [folds.length === done ? 'all' : folds.join(', ')])],
  }));
  return table(
    kind,
    caption,
    [
      { title: 'What' },
      { title: 'Value', wrap: true, code: kind === 'data' },
      ...(isShared ? [] : [{ title: 'Folds' }]),
    ],
    rows,
  );
}
