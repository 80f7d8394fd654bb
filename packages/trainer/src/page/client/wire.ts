import type { Recognition } from '@ser/recognize';

/** A recognition as it goes over HTTP: its arrays are lists. */
export type WireRecognition = Omit<Recognition, 'embedding' | 'timeline'> & {
  readonly embedding: readonly number[];
  readonly timeline: readonly (Omit<Recognition['timeline'][number], 'attention'> & {
    readonly attention: readonly number[];
  })[];
};

export const toWire = ({ embedding, timeline, ...rest }: Recognition): WireRecognition => ({
  ...rest,
  embedding: [...embedding],
  timeline: timeline.map((window) => ({ ...window, attention: [...window.attention] })),
});

export const fromWire = ({ embedding, timeline, ...rest }: WireRecognition): Recognition => ({
  ...rest,
  embedding: Float32Array.from(embedding),
  timeline: timeline.map((window) => ({ ...window, attention: Float32Array.from(window.attention) })),
});
