import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Graph, reachable, type Value } from '../graph/graph';
import { byDepth } from './order';

const float = { shape: [2], dtype: 'float32' } as const;

describe('byDepth', () => {
  it('keeps every node, after what it reads', () => {
    const picks = fc.array(fc.tuple(fc.nat(), fc.nat()), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(picks, (pairs) => {
        const graph = new Graph();
        const values: Value[] = [graph.input('x', [2], 'float32')];
        for (const [i, [a, b]] of pairs.entries()) {
          const inputs = [values[a % values.length]!, values[b % values.length]!];
          values.push(graph.one('Op', inputs, float, { number: i }));
        }
        const ordered = byDepth(graph.nodes);
        expect(new Set(ordered)).toEqual(new Set(graph.nodes));
        const made = new Set(values.slice(0, 1));
        for (const node of ordered) {
          for (const input of node.inputs) expect(input === null || made.has(input)).toBe(true);
          for (const output of node.outputs) made.add(output);
        }
      }),
    );
  });

  it('puts what the backward pass makes of an activation alone before the gradient that it meets', () => {
    const graph = new Graph();
    const activations = [graph.input('x', [2], 'float32')];
    for (let i = 0; i < 5; i++) activations.push(graph.one('Tanh', [activations[i]!], float));
    let gradient = activations[5]!;
    for (const y of activations.slice(0, 5).reverse()) {
      const slope = graph.one('Cos', [y], float);
      gradient = graph.one('Mul', [slope, gradient], float);
    }
    const ops = byDepth(reachable(graph, [gradient])).map((node) => node.op);
    expect(ops.lastIndexOf('Cos')).toBeLessThan(ops.indexOf('Mul'));
  });

  it('puts nodes without readers last, the least deep at the end', () => {
    const graph = new Graph();
    const x = graph.input('x', [2], 'float32');
    const shallow = graph.one('Sin', [x], float);
    const deep = graph.one('Cos', [graph.one('Tanh', [x], float)], float);
    const ordered = byDepth(reachable(graph, [shallow, deep]));
    expect(ordered.map((node) => node.op)).toEqual(['Tanh', 'Cos', 'Sin']);
  });
});
