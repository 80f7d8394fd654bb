import { expectTypeOf } from 'expect-type';
import { type Config, type EngineName, type Loss, type openEngine, type resolveConfig } from './index';

// Every engine and every loss there is: a new one is added here and in the README.
expectTypeOf<EngineName>().toEqualTypeOf<
  'onnx-cpu' | 'onnx-webgpu' | 'onnx-cuda' | 'tfjs-node-gpu' | 'tfjs-node' | 'tfjs-cpu'
>();
expectTypeOf<Loss>().toEqualTypeOf<'kl' | 'focal' | 'center' | 'supcon'>();

// `auto` is chosen before an engine is opened.
expectTypeOf<'auto'>().toExtend<Config['engine']>();
expectTypeOf<'auto'>().not.toExtend<Parameters<typeof openEngine>[0]>();

// Settings come out whole: what has a default is never undefined.
expectTypeOf<ReturnType<typeof resolveConfig>>().toHaveProperty('config').toEqualTypeOf<Config>();
expectTypeOf<Config['epochs']>().toEqualTypeOf<number>();
