import { randomBytes } from 'node:crypto';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { html, type Markup } from './html';
import { page } from './page';
import { readRun, type RunData } from './read-run';
import { calibrationSection } from './sections/calibration';
import { confusionSection } from './sections/confusion';
import { foldsSection } from './sections/folds';
import { hardestSection } from './sections/hardest';
import { headline, warnings } from './sections/headline';
import { paperSection } from './sections/paper';
import { reproduceSection } from './sections/reproduce';
import { speakersSection } from './sections/speakers';
import { trainingSection } from './sections/training';
import { summarize, type Report, type SummarizeOptions } from './summarize';

export interface WrittenReport {
  readonly report: Report;
  readonly jsonPath: string;
  readonly htmlPath: string;
}

/**
 * Writes `report.json` and `report.html` (one file, no script, nothing fetched) into a run folder, finished or not.
 *
 * @throws InputError when the folder is no run or a file in it is damaged
 */
export async function writeReport(runDir: string, options: SummarizeOptions = {}): Promise<WrittenReport> {
  const run = await readRun(runDir);
  const report = summarize(run, options);
  const jsonPath = join(run.dir, 'report.json');
  const htmlPath = join(run.dir, 'report.html');
  await writeWhole(jsonPath, `${JSON.stringify(report, null, 1)}\n`);
  await writeWhole(htmlPath, await renderReport(report, run));
  return { report, jsonPath, htmlPath };
}

/** The report as a page. */
export async function renderReport(report: Report, _run: RunData): Promise<string> {
  const sections = [
    foldsSection(report),
    paperSection(report),
    confusionSection(report),
    await speakersSection(report),
    await trainingSection(report),
    await calibrationSection(report),
    hardestSection(report),
    reproduceSection(report),
  ].filter((section): section is Markup => section !== undefined);
  const header = html`${headline(report)}${warnings(report)}`;
  const footer = html`<footer>Written ${report.generatedAt}. The numbers are in report.json beside this file.</footer>`;
  return page(`${report.name} – speech emotion recognition`, header, sections, footer);
}

/** Readers never see half a file. */
async function writeWhole(path: string, content: string): Promise<void> {
  const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp`;
  await writeFile(temporary, content);
  await rename(temporary, path);
}
