import { InputError } from '@ser/files';
import type { Checkpoint } from '../checkpoints/checkpoint';
import type { EncoderConfig } from '../encoders/config';
import type { ParameterSpec } from '../encoders/parameters';

/** Prefixes under which each kind of encoder is stored, and what they stand for in our own names. */
const PREFIXES: Record<EncoderConfig['kind'], readonly (readonly [there: string, here: string])[]> = {
  wavlm: ['', 'wavlm.', 'model.', 'encoder.wavlm.'].map((there) => [there, '']),
  hubert: ['', 'hubert.', 'model.', 'encoder.hubert.'].map((there) => [there, '']),
  whisper: ['model.encoder.', 'encoder.', ''].map((there) => [there, 'model.encoder.']),
  logmel: [['', '']],
};

/** Steps in a tensor's path that `torch.compile`, DataParallel and their like put in, wherever a module was wrapped. */
const WRAPPERS = /(^|\.)(?:(?:_orig_mod|module|_fsdp_wrapped_module|_checkpoint_wrapped_module)\.)+/g;

/** What models that stand on an encoder put beside it; not part of the encoder itself. */
const HEADS =
  /^(lm_head|classifier|projector|proj_out|objective|feature_extractor_?proj|label_embs_concat|final_proj|quantizer|project_(hid|q)|layer_weights|model\.decoder|decoder)(\.|$)/;

export interface TensorMatch {
  /** Parameter name → name in the checkpoint; an optional one that is absent is left out. */
  readonly names: ReadonlyMap<string, string>;
  /** What the checkpoint puts before every name, such as `wavlm.`. */
  readonly prefix: string;
  /** Tensors of other parts of a bigger model (classifiers, decoders). */
  readonly ignored: readonly string[];
}

/**
 * Finds every parameter in a checkpoint, whatever prefix it carries.
 *
 * @throws {InputError} listing missing, extra and misshapen tensors together
 */
export function matchTensors(
  checkpoint: Checkpoint,
  specs: readonly ParameterSpec[],
  kind: EncoderConfig['kind'],
): TensorMatch {
  const stored = withoutWrappers(checkpoint);
  const candidates = PREFIXES[kind].map(([there, here]) => {
    const rename = (name: string): string => there + name.slice(here.length);
    return { there, rename, found: specs.filter((spec) => find(stored, spec, rename) !== undefined).length };
  });
  const best = candidates.reduce((a, b) => (b.found > a.found ? b : a));
  const names = new Map<string, string>();
  const missing: string[] = [];
  const misshapen: string[] = [];
  for (const spec of specs) {
    const found = find(stored, spec, best.rename);
    const name = found === undefined ? undefined : stored.get(found);
    if (name === undefined) {
      if (!spec.optional) missing.push(best.rename(spec.name));
      continue;
    }
    names.set(spec.name, name);
    const shape = checkpoint.tensors.get(name)?.shape ?? [];
    if (shape.join() !== spec.shape.join()) misshapen.push(`${name} [${shape}] instead of [${spec.shape}]`);
  }
  const used = new Set(names.values());
  const ignored: string[] = [];
  const extra: string[] = [];
  for (const [plain, name] of stored) {
    if (used.has(name)) continue;
    const isOther = HEADS.test(plain) || (best.there !== '' && !plain.startsWith(best.there));
    (isOther ? ignored : extra).push(name);
  }
  const lists = [list('missing', missing), list('extra', extra), list('misshapen', misshapen)];
  const faults = lists.filter((text) => text !== '').join('; ');
  if (faults) throw new InputError(`${checkpoint.path}: does not fit its config.json; ${faults}`);
  return { names, prefix: prefixOf([...stored], best.there), ignored };
}

/** Names without the steps of wrappers → names in the checkpoint. */
function withoutWrappers({ tensors, path }: Checkpoint): Map<string, string> {
  const names = new Map<string, string>();
  for (const name of tensors.keys()) {
    const plain = name.replace(WRAPPERS, '$1');
    const other = names.get(plain);
    if (other !== undefined) throw new InputError(`${path}: holds ${plain} twice, as ${other} and as ${name}`);
    names.set(plain, name);
  }
  return names;
}

/** Wrappers of the whole model are part of what stands before every name. */
function prefixOf(stored: readonly (readonly [plain: string, name: string])[], there: string): string {
  const [plain = '', name = ''] = stored.find(([plain]) => plain.startsWith(there)) ?? [];
  return name.endsWith(plain.slice(there.length)) ? name.slice(0, name.length - plain.length + there.length) : there;
}

function find(
  stored: ReadonlyMap<string, string>,
  { name, alias }: ParameterSpec,
  rename: (name: string) => string,
): string | undefined {
  return [name, ...(alias === undefined ? [] : [alias])].map(rename).find((renamed) => stored.has(renamed));
}

const list = (what: string, names: readonly string[]): string =>
  names.length ? `${what} (${names.length}): ${names.slice(0, 20).join(', ')}${names.length > 20 ? ', …' : ''}` : '';
