import type { Lowerings } from './call';
import { convolutions } from './convolutions';
import { elementwise } from './elementwise';
import { images } from './images';
import { indexing } from './indexing';
import { matMuls } from './matmul';
import { networks } from './networks';
import { pools } from './pools';
import { reductions } from './reduction';
import { shaping } from './shaping';

/** Every tfjs kernel that can be compiled, by its name. */
export const lowerings: Lowerings = {
  ...elementwise,
  ...reductions,
  ...matMuls,
  ...shaping,
  ...indexing,
  ...networks,
  ...convolutions,
  ...pools,
  ...images,
};
