import * as tf from '@tensorflow/tfjs-core';
import type * as ort from '#onnxruntime';
import { sizeOf } from '../graph/graph';
import type { Provider } from '../lower/call';
import { copyToDevice, readBack } from './read-back';
import { adopt, type Store } from './store';
import { arrayOf, emptyData, wrapData, wrapTensor, type Numbers } from './tensors';

/** Variables that lie in one tensor, one after the other; mostly one. */
interface Held {
  readonly variables: readonly tf.Variable[];
  /** The tfjs data of each variable that the tensor was made from or last copied to. */
  dataIds: object[];
  tensor: ort.Tensor;
  /** Whether the variables have not been told of the tensor's values. */
  stale: boolean;
  /** Where a new value is written while the old one is still read. */
  spare: Numbers | null;
}

/**
 * The store of a GPU: between two steps the tensors are passed from one run to the next as they are, in GPU buffers
 * where ONNX Runtime's binding can leave them there (WebGPU), else in the processor's memory; `sync` brings them home.
 */
export function createHeldStore(provider: Provider): Store {
  const holding = new Map<tf.Variable, Held>();
  /** Sessions that made what `settle` has put on the device. */
  const copies: ort.InferenceSession[] = [];

  const isCurrent = ({ variables, dataIds }: Held): boolean => variables.every((v, i) => v.dataId === dataIds[i]);

  const release = (held: Held): void => {
    for (const variable of held.variables) if (holding.get(variable) === held) holding.delete(variable);
    held.tensor.dispose();
  };

  /** Gives the variables the values of these tensors; one that was assigned outside in the meantime keeps its own. */
  const bringHome = async (all: readonly Held[]): Promise<void> => {
    const stale = all.filter((held) => held.stale);
    const values = await readBack(
      stale.map((held) => held.tensor),
      provider,
    );
    stale.forEach((held, k) => {
      const numbers = values[k];
      let start = 0;
      held.variables.forEach((variable, i) => {
        const own = numbers?.slice(start, start + variable.size);
        start += variable.size;
        if (!own || variable.dataId !== held.dataIds[i]) return;
        const next = tf.tensor(own, variable.shape, variable.dtype);
        variable.assign(next);
        next.dispose();
        held.dataIds[i] = variable.dataId;
      });
      held.stale = false;
    });
  };

  /** When none of their tensors is held any more. */
  const releaseCopies = async (): Promise<void> => {
    for (const session of copies.splice(0)) await session.release();
  };

  const read: Store['read'] = async (variables, shape) => {
    const [first] = variables;
    const known = first && holding.get(first);
    if (known && sameVariables(known.variables, variables) && isCurrent(known)) return known.tensor;
    // It was assigned outside, or a step of other shapes holds it together with other variables.
    const others = new Set(variables.flatMap((variable) => holding.get(variable) ?? []));
    await bringHome([...others]);
    others.forEach(release);
    const tensor = gather(variables, shape);
    const held = { variables, dataIds: variables.map((v) => v.dataId), tensor, stale: false, spare: null };
    for (const variable of variables) holding.set(variable, held);
    return tensor;
  };

  return {
    read,
    /** Where tensors can stay on the device, what no run replaces is put there, until `sync`. */
    async settle(unchanged) {
      if (provider !== 'webgpu') return;
      const here: Held[] = [];
      for (const { variables, shape } of unchanged) {
        const tensor = await read(variables, shape);
        const [first] = variables;
        const held = first && holding.get(first);
        if (held && tensor.location === 'cpu' && tensor.type === 'float32') here.push(held);
      }
      if (here.length === 0) return;
      const there = await copyToDevice(
        here.map(({ tensor }) => tensor),
        provider,
      );
      here.forEach((held, i) => (held.tensor = there.tensors[i] ?? held.tensor));
      copies.push(there.session);
    },
    target(variables, shape) {
      if (provider === 'webgpu') return null;
      const [first] = variables;
      const held = first && holding.get(first);
      if (!held) return null;
      held.spare ??= emptyData(first.dtype, sizeOf(shape));
      return wrapData(held.spare, first.dtype, shape);
    },
    write(variables, tensor) {
      const [first] = variables;
      const known = first && holding.get(first);
      if (known && sameVariables(known.variables, variables)) {
        const before = known.tensor;
        known.tensor = tensor;
        known.stale = true;
        if (provider === 'webgpu') before.dispose();
        else if (known.spare) known.spare = ownsMemory(known, before) ? arrayOf(before) : null;
        return;
      }
      const dataIds = variables.map((v) => v.dataId);
      const held = { variables, dataIds, tensor, stale: true, spare: null };
      for (const variable of variables) holding.set(variable, held);
    },
    adopt,
    async sync() {
      const all = [...new Set(holding.values())];
      const unchanged = all.filter((held) => !held.stale && held.tensor.location === 'gpu-buffer');
      await bringHome(all);
      unchanged.forEach(release);
      await releaseCopies();
    },
    async dispose() {
      for (const held of new Set(holding.values())) held.tensor.dispose();
      holding.clear();
      await releaseCopies();
    },
  };
}

const sameVariables = (a: readonly tf.Variable[], b: readonly tf.Variable[]): boolean =>
  a.length === b.length && a.every((variable, i) => variable === b[i]);

/** A tensor made for the store may be written over; the memory of a tfjs variable may not. */
function ownsMemory({ variables }: Held, tensor: ort.Tensor): boolean {
  return !variables.some((variable) => variable.dataSync() === tensor.data);
}

function gather(variables: readonly tf.Variable[], shape: readonly number[]): ort.Tensor {
  const [first, ...more] = variables;
  if (!first) throw new Error('a pack of no variables');
  if (more.length === 0) return wrapTensor(first);
  const numbers = emptyData(first.dtype, sizeOf(shape));
  let start = 0;
  for (const variable of variables) {
    numbers.set(variable.dataSync(), start);
    start += variable.size;
  }
  return wrapData(numbers, first.dtype, shape);
}
