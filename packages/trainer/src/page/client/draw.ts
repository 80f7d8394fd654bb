import type { Recognition } from '@ser/recognize';

/** Probabilities at one time of a recording, in seconds. */
export interface Point {
  readonly start: number;
  readonly end: number;
  readonly probabilities: Readonly<Record<string, number>>;
}

/** A canvas sized for the screen, cleared, and what draws on it. */
function surface(canvas: HTMLCanvasElement): { pen: CanvasRenderingContext2D; width: number; height: number } {
  const ratio = devicePixelRatio || 1;
  const { clientWidth: width, clientHeight: height } = canvas;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const pen = canvas.getContext('2d');
  if (!pen) throw new Error('this browser cannot draw');
  pen.scale(ratio, ratio);
  return { pen, width, height };
}

const color = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`);
export const labelColor = (index: number): string => color(`series-${(index % 8) + 1}`);

/** The waveform, behind it the attention of the windows, before it where it plays; all over `seconds`. */
export function drawWave(
  canvas: HTMLCanvasElement,
  samples: Float32Array,
  seconds: number,
  heard: Pick<Recognition, 'timeline' | 'start' | 'end'> | undefined,
  framesPerSecond: number,
  position: number | undefined,
): void {
  const { pen, width, height } = surface(canvas);
  const x = (second: number): number => (second / seconds) * width;
  if (heard) {
    // What was cut from the ends stays without a ground.
    pen.fillStyle = color('panel');
    pen.fillRect(x(heard.start), 0, x(heard.end - heard.start), height);
    pen.fillStyle = color('attention');
    const windows = heard.timeline.length;
    for (const { start, attention } of heard.timeline) {
      const most = attention.reduce((a, b) => Math.max(a, b), 1e-9);
      attention.forEach((weight, frame) => {
        pen.globalAlpha = (0.75 * weight) / most / Math.min(2, windows);
        pen.fillRect(x(start + frame / framesPerSecond), 0, Math.ceil(x(1 / framesPerSecond)), height);
      });
    }
    pen.globalAlpha = 1;
  }
  pen.fillStyle = color('wave');
  const perPixel = samples.length / width;
  for (let pixel = 0; pixel < width; pixel++) {
    let [low, high] = [0, 0];
    const end = Math.min(samples.length, Math.ceil((pixel + 1) * perPixel));
    for (let i = Math.floor(pixel * perPixel); i < end; i++) {
      low = Math.min(low, samples[i] ?? 0);
      high = Math.max(high, samples[i] ?? 0);
    }
    pen.fillRect(pixel, height / 2 - (high * height) / 2, 1, Math.max(1, ((high - low) * height) / 2));
  }
  if (position !== undefined) {
    pen.fillStyle = color('text');
    pen.fillRect(x(position), 0, 1.5, height);
  }
}

/** A line for each label: its probability at the middle of each point. */
export function drawProbabilities(
  canvas: HTMLCanvasElement,
  points: readonly Point[],
  labels: readonly string[],
  [from, to]: readonly [number, number],
): void {
  const { pen, width, height } = surface(canvas);
  const x = (second: number): number => ((second - from) / Math.max(1e-9, to - from)) * width;
  const y = (p: number): number => height - 2 - p * (height - 6);
  pen.strokeStyle = color('line');
  pen.lineWidth = 1;
  for (const p of [0, 0.5, 1]) {
    pen.beginPath();
    pen.moveTo(0, y(p));
    pen.lineTo(width, y(p));
    pen.stroke();
  }
  pen.lineWidth = 2;
  labels.forEach((label, i) => {
    pen.strokeStyle = pen.fillStyle = labelColor(i);
    pen.beginPath();
    points.forEach(({ start, end, probabilities }, n) => {
      const [px, py] = [x((start + end) / 2), y(probabilities[label] ?? 0)];
      if (n === 0) pen.moveTo(px, py);
      else pen.lineTo(px, py);
    });
    pen.stroke();
    if (points.length > 60) return;
    for (const { start, end, probabilities } of points) {
      pen.beginPath();
      pen.arc(x((start + end) / 2), y(probabilities[label] ?? 0), 2.5, 0, 7);
      pen.fill();
    }
  });
}
