"""The page of a study: its facts, its figures, its files; what all of them have in common."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from .glossary import terms_section
from .page import Fact, Page

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Shown(NamedTuple):
    """A figure under a heading, with what it shows in words, and what to see in it."""

    heading: str
    figure: Figure
    text: str
    caption: str


def study_page(
    title: str, lead: str, facts: Sequence[Fact], figures: Iterable[Shown], terms: Iterable[str], command: str,
    files: Iterable[tuple[str, str]],
) -> Page:  # fmt: skip
    """Return the page of a study.

    Parameters
    ----------
    title, lead, facts
        At its head.
    figures
        Each a section of its own.
    terms
        Of the glossary.
    command
        That makes it.
    files
        Beside it: their names, and what is in them.
    """
    page = Page(title, lead)
    page.card(facts)
    for one in figures:
        page.heading(one.heading)
        page.figure(one.figure, one.text, one.caption)
    terms_section(page, terms)
    page.heading("How this page was made")
    page.paragraph(f"By {command}. Beside it:")
    page.links(files)
    return page
