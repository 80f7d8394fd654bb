export { macroF1, recalls, unweightedAccuracy, weightedAccuracy, type Confusion } from './accuracy';
export { bootstrapIntervals, type BootstrapOptions, type Interval } from './bootstrap';
export { calibration, type Calibration, type ReliabilityBin } from './calibration';
export { addConfusion, confusionMatrix } from './confusion';
export { holm } from './holm';
export { accuracyByGroup, type GroupAccuracy } from './groups';
export { accuracyIntervals, pairedDifferences, type AccuracyIntervals, type PairedDifference } from './intervals';
export { mcnemar, mcnemarExact, type McNemar } from './mcnemar';
export { meanDeviation, type MeanDeviation } from './summary';
