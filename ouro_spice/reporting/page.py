"""A self-contained HTML page: headings, paragraphs, tables, figures inside the file."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from .._util.files import write_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_STYLE = """
:root { color-scheme: light }
body { font: 16px/1.55 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: #1c2530 }
h1 { font-size: 1.7rem; margin-bottom: .2rem } h2 { font-size: 1.2rem; margin-top: 2.2rem }
table { border-collapse: collapse; margin: .8rem 0; font-size: .93rem; font-variant-numeric: tabular-nums }
th, td { border-bottom: 1px solid #d7dde4; padding: .3rem .8rem; text-align: right }
th:first-child, td:first-child { text-align: left } th { background: #f3f5f8 }
.pass { color: #116b34 } .fail { color: #a3121f; font-weight: 600 }
img { max-width: 100%; display: block; margin: .6rem 0 } .wide { overflow-x: auto }
pre { background: #f3f5f8; padding: .8rem; overflow-x: auto; font-size: .8rem } p.note { color: #556; max-width: 48rem }
"""


class Page:
    """An HTML page under construction."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._parts = [f"<h1>{escape(title)}</h1>"]

    def heading(self, text: str) -> None:
        """Add a section's heading."""
        self._parts.append(f"<h2>{escape(text)}</h2>")

    def paragraph(self, text: str) -> None:
        """Add a paragraph of plain text."""
        self._parts.append(f'<p class="note">{escape(text)}</p>')

    def table(self, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Add a table; cells that say PASS or FAIL are coloured."""
        lines = ["<tr>" + "".join(f"<th>{escape(name)}</th>" for name in head) + "</tr>"]
        lines += ["<tr>" + "".join(_cell(str(value)) for value in row) + "</tr>" for row in rows]
        self._parts.append('<div class="wide"><table>' + "\n".join(lines) + "</table></div>")

    def figure(self, figure: Figure, text: str) -> None:
        """Add a matplotlib figure; `text` says in words what it shows."""
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=130)
        self._image(buffer.getvalue(), text)

    def picture(self, path: Path, text: str) -> None:
        """Add a PNG file; `text` says in words what it shows."""
        self._image(path.read_bytes(), text)

    def code(self, text: str) -> None:
        """Add preformatted text."""
        self._parts.append(f"<pre>{escape(text)}</pre>")

    def write(self, path: Path) -> Path:
        """Write the page, whole or not at all; return its path."""
        head = f'<meta charset="utf-8"><title>{escape(self._title)}</title><style>{_STYLE}</style>'
        body = "\n".join(self._parts)
        return write_text(path, f'<!doctype html>\n<html lang="en"><head>{head}</head><body>\n{body}\n</body></html>\n')

    def _image(self, png: bytes, text: str) -> None:
        data = base64.b64encode(png).decode()
        self._parts.append(f'<img alt="{escape(text)}" src="data:image/png;base64,{data}">')


def _cell(text: str) -> str:
    """Return the HTML of a cell of a table."""
    kind = {"PASS": ' class="pass"', "FAIL": ' class="fail"'}.get(text, "")
    return f"<td{kind}>{escape(text)}</td>"
