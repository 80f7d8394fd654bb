import {
  InputError,
  open,
  readDescription,
  type ModelDescription,
  type OnnxRuntime,
  type Recognition,
} from '@ser/recognize';
import { fromWire, type WireRecognition } from './wire';

/** Who computes: the server that the page came from, or the page itself. */
export interface Backend {
  readonly description: ModelDescription;
  /** Shown to the reader. */
  readonly name: string;
  /** [samples] mono at the model's rate. */
  recognize(samples: Float32Array): Promise<Recognition>;
}

/** What `ser serve` gives. */
export async function serverBackend(): Promise<Backend> {
  const description = readDescription(await (await fetch('model.json')).json(), 'model.json');
  return {
    description,
    name: 'computed by ser serve on this computer',
    async recognize(samples) {
      const response = await fetch('api/recognize', {
        method: 'POST',
        headers: { 'content-type': 'application/octet-stream' },
        body: new Float32Array(samples).buffer,
      });
      const answer = (await response.json()) as WireRecognition | { error: string };
      if ('error' in answer) throw new InputError(answer.error);
      return fromWire(answer);
    },
  };
}

type WebRuntime = OnnxRuntime & { readonly env: { readonly wasm: { wasmPaths?: string; proxy?: boolean } } };

/** What `ser playground` writes: the model and ONNX Runtime lie beside the page. */
export async function pageBackend(file: string, runtime: string): Promise<Backend> {
  const at = (name: string): string => new URL(name, document.baseURI).href;
  const ort = (await import(at(runtime))) as WebRuntime;
  ort.env.wasm.wasmPaths = at('ort/');
  const onGpu = runtime.includes('webgpu') && 'gpu' in navigator;
  // Without a GPU a thread of its own computes, so that the page can be used meanwhile.
  if (!onGpu) ort.env.wasm.proxy = true;
  const { description, recognize } = await open(at(file), {
    runtime: ort,
    session: { executionProviders: onGpu ? ['webgpu', 'wasm'] : ['wasm'] },
  });
  return { description, recognize, name: `computed in this page, ${onGpu ? 'on the GPU' : 'in WebAssembly'}` };
}
