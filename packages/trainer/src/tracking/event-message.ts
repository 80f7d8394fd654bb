import protobuf from 'protobufjs';

/** What TensorBoard needs of TensorFlow's event.proto and summary.proto, with their field numbers. */
const schema = protobuf.Root.fromJSON({
  nested: {
    Value: { fields: { tag: { type: 'string', id: 1 }, simpleValue: { type: 'float', id: 2 } } },
    Summary: { fields: { value: { rule: 'repeated', type: 'Value', id: 1 } } },
    Event: {
      fields: {
        wallTime: { type: 'double', id: 1 },
        step: { type: 'int64', id: 2 },
        fileVersion: { type: 'string', id: 3 },
        summary: { type: 'Summary', id: 5 },
      },
    },
  },
});
const event = schema.lookupType('Event');

/** First record of an event file. `wallTime`: seconds since 1970. */
export function versionEvent(wallTime: number): Uint8Array {
  return event.encode(event.create({ wallTime, fileVersion: 'brain.Event:2' })).finish();
}

/** Scalars of one step by tag. */
export function scalarEvent(wallTime: number, step: number, scalars: Readonly<Record<string, number>>): Uint8Array {
  const value = Object.entries(scalars).map(([tag, simpleValue]) => ({ tag, simpleValue }));
  return event.encode(event.create({ wallTime, step, summary: { value } })).finish();
}
