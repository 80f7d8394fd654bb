import type { Case } from '../case';
import { elementwiseCases } from './elementwise';
import { matMulCases } from './matmul';
import { networkCases } from './networks';
import { ownOpCases } from './own-ops';
import { reductionCases } from './reduction';
import { shapingCases } from './shaping';

/** Every case, by the family of its kernels. */
export const families = {
  elementwise: elementwiseCases,
  reduction: reductionCases,
  matMul: matMulCases,
  shaping: shapingCases,
  networks: networkCases,
  ownOps: ownOpCases,
} satisfies Record<string, readonly Case[]>;
