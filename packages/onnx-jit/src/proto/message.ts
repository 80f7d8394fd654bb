import { create, createFileRegistry, fromBinary, toBinary, type DescMessage } from '@bufbuild/protobuf';
import {
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  FileDescriptorProtoSchema,
} from '@bufbuild/protobuf/wkt';
import { schema } from './schema';

type Schema = typeof schema;
export type MessageName = keyof Schema;

interface Scalars {
  int64: bigint;
  int32: number;
  float: number;
  string: string;
  bytes: Uint8Array;
}

type Camel<Name> = Name extends `${infer First}_${infer Rest}` ? `${First}${Capitalize<Camel<Rest>>}` : Name;

type One<T> = T extends keyof Scalars ? Scalars[T] : T extends MessageName ? Message<T> : never;

type FieldValue<F> = F extends readonly [number, infer T, 'repeated']
  ? readonly One<T>[]
  : F extends readonly [number, infer T]
    ? One<T>
    : never;

/** A message as plain data; fields have the names of the schema in camel case. */
export type Message<M extends MessageName> = {
  readonly [F in keyof Schema[M] as Camel<F & string>]?: FieldValue<Schema[M][F]>;
};

const scalarTypes: Readonly<Record<string, Type>> = {
  int64: Type.INT64,
  int32: Type.INT32,
  float: Type.FLOAT,
  string: Type.STRING,
  bytes: Type.BYTES,
} satisfies Record<keyof Scalars, Type>;

const registry = createFileRegistry(
  create(FileDescriptorProtoSchema, {
    name: 'onnx.proto',
    package: 'onnx',
    syntax: 'proto2',
    messageType: Object.entries(schema).map(([name, fields]) => ({
      name,
      field: Object.entries<readonly [number, string, 'repeated'?]>(fields).map(
        ([field, [number, type, repeated]]) => ({
          name: field,
          number,
          label: repeated ? Label.REPEATED : Label.OPTIONAL,
          ...(type in scalarTypes ? { type: scalarTypes[type]! } : { type: Type.MESSAGE, typeName: `.onnx.${type}` }),
        }),
      ),
    })),
  }),
  () => undefined, // it imports no other file
);

function descriptor(name: MessageName): DescMessage {
  const found = registry.getMessage(`onnx.${name}`);
  if (!found) throw new Error(`no message ${name}`);
  return found;
}

/** A message in protobuf's binary form. */
export function encodeMessage<M extends MessageName>(name: M, message: Message<M>): Uint8Array {
  const description = descriptor(name);
  return toBinary(description, create(description, message));
}

/**
 * What `encodeMessage` wrote, or another program: unknown fields are skipped.
 *
 * @throws Error for bytes that are no such message
 */
export function decodeMessage<M extends MessageName>(name: M, bytes: Uint8Array): Message<M> {
  return fromBinary(descriptor(name), bytes, { readUnknownFields: false }) as Message<M>;
}
