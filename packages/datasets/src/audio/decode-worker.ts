import { parentPort } from 'node:worker_threads';
import { type DecodeJob, runDecodeJob } from './decode-job';

// The thread behind createDecoder.
parentPort?.on('message', (job: DecodeJob) => {
  void runDecodeJob(job).then((result) => {
    // A copy when the samples are a part of something larger: only whole buffers can be handed over.
    const waveform = 'value' in result && result.value instanceof Float32Array ? result.value : undefined;
    const whole = waveform && waveform.byteLength === waveform.buffer.byteLength;
    parentPort?.postMessage(result, whole ? [waveform.buffer as ArrayBuffer] : []);
  });
});
