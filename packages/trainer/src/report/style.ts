/** The page's style: one column, system fonts, light and dark by the reader's setting. */
export const style = `
:root {
  color-scheme: light dark;
  --surface: #fdfdfc; --panel: #f4f4f1; --text: #1d2126; --muted: #626a73; --line: #d9dbd6;
  --accent: #1f6f9c; --good: #1f6f9c; --bad: #b0512a; --warn: #fdf1d8; --warn-edge: #b98212;
  --series-1: #0b6fb8; --series-2: #c96a00; --series-3: #1d8a4e; --series-4: #b8332f;
  --series-5: #7a4fb0; --series-6: #8a5a3c; --series-7: #c2479b; --series-8: #55606b;
}
@media (prefers-color-scheme: dark) {
  :root {
    --surface: #14171a; --panel: #1c2024; --text: #e6e8ea; --muted: #9aa3ab; --line: #343a40;
    --accent: #68b5e0; --good: #3f93c4; --bad: #d2774b; --warn: #33290f; --warn-edge: #d7a33b;
    --series-1: #5aaee8; --series-2: #f0a047; --series-3: #58c287; --series-4: #ef7b72;
    --series-5: #b391e6; --series-6: #c39a7c; --series-7: #ea86c8; --series-8: #a3adb7;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0 auto; padding: 1.5rem clamp(1rem, 4vw, 2.5rem) 4rem; max-width: 66rem;
  background: var(--surface); color: var(--text);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
h1 { margin: 0; font-size: clamp(1.5rem, 4vw, 2.1rem); line-height: 1.2; overflow-wrap: anywhere; }
h2 { margin: 0 0 .8rem; font-size: 1.25rem; }
h3 { margin: 1.4rem 0 .4rem; font-size: 1rem; overflow-wrap: anywhere; }
p { margin: .4rem 0 .8rem; max-width: 46rem; }
a { color: var(--accent); }
.kicker { margin: 0; color: var(--muted); font-size: .85rem; }
.facts { color: var(--muted); }
.note, figcaption { color: var(--muted); font-size: .88rem; }
.status { display: inline-block; padding: .3rem .7rem; border-left: 4px solid var(--good); background: var(--panel); }
.status.open { border-color: var(--warn-edge); background: var(--warn); max-width: none; }
.warnings { padding: .6rem 1rem .6rem 2rem; border-left: 4px solid var(--warn-edge); background: var(--warn); }
nav ul { display: flex; flex-wrap: wrap; gap: .2rem 1rem; margin: 1rem 0 0; padding: 0; list-style: none; font-size: .9rem; }
section { margin-top: 2.4rem; padding-top: 1.4rem; border-top: 1px solid var(--line); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(13.5rem, 1fr)); gap: .8rem; margin: 1rem 0 0; }
.tiles > div { padding: .8rem 1rem; background: var(--panel); border-radius: 6px; }
dt { color: var(--muted); font-size: .85rem; }
dd { margin: 0; font-size: 1.9rem; line-height: 1.25; font-variant-numeric: tabular-nums; }
dd .unit { font-size: 1.1rem; color: var(--muted); }
dd.small { font-size: 1.1rem; padding-top: .3rem; } dd.small span { display: block; }
dd.sub { font-size: .82rem; color: var(--muted); }
.scroll { overflow-x: auto; margin: .6rem 0 1rem; }
.scroll:focus-visible, pre:focus-visible, summary:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
caption { caption-side: top; text-align: left; color: var(--muted); font-size: .85rem; padding-bottom: .35rem; }
th, td { padding: .32rem .7rem; text-align: left; border-bottom: 1px solid var(--line); vertical-align: top; white-space: nowrap; }
th:first-child { padding-left: 0; }
thead th { color: var(--muted); font-weight: 600; font-size: .82rem; vertical-align: bottom; }
tbody th { font-weight: 500; }
td.wrap { white-space: normal; min-width: 9rem; overflow-wrap: anywhere; }
.n { text-align: right; }
tr.total > *, tr.ours > * { font-weight: 650; background: var(--panel); }
tr.total th:first-child, tr.ours th:first-child { padding-left: .4rem; }
tr.quiet > * { color: var(--muted); }
.matrix td.cell { min-width: 3.6rem; padding: .3rem .5rem; border: 2px solid var(--surface); }
.matrix td.right { background: color-mix(in srgb, var(--good) calc(var(--share) * 62%), var(--panel)); }
.matrix td.wrong { background: color-mix(in srgb, var(--bad) calc(var(--share) * 90%), var(--panel)); }
.matrix small { display: block; color: inherit; opacity: .8; font-size: .72rem; }
figure { margin: 0 0 1.2rem; min-width: 0; }
figure svg { display: block; width: 100%; height: auto; max-width: 32rem; }
.grid { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); gap: 1.2rem 2rem; }
.grid figure svg { max-width: none; }
details { margin: .5rem 0; } summary { cursor: pointer; color: var(--accent); font-size: .9rem; }
pre { padding: .8rem 1rem; background: var(--panel); border-radius: 6px; overflow-x: auto; font-size: .85rem; }
code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .92em; overflow-wrap: anywhere; }
audio { width: 100%; max-width: 36rem; height: 2.4rem; }
footer { margin-top: 3rem; color: var(--muted); font-size: .85rem; }
@media (max-width: 34rem) { table { font-size: .82rem; } th, td { padding: .28rem .45rem; } }
@media print { details { display: none; } body { max-width: none; } section { break-inside: avoid-page; } }
`;
