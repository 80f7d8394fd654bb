export { readRun, type FoldData, type RunData } from '../record/read-run';
export type { AttentionLine, EmbeddingLine, FoldResult, MetricRow, PredictionLine } from '../record/run-files';
export {
  summarize,
  type FoldCurves,
  type FoldRow,
  type HardUtterance,
  type Report,
  type SummarizeOptions,
} from './summarize';
export type { Breakdown } from './breakdowns';
export type { Provenance } from './provenance';
export type { Accuracy, Results } from './results';
export type { Scaling } from './scaling';
export { writeReport, type ReportOptions, type WrittenReport } from './write-report';
export type { ReadAudio } from './attention';
export { compareRuns, type ComparedRun, type Comparison } from './compare-runs';
export { comparisonText, writeComparison } from './write-comparison';
