/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { listen, readSound, type Recognition } from '@ser/recognize';
import { pageBackend, serverBackend, type Backend } from './backend';
import { drawProbabilities, drawWave, labelColor, type Point } from './draw';
import { createPlayer, openMicrophone, type Microphone } from './sound';

const hop = 0.5;
const window = 3;
/** Seconds of a live recording that stay in the picture. */
const kept = 30;

const element = <T extends HTMLElement>(id: string): T => {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found as T;
};

const status = element('status');
const say = (text: string, isError = false): void => {
  status.textContent = text;
  status.classList.toggle('error', isError);
};

/** What the pictures show. */
interface Shown {
  readonly name: string;
  readonly samples: Float32Array;
  readonly heard?: Recognition;
  readonly points: readonly Point[];
}

async function start(): Promise<void> {
  const { backend: where, model = '', runtime = '' } = document.body.dataset;
  say('The model is loading …');
  const backend = where === 'server' ? await serverBackend() : await pageBackend(model, runtime);
  show(backend);
  say('Drop recordings here, choose some, or speak.');
  document.body.dataset['ready'] = 'yes';
}

function show(backend: Backend): void {
  const { description } = backend;
  const { labels, sampleRate, framesPerSecond } = description;
  const player = createPlayer();
  let shown: Shown = { name: '', samples: new Float32Array(), points: [] };
  element('backend').textContent = backend.name;
  const bars = labels.map((label, i) => bar(label, labelColor(i)));

  const draw = (): void => {
    const { samples, heard, points } = shown;
    const seconds = Math.max(samples.length / sampleRate, 1e-3);
    drawWave(element('wave'), samples, seconds, heard, framesPerSecond, player.position());
    drawProbabilities(element('time'), points, labels, [0, seconds]);
    if (player.position() !== undefined) requestAnimationFrame(draw);
  };

  const answer = ({ label, probabilities }: Recognition): void => {
    element('label').textContent = label;
    document.body.dataset['label'] = label;
    document.body.dataset['probabilities'] = JSON.stringify(probabilities);
    labels.forEach((name, i) => bars[i]?.(probabilities[name] ?? 0));
  };

  const present = (next: Shown): void => {
    player.stop();
    shown = next;
    element('name').textContent = next.name;
    element<HTMLButtonElement>('play').disabled = next.samples.length === 0;
    if (next.heard) answer(next.heard);
    draw();
  };

  const row = (next: Shown & { readonly heard: Recognition }): void => {
    const line = element<HTMLTableElement>('files').tBodies[0]?.insertRow(0);
    if (!line) return;
    const button = document.createElement('button');
    button.textContent = next.name;
    button.onclick = () => present(next);
    line.insertCell().append(button);
    line.insertCell().textContent = `${(next.samples.length / sampleRate).toFixed(1)} s`;
    line.insertCell().textContent = next.heard.label;
    line.insertCell().textContent = (next.heard.probabilities[next.heard.label] ?? 0).toFixed(2);
    element('results').hidden = false;
  };

  const hear = async (name: string, samples: Float32Array): Promise<void> => {
    const began = performance.now();
    const heard = await backend.recognize(samples);
    const took = performance.now() - began;
    const next = { name, samples, heard, points: heard.timeline };
    row(next);
    present(next);
    say(`${name}: ${heard.label}, in ${took.toFixed(0)} ms.`);
  };

  const files = async (list: Iterable<File>): Promise<void> => {
    delete document.body.dataset['done'];
    const wrong: string[] = [];
    for (const file of list) {
      say(`${file.name} …`);
      try {
        await hear(file.name, await readSound(file, sampleRate));
      } catch (error) {
        wrong.push(`${file.name}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    if (wrong.length > 0) say(wrong.join('\n'), true);
    document.body.dataset['done'] = 'yes';
  };

  const input = element<HTMLInputElement>('choose');
  input.onchange = () => void files([...(input.files ?? [])]).then(() => (input.value = ''));
  document.body.ondragover = (event) => {
    event.preventDefault();
    document.body.classList.add('over');
  };
  document.body.ondragleave = () => document.body.classList.remove('over');
  document.body.ondrop = (event) => {
    event.preventDefault();
    document.body.classList.remove('over');
    void files([...(event.dataTransfer?.files ?? [])]);
  };

  element('play').onclick = () => {
    if (player.position() !== undefined) return player.stop();
    player.play(shown.samples, sampleRate, 0, draw);
    draw();
  };
  element('wave').onclick = ({ offsetX }) => {
    const from = (offsetX / element('wave').clientWidth) * (shown.samples.length / sampleRate);
    if (shown.samples.length > 0) player.play(shown.samples, sampleRate, from, draw);
    draw();
  };

  let microphone: Microphone | undefined;
  const speak = element<HTMLButtonElement>('speak');
  speak.onclick = () =>
    void (microphone ? microphone.close() : live().catch((error: unknown) => say(String(error), true)));

  async function live(): Promise<void> {
    player.stop();
    const mine = (microphone = await openMicrophone(sampleRate));
    speak.textContent = 'Stop';
    say('Listening …');
    const all: Float32Array[] = [];
    let points: Point[] = [];
    let arrived = 0;
    const heardChunks = async function* (): AsyncGenerator<Float32Array> {
      for await (const chunk of mine.chunks) {
        all.push(chunk);
        arrived = performance.now();
        yield chunk;
      }
    };
    try {
      for await (const { time, recognition } of listen(backend.recognize, heardChunks(), sampleRate, { hop, window })) {
        const latency = performance.now() - arrived;
        const from = Math.max(0, time - kept);
        const offset = time - window;
        if (recognition) {
          answer(recognition);
          points = [...points, { start: time - hop, end: time, probabilities: recognition.probabilities }];
          element('label').classList.remove('quiet');
          document.body.dataset['latency'] = latency.toFixed(1);
        } else element('label').classList.add('quiet');
        say(recognition ? `${recognition.label}, ${latency.toFixed(0)} ms after the sound.` : 'Nobody speaks.');
        const samples = joined(all).subarray(Math.round(from * sampleRate), Math.round(time * sampleRate));
        const shift = (point: Point): Point => ({ ...point, start: point.start - from, end: point.end - from });
        const heard = recognition && shifted(recognition, Math.max(0, offset) - from);
        shown = {
          name: 'Microphone',
          samples,
          points: points.filter(({ end }) => end > from).map(shift),
          ...(heard ? { heard } : {}),
        };
        element('name').textContent = shown.name;
        draw();
      }
    } finally {
      microphone = undefined;
      speak.textContent = 'Speak';
    }
    const whole = joined(all);
    if (whole.length > 0)
      await hear(`Recording ${element<HTMLTableElement>('files').tBodies[0]?.rows.length ?? 0}`, whole).catch(
        (error: unknown) => say(String(error), true),
      );
  }
  addEventListener('resize', draw);
  draw();
}

/** The same recognition, later by so many seconds. */
const shifted = (heard: Recognition, by: number): Recognition => ({
  ...heard,
  start: heard.start + by,
  end: heard.end + by,
  timeline: heard.timeline.map((window) => ({ ...window, start: window.start + by, end: window.end + by })),
});

function joined(chunks: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

/** A line with a label, a bar and a number; returns what sets them. */
function bar(label: string, color: string): (probability: number) => void {
  const line = document.createElement('li');
  const name = document.createElement('span');
  const meter = document.createElement('i');
  const number = document.createElement('output');
  name.textContent = label;
  meter.style.background = color;
  number.textContent = '–';
  line.append(name, document.createElement('b'), number);
  line.querySelector('b')?.append(meter);
  element('bars').append(line);
  return (probability) => {
    meter.style.width = `${100 * probability}%`;
    number.textContent = probability.toFixed(2);
  };
}

start().catch((error: unknown) => say(error instanceof Error ? error.message : String(error), true));
