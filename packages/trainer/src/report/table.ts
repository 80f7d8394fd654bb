import { html, Markup } from './html';

export interface Column {
  readonly title: string;
  /** Right-aligned. */
  readonly numeric?: boolean;
  /** Long text that may break into lines. */
  readonly wrap?: boolean;
}

export interface Row {
  /** The first cell is the row's header. */
  readonly cells: readonly (Markup | string | number)[];
  /** `total` and `ours` stand out; `quiet` recedes. */
  readonly kind?: 'total' | 'ours' | 'quiet';
}

/** A table with a caption, column and row headers, that scrolls on its own when the page is narrow. */
export function table(caption: string, columns: readonly Column[], rows: readonly Row[]): Markup {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}">
    <table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${columns.map(({ title, numeric }) => html`<th scope="col" class="${numeric === true ? 'n' : ''}">${title}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ({ cells, kind }) =>
            html`<tr class="${kind ?? ''}">
              ${cells.map((cell, index) => tableCell(cell, index, columns[index]))}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function tableCell(cell: Markup | string | number, index: number, column: Column | undefined): Markup {
  const kind = column?.numeric === true ? 'n' : column?.wrap === true ? 'wrap' : '';
  return index === 0 ? html`<th scope="row" class="${kind}">${cell}</th>` : html`<td class="${kind}">${cell}</td>`;
}

/** Something to open on demand. */
export function details(summary: string, content: Markup | readonly Markup[]): Markup {
  return html`<details>
    <summary>${summary}</summary>
    ${content}
  </details>`;
}

/** A drawing with its caption. */
export function figure(caption: string, drawing: Markup, more?: Markup): Markup {
  return html`<figure>
    ${drawing}
    <figcaption>${caption}</figcaption>
    ${more}
  </figure>`;
}

/** A part of the report; its heading is a target for links. */
export function section(id: string, title: string, ...content: readonly (Markup | undefined)[]): Markup {
  const { text } = html`<section id="${id}" aria-labelledby="${id}-title">
    <h2 id="${id}-title">${title}</h2>
    ${content}
  </section>`;
  return new Markup(text, { id, title });
}
