export { cells, selectRows } from './plan';
export { readPlan } from './read-plan';
export { ablationResults } from './results';
export { ablationJobs, runAblation } from './run-ablation';
export { bySameMixing, openMixedFolders } from './mixed-features';
export { table3Plan } from './table3';
export { ablationMarkdown, ablationText, writeAblation } from './write-results';
