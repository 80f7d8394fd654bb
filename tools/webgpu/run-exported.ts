/** What a tiny exported model says of a long recording, on the provider named on the command line. */
import { rmSync } from 'node:fs';
import { openRecognizer } from '../../packages/trainer/src/inference/open-recognizer';
import { spoken, tinyModel } from '../../packages/trainer/src/testing/tiny-model';

const tiny = await tinyModel({ trim: 'silence' });
try {
  const engine = process.argv[2] === 'webgpu' ? 'onnx-webgpu' : 'onnx-cpu';
  const recognizer = await openRecognizer(tiny.dir, { engine, window: 1 });
  const { probabilities, timeline } = await recognizer.recognize(spoken(40_000, 3_000));
  const numbers = [
    ...Object.values(probabilities),
    ...timeline.flatMap(({ start, end, attention }) => [start, end, ...attention]),
  ];
  console.log(`@report ${JSON.stringify({ windows: timeline.length, numbers })}`);
  await recognizer.close();
} finally {
  tiny.dispose();
  rmSync(tiny.dir, { recursive: true, force: true });
}
