import { join } from 'node:path';
import { writeFileWhole } from '@ser/files';
import { attendedUtterances, type AttendedUtterance, type ReadAudio } from './attention';
import { embeddingMaps, type EmbeddingMaps } from './embedding-maps';
import { html, type Markup } from './html';
import { page } from './page';
import { readRun, type RunData } from '../record/read-run';
import { attentionSection } from './sections/attention';
import { baselinesSection, probeWarning } from './sections/baselines';
import { breakdownsSection } from './sections/breakdowns';
import { calibrationSection } from './sections/calibration';
import { confusionSection } from './sections/confusion';
import { embeddingsSection } from './sections/embeddings';
import { foldsSection } from './sections/folds';
import { hardestSection } from './sections/hardest';
import { headline, warnings } from './sections/headline';
import { paperSection } from './sections/paper';
import { reproduceSection } from './sections/reproduce';
import { speakersSection } from './sections/speakers';
import { trainingSection } from './sections/training';
import { writeTables } from './write-tables';
import type { TableData } from './table-data';
import { summarize, type Report, type SummarizeOptions } from './summarize';

export interface WrittenReport {
  readonly report: Report;
  readonly jsonPath: string;
  readonly htmlPath: string;
}

export interface ReportOptions extends SummarizeOptions {
  /** Reads the sound of the utterances whose attention is shown; `readWaveform` of `@ser/datasets` by default. */
  readonly readAudio?: ReadAudio;
}

/** What the page shows beside the numbers of `report.json`. */
export interface ReportPictures {
  readonly embeddings: readonly EmbeddingMaps[];
  readonly attention: readonly AttendedUtterance[];
}

/**
 * Writes `report.json`, `report.html` (one file, no script, nothing fetched) and `tables/` (each table as CSV and LaTeX)
 * into a run folder, finished or not.
 *
 * @throws InputError when the folder is no run or a file in it is damaged
 */
export async function writeReport(runDir: string, options: ReportOptions = {}): Promise<WrittenReport> {
  return writeReportOf(await readRun(runDir), options);
}

/** The same for a run that is already read, such as one joined from several folders. */
export async function writeReportOf(
  run: RunData,
  options: ReportOptions & { readonly dir?: string } = {},
): Promise<WrittenReport> {
  const report = summarize(run, options);
  const maps: EmbeddingMaps[] = [];
  for (const { dir, index } of run.folds) {
    const map = await embeddingMaps(dir, index);
    if (map !== undefined) maps.push(map);
  }
  const attention = await attendedUtterances(run, options.readAudio ?? readWithDatasets);
  const { dir = run.dir } = options;
  const jsonPath = join(dir, 'report.json');
  const htmlPath = join(dir, 'report.html');
  await writeFileWhole(jsonPath, `${JSON.stringify(report, null, 1)}\n`);
  const { text, tables } = await renderReport(report, run, { embeddings: maps, attention });
  await writeFileWhole(htmlPath, text);
  await writeTables(dir, tables);
  return { report, jsonPath, htmlPath };
}

/** The report as a page, and the tables in it. */
async function renderReport(
  report: Report,
  run: RunData,
  pictures: ReportPictures,
): Promise<{ text: string; tables: readonly TableData[] }> {
  const sections = [
    foldsSection(report),
    baselinesSection(report),
    breakdownsSection(report),
    paperSection(report),
    confusionSection(report),
    await speakersSection(report),
    await trainingSection(report),
    await calibrationSection(report),
    await embeddingsSection(pictures.embeddings, report.labels),
    await attentionSection(pictures.attention, run),
    hardestSection(report),
    reproduceSection(report),
  ].filter((section): section is Markup => section !== undefined);
  const header = html`${headline(report)}${probeWarning(report)}${warnings(report)}`;
  const footer = html`<footer>
    Written ${report.generatedAt}. Beside this file, report.json has the numbers, and tables/ every table as CSV and
    LaTeX.
  </footer>`;
  return {
    text: page(`${report.name} – speech emotion recognition`, header, sections, footer),
    tables: sections.flatMap(({ tables }) => tables),
  };
}

const readWithDatasets: ReadAudio = async (path, part) => {
  const { readWaveform } = await import('@ser/datasets');
  return readWaveform(path, part);
};
