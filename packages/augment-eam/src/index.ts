export { energyAdaptiveMix, type EnergyAdaptiveMix } from './energy-adaptive-mix';
export { InputError } from './input-error';
export { labelAdaptiveMix, type LabelAdaptiveMix } from './label-adaptive-mix';
export { mixLabels } from './mix-labels';
export type { MixPlan } from './mix-plan';
export { planEnergyAdaptiveMix, type MixPlanOptions } from './plan-energy-adaptive-mix';
