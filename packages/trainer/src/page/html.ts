import type { ModelDescription } from '@ser/recognize';
import { html } from '../report/html';
import type { TrainingRecord } from '../inference/training-record';

/** Where the page's model runs. */
export type Where = { readonly backend: 'server' } | { readonly backend: 'page'; readonly runtime: string };

/** The page in which a model can be tried: everything else it needs lies beside it. */
export function pageHtml(description: ModelDescription, where: Where): string {
  const { name, labels, file, precision } = description;
  const { corpus } = (description.training ?? {}) as Partial<TrainingRecord>;
  const license = corpus?.license?.name;
  // A page of files alone has no server to send this for it.
  const policy =
    where.backend === 'page' ? html`<meta http-equiv="content-security-policy" content="${pagePolicy}" />` : null;
  const { text } = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        ${policy}
        <title>${name}</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="page.css" />
        <script type="module" src="page.js"></script>
      </head>
      <body
        data-backend="${where.backend}"
        data-model="${file}"
        data-runtime="${where.backend === 'page' ? where.runtime : ''}"
      >
        <main>
          <p class="kicker">Speech emotion recognition · <span id="backend"></span></p>
          <h1>${name}</h1>
          <p class="facts">
            ${labels.length} labels,
            ${precision}${corpus ? html`; trained on ${corpus.title ?? corpus.name}` : null}${license === undefined ? null : `, ${license}`}
          </p>
          <div class="actions">
            <button id="speak" class="main" type="button">Speak</button>
            <label class="choose">Choose recordings<input id="choose" type="file" accept="audio/*" multiple /></label>
            <button id="play" type="button" disabled>Listen</button>
          </div>
          <p id="status" role="status"></p>
          <div class="answer">
            <p id="label">–</p>
            <ul id="bars" aria-label="Probabilities"></ul>
          </div>
          <h3 id="name"></h3>
          <canvas id="wave" aria-label="Waveform; the brighter behind it, the more the model listened there"></canvas>
          <canvas id="time" aria-label="Probabilities over time"></canvas>
          <p class="note">
            Behind the waveform: where the model listened. Below: probabilities over time. A click on the waveform plays
            from there.
          </p>
          <section id="results" hidden>
            <h2>Recordings</h2>
            <table id="files">
              <thead>
                <tr>
                  <th>recording</th>
                  <th>length</th>
                  <th>label</th>
                  <th>probability</th>
                </tr>
              </thead>
              <tbody></tbody>
            </table>
          </section>
          <p class="note">
            It tells acted expressions of its corpus apart; it does not know what a person feels. Nothing leaves this
            computer.
          </p>
        </main>
      </body>
    </html> `;
  return text;
}

/** The same for a server's header and a page's own: nothing from elsewhere, nothing to elsewhere. */
const common =
  "default-src 'none'; style-src 'self'; img-src data:; connect-src 'self'; media-src blob:; base-uri 'none'; form-action 'none'";
const pagePolicy = `${common}; script-src 'self' blob: 'wasm-unsafe-eval'; worker-src 'self' blob:`;
export const serverPolicy = `${common}; script-src 'self'; worker-src 'self'; frame-ancestors 'none'`;
