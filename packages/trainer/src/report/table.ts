import { html, Markup } from './html';
import { shownOf, type Cell, type Column, type Row, type TableData } from './table-data';

/** A table with a caption, column and row headers, that scrolls on its own when the page is narrow. */
export function table(name: string, caption: string, columns: readonly Column[], rows: readonly Row[]): Markup {
  const { text } = html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}">
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
              ${columns.map((column, index) => tableCell(cells[index] ?? '', index, column))}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
  return shownAs({ name, caption, columns, rows }, text);
}

/** A table that the page shows in a form of its own. */
export function shownAs(data: TableData, text: string): Markup {
  return new Markup(text, [data]);
}

function tableCell(cell: Cell, index: number, column: Column): Markup {
  const kind = column.numeric === true ? 'n' : column.wrap === true ? 'wrap' : '';
  const shown = column.code === true ? html`<code>${shownOf(cell)}</code>` : shownOf(cell);
  return index === 0 ? html`<th scope="row" class="${kind}">${shown}</th>` : html`<td class="${kind}">${shown}</td>`;
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
  const { text, tables } = html`<section id="${id}" aria-labelledby="${id}-title">
    <h2 id="${id}-title">${title}</h2>
    ${content}
  </section>`;
  return new Markup(text, tables, { id, title });
}
