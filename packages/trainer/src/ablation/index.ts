export {
  cells,
  selectRows,
  type AblationCell,
  type AblationPlan,
  type AblationRowPlan,
  type ContrastPlan,
} from './plan';
export { readPlan } from './read-plan';
export { ablationResults, type AblationResults, type ContrastResult, type RowResult } from './results';
export { ablationJobs, runAblation, type AblationJob, type FailedJob } from './run-ablation';
export { table3Plan, type Table3Encoders } from './table3';
export { ablationMarkdown, ablationText, writeAblation } from './write-results';
