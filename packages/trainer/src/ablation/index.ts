export { cells, selectRows } from './plan';
export { readPlan } from './read-plan';
export { ablationResults } from './results';
export { ablationJobs, runAblation } from './run-ablation';
export { bySameMixing, mixingOf } from './same-mixing';
export { table3Plan } from './table3';
export { ablationMarkdown, ablationText, writeAblation } from './write-results';
