export interface Microphone {
  /** Samples as they come; ends when the microphone is closed. */
  readonly chunks: AsyncIterable<Float32Array>;
  close(): Promise<void>;
}

/** Opens the microphone; the browser asks the reader first, and resamples to `sampleRate`. */
export async function openMicrophone(sampleRate: number): Promise<Microphone> {
  const media = await navigator.mediaDevices.getUserMedia({
    audio: { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false },
  });
  const context = new AudioContext({ sampleRate });
  await context.audioWorklet.addModule('capture.js');
  const capture = new AudioWorkletNode(context, 'capture', { numberOfOutputs: 0 });
  const waiting: Float32Array[] = [];
  let wake: (() => void) | undefined;
  let isOpen = true;
  capture.port.onmessage = ({ data }: MessageEvent<Float32Array>) => {
    waiting.push(data);
    wake?.();
  };
  context.createMediaStreamSource(media).connect(capture);

  async function* chunks(): AsyncGenerator<Float32Array> {
    while (isOpen || waiting.length > 0) {
      const chunk = waiting.shift();
      if (chunk) yield chunk;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  }
  return {
    chunks: chunks(),
    async close() {
      isOpen = false;
      media.getTracks().forEach((track) => track.stop());
      await context.close();
      wake?.();
    },
  };
}

export interface Player {
  /** Seconds that have been played; undefined when nothing plays. */
  position(): number | undefined;
  play(samples: Float32Array, sampleRate: number, from: number, onEnd: () => void): void;
  stop(): void;
}

export function createPlayer(): Player {
  let context: AudioContext | undefined;
  let source: AudioBufferSourceNode | undefined;
  let startedAt = 0;
  const stop = (): void => {
    source?.stop();
    source = undefined;
  };
  return {
    position: () => (source && context ? context.currentTime - startedAt : undefined),
    play(samples, sampleRate, from, onEnd) {
      stop();
      context ??= new AudioContext();
      const buffer = context.createBuffer(1, samples.length, sampleRate);
      buffer.copyToChannel(new Float32Array(samples), 0);
      const playing = context.createBufferSource();
      playing.buffer = buffer;
      playing.connect(context.destination);
      playing.onended = () => {
        if (source === playing) source = undefined;
        onEnd();
      };
      startedAt = context.currentTime - from;
      playing.start(0, from);
      source = playing;
    },
    stop,
  };
}
