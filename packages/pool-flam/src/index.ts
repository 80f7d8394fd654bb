export { flam } from './flam';
export { flamParamNames, type FlamParamName, type FlamParams } from './flam-params';
export { initFlam, type InitialValue } from './init-flam';
export { InputError } from './input-error';
export { maxPool } from './max-pool';
export { meanPool } from './mean-pool';
export type { PoolOutput } from './pool-output';
export type { FrameProjection } from './project-frames';
