"""How the page looks, in a light and in a dark room."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark; --ground: #fafaf8; --card: #ffffff; --ink: #1c1e22; --soft: #5c626c; --line: #dfe1e5;
  --bad: #b3261e; --bad-ground: #fdecea; --good: #1b6e3c; --related: #1f5fae; --clear: #6b4fa0; --backward: #1f5fae;
  --step: #1b6e3c; --schedule: #9a5b00; --write: #5c626c; }
@media (prefers-color-scheme: dark) { :root { --ground: #131518; --card: #1b1e22; --ink: #e7e8ea; --soft: #a3a9b3;
  --line: #343940; --bad: #ff8a80; --bad-ground: #3b1f1e; --good: #7fd39b; --related: #8ab8f5; --clear: #c3a9f0;
  --backward: #8ab8f5; --step: #7fd39b; --schedule: #f0b866; --write: #a3a9b3; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, sans-serif;
  overflow-wrap: anywhere; }
main { max-width: 1120px; margin: 0 auto; padding: 32px 20px 64px; }
h1 { font: 600 22px/1.35 ui-monospace, monospace; margin: 4px 0 12px; }
h2 { font-size: 18px; margin: 40px 0 12px; }
h3 { font-size: 15px; margin: 0 0 4px; }
h4 { font-size: 13px; font-weight: 600; color: var(--soft); margin: 18px 0 6px; }
code, pre { font: 13px/1.55 ui-monospace, monospace; }
.eyebrow, .meta, .place { color: var(--soft); }
.meta { display: flex; flex-wrap: wrap; gap: 4px 20px; }
.verdict { font-weight: 600; }
.verdict.bad, .code { color: var(--bad); } .verdict.good { color: var(--good); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 16px 18px;
  margin: 0 0 16px; }
.message { font-weight: 600; margin: 0; }
.code { font: 600 13px ui-monospace, monospace; margin-right: 6px; }
.place { font: 13px ui-monospace, monospace; margin: 2px 0; }
.help { margin: 8px 0 0; }
pre { margin: 10px 0; padding: 10px 0; overflow-x: auto; border: 1px solid var(--line); border-radius: 8px; }
pre .at { display: block; padding: 0 14px; white-space: pre; min-width: max-content; }
pre .number { color: var(--soft); display: inline-block; min-width: 3ch; text-align: right; margin-right: 16px; }
pre mark { background: none; color: inherit; border-bottom: 2px solid var(--related); }
pre mark.primary { background: var(--bad-ground); border-color: var(--bad); }
pre .label { color: var(--related); margin-left: 24px; } pre .label.primary { color: var(--bad); }
.scroll { overflow-x: auto; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; color: var(--soft); font-size: 13px; margin: 0 0 12px; }
.legend span { display: inline-flex; align-items: center; gap: 6px; }
svg { display: block; } svg text { fill: var(--soft); font: 11px system-ui, sans-serif; }
.rates { width: 100%; max-width: 760px; height: auto; }
.row line, .grid { stroke: var(--line); } .row text { text-anchor: end; font-size: 12px; }
.axis { stroke: var(--soft); } .end { text-anchor: end; }
text.turn { text-anchor: middle; } line.turn { stroke: var(--line); stroke-dasharray: 2 3; }
line.epoch { stroke: var(--ink); stroke-width: 1.5; } text.epoch { fill: var(--ink); font-weight: 600; }
line.blind { stroke: var(--soft); stroke-width: 3; stroke-dasharray: 1 3; }
.fault { fill: var(--bad-ground); } .ring { fill: none; stroke: var(--bad); stroke-width: 2; }
.mark, .key { stroke: none; }
.clear .hollow { fill: var(--card); stroke: var(--clear); stroke-width: 2.5; }
.backward polygon { fill: var(--backward); } .step rect:not(.fault) { fill: var(--step); }
.schedule polygon { fill: var(--schedule); } .write path { stroke: var(--write); stroke-width: 2.5; }
.curve { fill: none; stroke-width: 2; stroke: var(--schedule); stroke-linejoin: round; }
.c1 { stroke: var(--backward); } .c2 { stroke: var(--step); } .c3 { stroke: var(--clear); }
ul { margin: 0; padding-left: 20px; }
"""
