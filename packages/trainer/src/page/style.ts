import { style as reportStyle } from '../report/style';

/** The colours and type of the report, and what only this page has. */
export const style = `${reportStyle}
:root { --wave: #3a4048; --attention: #f0a83c; }
@media (prefers-color-scheme: dark) { :root { --wave: #c9ced4; --attention: #b9791a; } }
body.over main { outline: 3px dashed var(--accent); outline-offset: .5rem; }
.actions { display: flex; flex-wrap: wrap; gap: .6rem; align-items: center; margin: 1rem 0; }
button, .choose {
  font: inherit; padding: .45rem 1rem; border: 1px solid var(--line); border-radius: 6px;
  background: var(--panel); color: var(--text); cursor: pointer;
}
button:disabled { opacity: .5; cursor: default; }
button.main { background: var(--accent); border-color: var(--accent); color: var(--surface); }
.choose:focus-within, button:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.choose input { position: absolute; opacity: 0; width: 1px; }
#status { white-space: pre-line; min-height: 1.5em; color: var(--muted); }
#status.error { color: var(--bad); }
.answer { display: grid; grid-template-columns: minmax(9rem, 1fr) 3fr; gap: 1.5rem; align-items: center; }
@media (max-width: 34rem) { .answer { grid-template-columns: 1fr; } }
#label { font-size: 2.2rem; margin: 0; overflow-wrap: anywhere; }
#label.quiet { opacity: .35; }
#bars { list-style: none; margin: 0; padding: 0; font-size: .9rem; }
#bars li { display: grid; grid-template-columns: 6.5rem 1fr 2.6rem; gap: .6rem; align-items: center; }
#bars b { height: .7rem; background: var(--panel); border-radius: 3px; overflow: hidden; }
#bars i { display: block; height: 100%; width: 0; transition: width .15s; }
#bars output { text-align: right; font-variant-numeric: tabular-nums; }
canvas { display: block; width: 100%; }
#wave { height: 8rem; cursor: pointer; border-bottom: 1px solid var(--line); }
#time { height: 7rem; margin-top: .4rem; }
#files button { padding: 0; border: 0; background: none; color: var(--accent); text-align: left; }
`;
