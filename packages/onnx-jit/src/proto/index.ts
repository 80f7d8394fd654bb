export { decodeMessage, encodeMessage, type Message, type MessageName } from './message';
export { readModelMetadata } from './metadata';
export { attributeType } from './schema';
