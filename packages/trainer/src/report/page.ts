import { html, type Markup } from './html';
import { style } from './style';

/** Nothing may be fetched: everything the page shows is inside of it. */
const policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src data:";

/** A whole page that opens offline. Its sections are listed at the top. */
export function page(title: string, header: Markup, sections: readonly Markup[], footer: Markup): string {
  const headings = sections.flatMap(({ heading }) => heading ?? []);
  const links = headings.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`);
  const body = html`${header}
    <nav aria-label="Sections">
      <ul>
        ${links}
      </ul>
    </nav>
    <main>${sections}</main>
    ${footer}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${html`${title}`.text}</title>
<style>${style}</style>
</head>
<body>
${body.text}
</body>
</html>
`;
}
