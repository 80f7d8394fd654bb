import { decodeMessage } from './message';

/**
 * The properties that were written into an ONNX model (`exportOnnx`'s option `metadata`); ONNX Runtime for JavaScript does
 * not give them.
 *
 * @param model the bytes of a .onnx file
 * @throws Error for bytes that are no model
 */
export function readModelMetadata(model: Uint8Array): Record<string, string> {
  const { metadataProps = [] } = decodeMessage('ModelProto', model);
  return Object.fromEntries(metadataProps.map(({ key = '', value = '' }) => [key, value]));
}
