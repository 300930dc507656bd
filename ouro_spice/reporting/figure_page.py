"""A page whose figures also lie beside it, as files."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from .._util.files import write_whole
from .page import Page

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class FigurePage:
    """A page, and a folder where each of its figures is beside it."""

    page: Page
    folder: Path

    def figure(self, figure: Figure, text: str, name: str, caption: str = "", title: str = "") -> None:
        """Show a figure on the page as `Page.figure` does, and write it as ``NAME.svg``."""
        self.page.figure(figure, text, caption, title)
        path = self.folder / f"{name}.svg".replace(" ", "_").replace(",", "")
        write_whole(path, partial(figure.savefig, format="svg", metadata={"Date": None}))
