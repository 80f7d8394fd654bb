import type { Case } from '../case';
import { elementwiseCases } from './elementwise';
import { imageCases } from './images';
import { indexingCases } from './indexing';
import { matMulCases } from './matmul';
import { networkCases } from './networks';
import { ownOpCases } from './own-ops';
import { reductionCases } from './reduction';
import { shapingCases } from './shaping';
import { specialCases } from './special';
import { spectralCases } from './spectral';
import { windowCases } from './windows';

/** Every case, by the family of its kernels. */
export const families = {
  elementwise: elementwiseCases,
  reduction: reductionCases,
  matMul: matMulCases,
  shaping: shapingCases,
  indexing: indexingCases,
  networks: networkCases,
  windows: windowCases,
  images: imageCases,
  spectral: spectralCases,
  ownOps: ownOpCases,
  special: specialCases,
} satisfies Record<string, readonly Case[]>;
