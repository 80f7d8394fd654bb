export { centerLoss } from './center-loss';
export { contextBroadcast } from './context-broadcast';
export { focalLoss } from './focal-loss';
export { InputError } from './input-error';
export { klDivergence } from './kl-divergence';
export { supconTile, supervisedContrastive, type SupervisedContrastiveOptions } from './supervised-contrastive';
