import type { Attack } from './attack';
import { configAttacks } from './encoders/config';
import { safetensorsAttacks } from './encoders/safetensors';
import { shardAttacks } from './encoders/shards';
import { torchAttacks } from './encoders/torch';

/** Folders of encoders: configuration, weights in every format, indexes of shards. */
export const attacks = (): Attack[] => [
  ...configAttacks(),
  ...safetensorsAttacks(),
  ...shardAttacks(),
  ...torchAttacks(),
];
