import type { Lowerings } from './call';
import { elementwise } from './elementwise';
import { indexing } from './indexing';
import { matMuls } from './matmul';
import { networks } from './networks';
import { reductions } from './reduction';
import { shaping } from './shaping';

/** Every tfjs kernel that can be compiled, by its name. */
export const lowerings: Lowerings = { ...elementwise, ...reductions, ...matMuls, ...shaping, ...indexing, ...networks };
