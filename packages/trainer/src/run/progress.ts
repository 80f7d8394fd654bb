import { printable } from '../printable';
import { MultiBar, Presets, type SingleBar } from 'cli-progress';

export interface StepReport {
  readonly fold: string;
  readonly epoch: number;
  readonly epochs: number;
  /** Steps of this fold done and in all. */
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
  /** Weighted components. */
  readonly components: Readonly<Record<string, number>>;
}

export interface Progress {
  /** A line that stays. */
  line(text: string): void;
  /** Something countable before training, such as decoding. */
  count(what: string, done: number, total: number): void;
  step(report: StepReport): void;
  stop(): void;
}

const silent: Progress = {
  line: () => undefined,
  count: () => undefined,
  step: () => undefined,
  stop: () => undefined,
};

/** A bar on a terminal, plain lines elsewhere. `foldsLeft` counts the folds after the present one, for the time left. */
export function createProgress(
  options: { stream?: NodeJS.WriteStream; foldsLeft?: () => number; quiet?: boolean } = {},
): Progress {
  const { stream = process.stderr, foldsLeft = () => 0 } = options;
  if (options.quiet) return silent;
  return stream.isTTY ? bars(stream, foldsLeft) : plain(stream, foldsLeft);
}

function plain(stream: NodeJS.WriteStream, foldsLeft: () => number): Progress {
  const clock = createClock(foldsLeft);
  let shown = 0;
  let counted = '';
  return {
    line: (text) => void stream.write(`${printable(text)}\n`),
    count: (what, done, total) => {
      if (done === total && counted !== what) stream.write(`${what}: ${total}\n`);
      if (done === total) counted = what;
    },
    step: (report) => {
      const left = clock(report);
      if (report.step < report.steps && Date.now() - shown < 10_000) return;
      shown = Date.now();
      stream.write(
        `${report.fold}  epoch ${report.epoch}/${report.epochs}  step ${report.step}/${report.steps}  ${losses(report)}  ${left}\n`,
      );
    },
    stop: () => undefined,
  };
}

function bars(stream: NodeJS.WriteStream, foldsLeft: () => number): Progress {
  const clock = createClock(foldsLeft);
  const multi = new MultiBar(
    {
      stream,
      hideCursor: true,
      clearOnComplete: true,
      format: '{what} {bar} {value}/{total}  {detail}',
      autopadding: true,
    },
    Presets.shades_grey,
  );
  let bar: SingleBar | undefined;
  let label = '';
  const show = (what: string, done: number, total: number, detail: string): void => {
    if (label !== what || !bar) {
      if (bar) multi.remove(bar);
      bar = multi.create(total, done, { what, detail });
      label = what;
    }
    bar.update(done, { what, detail });
    multi.update(); // the step blocks the event loop, so the bar's own timer does not get to run
  };
  return {
    line: (text) => multi.log(`${printable(text)}\n`),
    count: (what, done, total) => show(what, done, total, ''),
    step: (report) =>
      show(
        report.fold,
        report.step,
        report.steps,
        `epoch ${report.epoch}/${report.epochs}  ${losses(report)}  ${clock(report)}`,
      ),
    stop: () => multi.stop(),
  };
}

function losses({ loss, components }: StepReport): string {
  const parts = Object.entries(components).map(([name, value]) => `${name} ${value.toFixed(3)}`);
  return `loss ${loss.toFixed(3)} (${parts.join(', ')})`;
}

/** Time left, from the steps that this process has made itself. */
function createClock(foldsLeft: () => number): (report: StepReport) => string {
  let fold = '';
  let last = 0;
  let from = { step: 0, time: 0 };
  return ({ fold: name, step, steps }) => {
    // An ablation trains the same fold again and again.
    const another = fold !== name || step <= last;
    last = step;
    if (another) {
      fold = name;
      from = { step, time: Date.now() };
      return '';
    }
    const each = (Date.now() - from.time) / Math.max(1, step - from.step);
    const here = each * (steps - step);
    const all = here + each * steps * foldsLeft();
    return foldsLeft() > 0 ? `${duration(here)} left, ${duration(all)} with the other folds` : `${duration(here)} left`;
  };
}

/** 75_000 ms → `1m15s`. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${String(seconds % 60).padStart(2, '0')}s`;
  return `${Math.floor(seconds / 3600)}h${String(Math.floor((seconds % 3600) / 60)).padStart(2, '0')}m`;
}
