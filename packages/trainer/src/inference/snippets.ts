/**
 * Programs that use an exported model, as they stand in its card. The tests run them as they are here.
 *
 * @param stem name of the model's files without their ending
 */
export function snippets(stem: string): { readonly node: string; readonly python: string; readonly page: string } {
  return {
    node: `// npm install @ser/recognize onnxruntime-node --ignore-scripts
import { open } from '@ser/recognize';

const model = await open('${stem}.onnx');
const { label, probabilities, timeline } = await model.recognize('voice.wav');
console.log(label, probabilities);
for (const { start, end, label } of timeline) console.log(\`\${start}–\${end} s: \${label}\`);
await model.close();
`,
    python: `# pip install onnxruntime
import json
import wave

import numpy as np
import onnxruntime

about = json.load(open("${stem}.json"))
with wave.open("voice.wav") as file:  # mono, 16 kHz, 16 bit
    samples = np.frombuffer(file.readframes(file.getnframes()), np.int16).astype(np.float32) / 32768
session = onnxruntime.InferenceSession("${stem}.onnx")
feeds = {"waveform": samples[None], "lengths": np.array([len(samples)])}
probabilities = session.run(["probabilities"], feeds)[0][0]
print(about["labels"][probabilities.argmax()], dict(zip(about["labels"], probabilities.tolist())))
`,
    page: `<!doctype html>
<meta charset="utf-8" />
<title>${stem}</title>
<script type="importmap">
  {
    "imports": {
      "@ser/recognize": "./node_modules/@ser/recognize/dist/browser.mjs",
      "onnxruntime-web": "./node_modules/onnxruntime-web/dist/ort.wasm.bundle.min.mjs"
    }
  }
</script>
<input type="file" accept="audio/*" />
<pre></pre>
<script type="module">
  import { open } from '@ser/recognize';

  const model = open('${stem}.onnx');
  document.querySelector('input').onchange = async ({ target }) => {
    const { label, probabilities } = await (await model).recognize(target.files[0]);
    document.querySelector('pre').textContent = JSON.stringify({ label, probabilities }, null, 2);
  };
</script>
`,
  };
}
