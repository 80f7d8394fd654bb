import { setting } from '../format';
import { html, type Markup } from '../html';
import type { Report } from '../summarize';
import { details, section, table } from '../table';

/** The command, the software and every setting. */
export function reproduceSection(report: Report): Markup {
  const versions = Object.entries({ engine: report.engine, ...report.versions }).map(([name, version]) => ({
    cells: [name, version === '' ? '–' : version],
  }));
  const settings = Object.entries(report.config).map(([key, value]) => ({
    cells: [key, setting(value), report.origins[key] ?? ''],
  }));
  return section(
    'reproduce',
    'To reproduce',
    report.command === '' ? undefined : html`<pre tabindex="0"><code>${report.command}</code></pre>`,
    table('software', 'Software', [{ title: 'What' }, { title: 'Version' }], versions),
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
