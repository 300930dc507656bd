"""How pages look: one style sheet, inside each page."""

STYLE = """
:root { color-scheme: light; --ink: #1c2530; --soft: #556070; --line: #d7dde4; --paper: #f4f6f9; --link: #1b6ca8 }
* { box-sizing: border-box }
body { font: 16px/1.55 system-ui, sans-serif; margin: 0; color: var(--ink); overflow-wrap: anywhere }
main { max-width: 62rem; margin: 2rem auto 4rem; padding: 0 1rem }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .3rem }
h2 { font-size: 1.3rem; margin: 2.8rem 0 .4rem; padding-top: .6rem; border-top: 1px solid var(--line) }
h3 { font-size: 1rem; margin: 1.2rem 0 .3rem }
p { max-width: 48rem } p.lead { font-size: 1.06rem; margin-top: 0 } p.note, figcaption { color: var(--soft) }
a { color: var(--link) }
.card { background: var(--paper); border: 1px solid var(--line); border-radius: 8px; padding: 1rem; margin: 1rem 0 }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); gap: 1rem 1.6rem }
.fact .what { font-size: .85rem; color: var(--soft) } .fact .value { font-size: 1.45rem; line-height: 1.3 }
.fact .beside { font-size: .9rem } .card p.note { margin: 1rem 0 0; font-size: .9rem; max-width: none }
nav ol { columns: 2 18rem; padding-left: 1.4rem; margin: .6rem 0 }
figure { margin: 1rem 0 1.4rem } img { width: var(--w, auto); max-width: 100%; height: auto; display: block }
figcaption { font-size: .93rem; max-width: 48rem; margin-top: .3rem }
.wide { overflow-x: auto }
table { border-collapse: collapse; margin: .8rem 0; font-size: .93rem; font-variant-numeric: tabular-nums;
  overflow-wrap: normal }
th, td { border-bottom: 1px solid var(--line); padding: .3rem .7rem; text-align: right; vertical-align: top }
th:first-child, td:first-child { text-align: left } th { background: var(--paper); font-weight: 600 }
td:not(:first-child) { white-space: nowrap }
.pass { color: #116b34 } .fail { color: #a3121f; font-weight: 600 }
details { margin: .8rem 0; border: 1px solid var(--line); border-radius: 6px; padding: .5rem .8rem }
summary { cursor: pointer; font-weight: 600 }
dt { font-weight: 600; margin-top: .5rem } dd { margin: 0; max-width: 48rem }
pre { background: var(--paper); padding: .8rem; overflow-x: auto; font-size: .8rem; overflow-wrap: normal }
@media (max-width: 46rem) {
  body { font-size: 15px } h1 { font-size: 1.4rem } .facts { grid-template-columns: 1fr }
  .wide img { max-width: none; width: min(var(--w, 100%), max(100%, 34rem)) }
  thead { display: none } table, tbody, tr, td { display: block; width: 100% }
  tr { border: 1px solid var(--line); border-radius: 6px; margin: .6rem 0; padding: .3rem .6rem }
  td { border: 0; padding: .1rem 0; text-align: right; display: flex; justify-content: space-between; gap: 1rem;
    overflow-wrap: anywhere; white-space: normal !important }
  td::before { content: attr(data-head); color: var(--soft); text-align: left; flex: 0 1 auto }
  td:first-child { font-weight: 600; text-align: left } td:first-child::before { content: "" ; display: none }
  td:empty { display: none } pre { white-space: pre-wrap; overflow-wrap: anywhere }
}
"""
"""The sheet: a page of one column; on narrow screens each row of a table is a block, and wide pictures are moved
sideways inside their frame, so that their numbers can be read.
"""
