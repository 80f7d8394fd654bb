import { count, duration, plusMinus, setting } from '../format';
import { html, type Markup } from '../html';
import { captionOf, partsOf } from '../parts';
import type { Report } from '../summarize';
import { percent } from '../../percent';

/** Title, state of the run, its main numbers. */
export function headline(report: Report): Markup {
  const { acrossFolds, config } = report;
  const done = report.folds.filter((fold) => fold.status === 'done').length;
  const corpus = config['corpus'] === undefined ? 'dataset' : 'corpus';
  const facts = [corpus, 'encoder', 'tune', 'pool', 'mix', 'losses', 'seed'].flatMap((key) =>
    config[key] === undefined ? [] : [`${key} ${setting(config[key]).replaceAll(',', ', ')}`],
  );
  return html`<header>
    <p class="kicker">Speech emotion recognition run</p>
    <h1>${report.name}</h1>
    <p class="facts">${[...facts, ...(report.engine === '' ? [] : [`engine ${report.engine}`])].join(' · ')}</p>
    ${status(report, done)}
    ${report.stamp === undefined ? undefined : html`<p class="status open" role="status">${report.stamp}</p>`}
    ${
      config['corpus'] === 'demo' || config['dataset'] === 'demo'
        ? html`<p class="status open">
            The demo corpus is synthetic: these numbers mean that the pipeline works, and nothing beyond.
          </p>`
        : undefined
    }
    <dl class="tiles">
      ${partsOf(report).map((part) => [
        tile(captionOf('Weighted accuracy', part), part.wa, part.intervals.wa),
        tile(captionOf('Unweighted accuracy', part), part.ua, part.intervals.ua),
      ])}
      ${
        acrossFolds.wa.count < 2
          ? undefined
          : html`<div>
              <dt>Over the folds, mean ± sd</dt>
              <dd class="small">
                <span>WA ${plusMinus(acrossFolds.wa)}</span><span>UA ${plusMinus(acrossFolds.ua)}</span>
              </dd>
            </div>`
      }
      <div>
        <dt>Test utterances</dt>
        <dd>${count(report.utterances)}</dd>
        <dd class="sub">${done} of ${report.expectedFolds.length} folds, ${duration(report.seconds)} in all</dd>
      </div>
    </dl>
  </header>`;
}

function tile(name: string, share: number, interval: { readonly low: number; readonly high: number }): Markup {
  return html`<div>
    <dt>${name}</dt>
    <dd>${percent(share)}${Number.isFinite(share) ? html`<span class="unit"> %</span>` : undefined}</dd>
    <dd class="sub">
      ${
        Number.isFinite(interval.low)
          ? `95 % interval over speakers ${percent(interval.low)} to ${percent(interval.high)}`
          : 'no interval: it takes two speakers'
      }
    </dd>
  </div>`;
}

function status(report: Report, done: number): Markup {
  if (report.complete) return html`<p class="status done">Complete: ${done} of ${done} folds</p>`;
  const folds = report.missingFolds.map((fold) => {
    const row = report.folds.find((other) => other.fold === fold);
    return row?.status === 'unfinished'
      ? `${fold} (stopped after ${row.epochs} ${row.epochs === 1 ? 'epoch' : 'epochs'})`
      : String(fold);
  });
  return html`<p class="status open" role="status">
    Incomplete: ${done} of ${report.expectedFolds.length} folds are done. Missing:
    ${folds.length === 0 ? 'all' : `fold ${folds.join(', ')}`}. Accuracies below are of the finished folds only.
  </p>`;
}

/** What a reader of the numbers should know. */
export function warnings(report: Report): Markup | undefined {
  if (report.warnings.length === 0) return undefined;
  return html`<ul class="warnings">
    ${report.warnings.map((warning) => html`<li>${warning}</li>`)}
  </ul>`;
}
