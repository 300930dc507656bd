"""A self-contained HTML page: a card with the answer, headings, tables, figures with captions, folded details."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from .._util.files import write_text
from .style import STYLE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLOURS = 96
"""Colours of a picture: drawn lines and their soft edges have few, and a page of few colours is a third as large."""

_DPI = 110


class Fact(NamedTuple):
    """A figure of a card: its value with its unit, what it is, and what it is to be compared with."""

    value: str
    what: str
    beside: str = ""
    good: bool | None = None
    """Say whether it is as it should be: True and False are coloured."""


class Page:
    """An HTML page under construction.

    Its contents are a list of its headings, where there are several, behind the title, the lead and the card.
    """

    def __init__(self, title: str, lead: str = "") -> None:
        self._title = title
        self._head = [f"<h1>{escape(title)}</h1>", *([f'<p class="lead">{escape(lead)}</p>'] if lead else [])]
        self._parts: list[str] = []
        self._headings: list[tuple[str, str]] = []
        self._folds = 0

    def card(self, facts: Sequence[Fact], text: str = "") -> None:
        """Add facts to the card at the head of the page, wherever this is called, and a sentence below them."""
        shown = "".join(_fact(fact) for fact in facts)
        note = f'<p class="note">{escape(text)}</p>' if text else ""
        self._head.append(f'<section class="card"><div class="facts">{shown}</div>{note}</section>')

    def heading(self, text: str) -> None:
        """Add a section's heading; the page's contents lead to it, unless it is folded away."""
        if self._folds:
            self._parts.append(f"<h3>{escape(text)}</h3>")
            return
        name = f"{re.sub(r'[^a-z0-9]+', '-', text.lower()).strip('-')}-{len(self._headings) + 1}"
        self._headings.append((name, text))
        self._parts.append(f'<h2 id="{name}">{escape(text)}</h2>')

    def subheading(self, text: str) -> None:
        """Add a heading inside a section."""
        self._parts.append(f"<h3>{escape(text)}</h3>")

    def paragraph(self, text: str) -> None:
        """Add a paragraph of plain text."""
        self._parts.append(f'<p class="note">{escape(text)}</p>')

    def table(self, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Add a table without the columns that have no entry; cells that say PASS or FAIL are coloured.

        On a narrow screen each row becomes a block of its own, a line a column.
        """
        lines = [[str(value) for value in row] for row in rows]
        kept = [k for k in range(len(head)) if k == 0 or any(k < len(row) and row[k] for row in lines)]
        names = [head[k] for k in kept]
        top = "<tr>" + "".join(f"<th>{escape(name)}</th>" for name in names) + "</tr>"
        body = "\n".join(_row(names, [row[k] if k < len(row) else "" for k in kept]) for row in lines)
        self._parts.append(f'<div class="wide"><table><thead>{top}</thead><tbody>{body}</tbody></table></div>')

    def figure(self, figure: Figure, text: str, caption: str = "", title: str = "") -> None:
        """Add a matplotlib figure; `text` says in words what it shows, the caption below it what to see in it."""
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=_DPI)
        self._image(buffer.getvalue(), text, caption, title)

    def picture(self, path: Path, text: str, caption: str = "", title: str = "") -> None:
        """Add a PNG file; `text` and `caption` as in `figure`."""
        self._image(path.read_bytes(), text, caption, title)

    def code(self, text: str) -> None:
        """Add preformatted text."""
        self._parts.append(f"<pre>{escape(text)}</pre>")

    def terms(self, meanings: Iterable[tuple[str, str]]) -> None:
        """Add a list of terms, each with its meaning."""
        shown = "".join(f"<dt>{escape(term)}</dt><dd>{escape(meaning)}</dd>" for term, meaning in meanings)
        self._parts.append(f"<dl>{shown}</dl>")

    def links(self, targets: Iterable[tuple[str, str]]) -> None:
        """Add a list of links: where each leads, as a path from the page's folder, and what is there."""
        shown = "".join(
            f'<li><a href="{escape(target, quote=True)}">{escape(target)}</a> {escape(text)}</li>'
            for target, text in targets
        )
        self._parts.append(f"<ul>{shown}</ul>")

    @contextmanager
    def folded(self, summary: str) -> Iterator[None]:
        """Wrap what is added inside: it is folded away under a line that opens it."""
        self._parts.append(f"<details><summary>{escape(summary)}</summary>")
        self._folds += 1
        try:
            yield
        finally:
            self._folds -= 1
            self._parts.append("</details>")

    def write(self, path: Path) -> Path:
        """Write the page, whole or not at all; return its path."""
        head = (
            '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{escape(self._title)}</title><style>{STYLE}</style>"
        )
        body = "\n".join([*self._head, *self._contents(), *self._parts])
        return write_text(
            path, f'<!doctype html>\n<html lang="en"><head>{head}</head><body><main>\n{body}\n</main></body></html>\n'
        )

    def _contents(self) -> list[str]:
        """Return the list of the page's headings; nothing where there are fewer than three."""
        if len(self._headings) < 3:
            return []
        items = "".join(f'<li><a href="#{name}">{escape(text)}</a></li>' for name, text in self._headings)
        return [f'<nav aria-label="Contents"><ol>{items}</ol></nav>']

    def _image(self, png: bytes, text: str, caption: str, title: str) -> None:
        """Add a PNG with a title above and a caption below."""
        small, width = _small(png)
        data = base64.b64encode(small).decode()
        above = f"<h3>{escape(title)}</h3>" if title else ""
        below = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
        self._parts.append(
            f'<figure>{above}<div class="wide"><img alt="{escape(text, quote=True)}" style="--w:{width}px" '
            f'src="data:image/png;base64,{data}"></div>{below}</figure>'
        )


def _small(png: bytes) -> tuple[bytes, int]:
    """Return a PNG with `_COLOURS` colours, or as it is where that is no smaller, and the width to show it with, in
    pixels of a page: that of a figure drawn with `_DPI`.
    """
    from PIL import Image

    buffer = io.BytesIO()
    with Image.open(io.BytesIO(png)) as image:
        width = round(image.width * _DPI / image.info.get("dpi", (_DPI, _DPI))[0])
        image.convert("RGB").quantize(_COLOURS).save(buffer, format="png", optimize=True)
    return min(png, buffer.getvalue(), key=len), width


def _fact(fact: Fact) -> str:
    """Return the HTML of a fact of a card."""
    kind = {True: " pass", False: " fail"}.get(fact.good, "") if fact.good is not None else ""
    beside = f'<div class="beside">{escape(fact.beside)}</div>' if fact.beside else ""
    return (
        f'<div class="fact"><div class="what">{escape(fact.what)}</div>'
        f'<div class="value{kind}">{escape(fact.value)}</div>{beside}</div>'
    )


def _row(head: Sequence[str], cells: Sequence[str]) -> str:
    """Return the HTML of a row of a table; each cell knows its column, for narrow screens."""
    return "<tr>" + "".join(_cell(name, text) for name, text in zip(head, cells, strict=True)) + "</tr>"


def _cell(head: str, text: str) -> str:
    """Return the HTML of a cell of a table."""
    kind = {"PASS": ' class="pass"', "FAIL": ' class="fail"'}.get(text, "")
    return f'<td{kind} data-head="{escape(head, quote=True)}">{escape(text)}</td>'
