import { describe, expect, it } from '@jest/globals';
import { decodeMessage, encodeMessage, type Message } from './message';
import { readModelMetadata } from './metadata';

describe('messages of ONNX', () => {
  it('are written as protobuf says', () => {
    // Field 1, two varints one by one (proto2 packs nothing unasked); field 2; field 8; field 9.
    const tensor = { dims: [3n, 300n], dataType: 1, name: 'w', rawData: Uint8Array.of(1, 2) };
    const bytes = [0x08, 3, 0x08, 0xac, 0x02, 0x10, 1, 0x42, 1, 0x77, 0x4a, 2, 1, 2];
    expect(Array.from(encodeMessage('TensorProto', tensor))).toEqual(bytes);
  });

  it('keep zeros and negative numbers, which an attribute needs', () => {
    const attribute = { name: 'axis', type: 2, i: 0n };
    expect(decodeMessage('AttributeProto', encodeMessage('AttributeProto', attribute))).toMatchObject(attribute);
    const axes = { name: 'axes', type: 7, ints: [-1n, 0n] };
    expect(decodeMessage('AttributeProto', encodeMessage('AttributeProto', axes)).ints).toEqual([-1n, 0n]);
  });

  it('read back as they were', () => {
    const model: Message<'ModelProto'> = {
      irVersion: 8n,
      graph: {
        name: 'g',
        node: [{ opType: 'Add', input: ['x', ''], output: ['y'] }],
        input: [
          { name: 'x', type: { tensorType: { elemType: 1, shape: { dim: [{ dimValue: 2n }, { dimParam: 't' }] } } } },
        ],
      },
      metadataProps: [
        { key: 'labels', value: '["a"]' },
        { key: 'empty', value: '' },
      ],
    };
    const bytes = encodeMessage('ModelProto', model);
    expect(decodeMessage('ModelProto', bytes)).toMatchObject(model);
    expect(readModelMetadata(bytes)).toEqual({ labels: '["a"]', empty: '' });
  });

  it('are refused where bytes are none', () => {
    expect(() => readModelMetadata(Uint8Array.of(0xff, 0xff, 0xff))).toThrow();
  });
});
