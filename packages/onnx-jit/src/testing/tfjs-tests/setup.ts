import { setTestEnvs } from '@tensorflow/tfjs-core/dist/jasmine_util';
import { registerCompiled, type Mode } from './backend';

// Before tfjs's tests are loaded: they ask at once which backends there are.
const modes: readonly Mode[] = ['kernel', 'lazy'];
setTestEnvs(modes.map((mode) => ({ name: mode, backendName: registerCompiled(mode), isDataSync: true })));
