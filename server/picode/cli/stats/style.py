"""What the page of statistics looks like."""

STYLE = """\
:root {
  --back: #f6f7f9; --paper: #ffffff; --ink: #1b1f27; --faint: #667085; --line: #e4e7ec;
  --c0: #4056d6; --c1: #c3cbf5; --c2: #12a594; --c3: #f0a33c; --c4: #b5bcc9; --c5: #d6409f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #0f1217; --paper: #171b22; --ink: #e7eaf0; --faint: #98a2b3; --line: #2a303b;
    --c0: #7c8cf8; --c1: #39437f; --c2: #2cc4b0; --c3: #e8a94f; --c4: #4b5565; --c5: #e36bb6;
  }
}
* { box-sizing: border-box; margin: 0; }
body { background: var(--back); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 40px 24px 56px; }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 4px 16px; margin-bottom: 24px; }
h1 { font-size: 26px; letter-spacing: -0.01em; }
h2 { font-size: 16px; }
header p, figcaption p, .card span, footer { color: var(--faint); }
.cards { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 14px; margin-bottom: 14px; }
.card, figure, .table { background: var(--paper); border: 1px solid var(--line); border-radius: 12px; }
.card { padding: 16px 20px; display: flex; flex-direction: column; }
.card h3 { font-size: 13px; font-weight: 500; color: var(--faint); }
.card strong { font-size: 28px; line-height: 1.3; letter-spacing: -0.02em; font-variant-numeric: tabular-nums; }
.card span { font-size: 13px; }
.plots { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 14px; }
figure { padding: 18px 20px 14px; display: flex; flex-direction: column; }
.wide { grid-column: 1 / -1; }
figcaption { display: flex; flex-wrap: wrap; align-items: baseline; gap: 2px 10px; margin-bottom: 12px; }
figcaption p { font-size: 13px; }
svg { width: 100%; height: auto; display: block; }
.shares { border-radius: 6px; }
.grid { stroke: var(--line); stroke-width: 1; }
svg text { fill: var(--faint); font-size: 11.5px; font-variant-numeric: tabular-nums; }
.x { text-anchor: middle; }
.y { text-anchor: end; }
.c0 { fill: var(--c0); background: var(--c0); } .c1 { fill: var(--c1); background: var(--c1); }
.c2 { fill: var(--c2); background: var(--c2); } .c3 { fill: var(--c3); background: var(--c3); }
.c4 { fill: var(--c4); background: var(--c4); } .c5 { fill: var(--c5); background: var(--c5); }
.legend { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: 4px 18px; margin-top: 12px; font-size: 13px; }
.legend li { display: flex; align-items: center; gap: 7px; color: var(--faint); }
.legend i { width: 10px; height: 10px; border-radius: 3px; }
.table { margin-top: 14px; padding: 18px 20px 8px; }
.table div { overflow-x: auto; margin-top: 8px; }
table { width: 100%; border-collapse: collapse; font-size: 13.5px; }
th { text-align: left; font-weight: 500; color: var(--faint); white-space: nowrap; }
th, td { padding: 8px 14px 8px 0; border-bottom: 1px solid var(--line); }
tbody tr:last-child td { border-bottom: 0; }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
footer, .empty { margin-top: 22px; font-size: 13px; }
@media (max-width: 820px) {
  .plots { grid-template-columns: minmax(0, 1fr); }
  .cards { grid-template-columns: repeat(2, minmax(0, 1fr)); }
}
@media print { body { background: none; } .card, figure, .table { break-inside: avoid; } }
"""
