import { attributeType, encodeMessage, type Message } from '@ser/onnx-jit/proto';
import { createNodes, elementType, type Nodes } from './nodes';
import { trimNodes, type Bounds } from './trim';
import { windowNodes, type Windows } from './windows';

/** What stands around the network in an exported file. */
export interface Surroundings {
  /** Decibels below the loudest 25 ms at which silence is cut from both ends; absent: nothing is cut. */
  readonly trimDb?: number;
  /** Samples of a window: longer recordings are heard in several. */
  readonly windowSamples: number;
  /** Samples that the network needs: less gives no numbers (NaN). */
  readonly minSamples: number;
  /** Frames of the longest window. */
  readonly frames: number;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The version of ONNX's operators in which exported files are written. */
export const opset = 17;

/** What comes out of the network for each window, and the rank of one window's part. */
const parts = ['probabilities', 'embedding', 'attention'] as const;

/**
 * Puts a network for one utterance (waveform [1, samples] in; probabilities, embedding and attention [1, …] out) into a
 * graph for recordings as they are: any number, of any length, with silence at the ends.
 *
 * In: `waveform` float32 [batch, samples], `lengths` int64 [batch]. Out: `probabilities` [batch, classes] and `embedding`
 * [batch, features], means over the windows of a row, NaN for a row that is too short; and of every window
 * `window_probabilities` [windows, classes], `attention` [windows, frames], `windows` int64 [windows, 4] (row, first
 * sample, sample after the last, frames).
 *
 * The network runs once a window (ONNX `Loop`) on exactly that window's samples: no padding that could change its
 * numbers, and memory for one window, however long the recording.
 */
export function wholeModel(inner: Message<'ModelProto'>, around: Surroundings): Uint8Array {
  if (!inner.graph) throw new Error('the network has no graph');
  const g = createNodes('whole/');
  const samples = g.call('Squeeze', [g.call('Shape', ['waveform'], { start: 1, end: 2 })]);
  const lengths = g.call('Max', [g.call('Min', ['lengths', samples]), g.integer(0)]);
  const bounds: Bounds =
    around.trimDb === undefined
      ? { start: g.call('Mul', [lengths, g.integer(0)]), end: lengths }
      : trimNodes(g, 'waveform', lengths, around.trimDb);
  const windows = windowNodes(g, bounds, around.windowSamples);
  const heard = loop(g, inner.graph, windows, around);

  const used = g.call('Sub', [bounds.end, bounds.start]);
  const enough = g.call('Unsqueeze', [g.call('GreaterOrEqual', [used, g.integer(around.minSamples)]), g.integers(1)]);
  for (const name of ['probabilities', 'embedding'] as const) {
    const mean = meanOfRows(g, heard[name], windows);
    g.add({ name, opType: 'Where', input: [enough, mean, g.float(NaN)], output: [name] });
  }
  rename(g, heard.probabilities, 'window_probabilities');
  rename(g, g.call('Concat', [windows.table, heard.frames], { axis: 1 }), 'windows');
  const longest = g.call('Unsqueeze', [g.call('ReduceMax', [heard.frames], { keepdims: 0 }), g.integers(0)]);
  rename(g, g.call('Slice', [heard.attention, g.integers(0), longest, g.integers(1)]), 'attention');

  return encodeMessage('ModelProto', {
    irVersion: 8n,
    producerName: '@ser/trainer',
    opsetImport: inner.opsetImport ?? [],
    metadataProps: Object.entries(around.metadata).map(([key, value]) => ({ key, value })),
    graph: {
      name: 'recording',
      node: [...g.nodes],
      initializer: [...g.constants],
      input: [
        described('waveform', elementType.float, ['batch', 'samples']),
        described('lengths', elementType.int64, ['batch']),
      ],
      output: [
        described('probabilities', elementType.float, ['batch', sizeOf(inner.graph, 'probabilities')]),
        described('embedding', elementType.float, ['batch', sizeOf(inner.graph, 'embedding')]),
        described('window_probabilities', elementType.float, ['windows', sizeOf(inner.graph, 'probabilities')]),
        described('attention', elementType.float, ['windows', 'frames']),
        described('windows', elementType.int64, ['windows', 4]),
      ],
    },
  });
}

const rename = (g: Nodes, from: string, to: string): void =>
  g.add({ name: to, opType: 'Identity', input: [from], output: [to] });

type Heard = Readonly<Record<(typeof parts)[number] | 'frames', string>>;

/** Runs the network on every window; the results stacked, [windows, …]. */
function loop(g: Nodes, network: Message<'GraphProto'>, { table }: Windows, around: Surroundings): Heard {
  const body = createNodes('window/');
  const renamed = prefixed(network, 'network/');
  const row = body.call('Gather', [table, 'window/index']);
  const [which = '', first = '', past = ''] = [0, 1, 2].map((i) =>
    body.call('Slice', [row, body.integers(i), body.integers(i + 1), body.integers(0)]),
  );
  const whole = body.call('Gather', ['waveform', which], { axis: 0 });
  const cut = body.call('Slice', [whole, first, past, body.integers(1)]);
  const missing = body.call('Sub', [body.integers(around.minSamples), body.call('Sub', [past, first])]);
  // Too short a row still runs; what comes of it is not used.
  const behind = body.call('Max', [missing, body.integers(0)]);
  const pads = body.call('Concat', [body.integers(0, 0, 0), behind], { axis: 0 });
  body.add({ name: 'network/waveform', opType: 'Pad', input: [cut, pads], output: ['network/waveform'] });
  const after = createNodes('window/out ');
  const squeezed = (name: string): string => after.call('Squeeze', [`network/${name}`, after.integers(0)]);
  const attention = squeezed('attention');
  const frames = after.call('Shape', [attention]);
  const free = after.call('Sub', [after.integers(around.frames), frames]);
  const outputs: Heard = {
    probabilities: squeezed('probabilities'),
    embedding: squeezed('embedding'),
    attention: after.call('Pad', [attention, after.call('Concat', [after.integers(0), free], { axis: 0 })]),
    frames,
  };
  const goOn = after.call('Identity', ['window/go on']);
  const order = [...parts, 'frames'] as const;
  const graph = {
    name: 'window',
    node: [...body.nodes, ...(renamed.node ?? []), ...after.nodes],
    initializer: [...body.constants, ...(renamed.initializer ?? []), ...after.constants],
    input: [described('window/index', elementType.int64, []), described('window/go on', elementType.bool, [])],
    output: [
      described(goOn, elementType.bool, []),
      ...order.map((name) =>
        name === 'frames'
          ? described(outputs.frames, elementType.int64, [1])
          : described(outputs[name], elementType.float, [name === 'attention' ? around.frames : sizeOf(network, name)]),
      ),
    ],
  };
  const trips = g.call('Squeeze', [g.call('Shape', [table], { start: 0, end: 1 })]);
  const results = order.map((name) => `whole/each ${name}`);
  g.add({
    name: 'whole/windows',
    opType: 'Loop',
    input: [trips, g.call('GreaterOrEqual', [trips, g.integer(0)])],
    output: results,
    attribute: [{ name: 'body', type: attributeType.graph, g: graph }],
  });
  const [probabilities = '', embedding = '', attentions = '', counts = ''] = results;
  return { probabilities, embedding, attention: attentions, frames: counts };
}

/** [windows, features] → [batch, features]. A row's mean sees nothing of other rows, not even their NaN. */
function meanOfRows(g: Nodes, perWindow: string, { table, counts }: Windows): string {
  const row = g.call('Squeeze', [g.call('Slice', [table, g.integers(0), g.integers(1), g.integers(1)]), g.integers(1)]);
  const batch = g.call('Squeeze', [g.call('Shape', [counts])]);
  const rows = g.call('Range', [g.integer(0), batch, g.integer(1)]);
  const own = g.call('Equal', [g.call('Unsqueeze', [rows, g.integers(1)]), g.call('Unsqueeze', [row, g.integers(0)])]);
  const each = g.call('Where', [
    g.call('Unsqueeze', [own, g.integers(2)]),
    g.call('Unsqueeze', [perWindow, g.integers(0)]),
    g.float(0),
  ]);
  const sum = g.call('ReduceSum', [each, g.integers(1)], { keepdims: 0 });
  const count = g.call('Cast', [counts], { to: elementType.float });
  return g.call('Div', [sum, g.call('Unsqueeze', [count, g.integers(1)])]);
}

/** The graph with every name made its own: inside a loop it shares its names with what is around. */
function prefixed(graph: Message<'GraphProto'>, prefix: string): Message<'GraphProto'> {
  const own = (name: string | undefined): string => (name ? prefix + name : '');
  return {
    node: graph.node?.map((node) => ({
      ...node,
      name: own(node.name),
      input: node.input?.map(own),
      output: node.output?.map(own),
    })),
    initializer: graph.initializer?.map((tensor) => ({ ...tensor, name: own(tensor.name) })),
  };
}

function described(name: string, elemType: number, dims: readonly (string | number)[]): Message<'ValueInfoProto'> {
  const dim = dims.map((d) => (typeof d === 'number' ? { dimValue: BigInt(d) } : { dimParam: d }));
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}

/** The last length of an output. */
function sizeOf(graph: Message<'GraphProto'>, name: string): number {
  const output = graph.output?.find((value) => value.name === name);
  return Number(output?.type?.tensorType?.shape?.dim?.at(-1)?.dimValue ?? 0);
}
