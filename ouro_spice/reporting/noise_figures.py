"""Figures and files of the experiment on the sources of noise."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .._util.files import write_text, write_whole
from ..evaluation.noise_sources.noise_study import BY_LENGTH, NoiseSources, by_length
from .amounts import share
from .figures import RESET_COLOUR, SET_COLOUR, axes
from .page import Fact, Page
from .study_page import Shown, study_page

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLOURS = {"set": SET_COLOUR, "reset": RESET_COLOUR}
_TITLES = {"60us": "pair that crosses the window in 60 us", "paper": "-0.342 / +0.7065 V"}
_LONG = 500
"""Steps from which on it makes sense to ask what a walk does that averages out: about twice its memory."""

_LEAST_FACTOR = 0.03
"""Where the axis of factors begins; it ends at the inverse."""


def write_noise_sources(found: NoiseSources, folder: Path) -> dict[str, Path]:
    """Write ``noise_sources_MODEL.json`` and ``.csv``, ``noise_alone_MODEL.svg``, ``noise_length_MODEL.svg`` and
    ``noise_MODEL.html``, a page; return the paths by kind.

    Raises
    ------
    OutputError
        Where a file cannot be written.
    """
    names = {what: f"noise_{what}_{found.model}.svg" for what in ("alone", "length")}
    paths = {}
    figures = {"alone": alone(found), "length": length(found)}
    for what, figure in figures.items():
        save = partial(figure.savefig, format="svg", metadata={"Date": None})
        paths[what] = write_whole(folder / names[what], save)
    csv = partial(found.frame.to_csv, index=False, float_format="%.6g")
    paths["csv"] = write_whole(folder / f"noise_sources_{found.model}.csv", csv)
    text = json.dumps(summary(found), indent=2, allow_nan=False) + "\n"
    paths["json"] = write_text(folder / f"noise_sources_{found.model}.json", text)
    page = _page(found, figures, [(paths["csv"].name, "all cases"), (paths["json"].name, "all figures")])
    return paths | {"html": page.write(folder / f"noise_{found.model}.html")}


def _page(found: NoiseSources, figures: dict[str, Figure], files: list[tuple[str, str]]) -> Page:
    """Return the page of the experiment."""
    shown = [
        Shown(
            "Each source alone", figures["alone"], "Factor on the time to a target, a line a source, by direction",
            "Dots are medians, lines the middle 68 % of pulses. On the grey line a source changes nothing; left of it "
            "targets come sooner than the noise-free model says.",
        ),
        Shown(
            "Short and long pulses", figures["length"], "Bias and scatter over the length of pulses, by direction",
            "Short pulses see a walk that stands still (dotted), long ones its average (lines).",
        ),
    ]  # fmt: skip
    lead = f"{found.n} pairs of start and target in each direction; the {found.model} compact model."
    terms = ("SET, RESET", "pair", "window", "D2D", "C2C, walk", "noise-free model", "within ±20 %")
    title = "Why a noise-free model predicts pulses poorly"
    return study_page(title, lead, _facts(found), shown, terms, "ouro-spice noise-sources", files)


def _facts(found: NoiseSources) -> list[Fact]:
    """Return the facts of each direction at the pair of 60 us: all sources together, and the largest one alone."""
    rows = found.frame.loc[
        (found.frame.setting == "60us") & (found.frame.step_s == 10e-9) & (found.frame.start == "stationary")
    ]
    facts = []
    for way in _COLOURS:
        mine = rows.loc[rows.direction == way].set_index("case")
        if "everything" not in mine.index:
            continue
        whole, single = mine.loc["everything"], mine.loc[mine.index.str.startswith("only ")]
        low, middle, high = (f"{np.exp(whole[name]):.2g}" for name in ("q16", "bias", "q84"))
        beside = f"middle 68 %: {low} .. {high}; noise-free pulses within ±20 %: {share(whole.within_20)}"
        facts.append(Fact(middle, f"{way.upper()}: time over the noise-free one, all sources", beside))
        if len(single):
            worst = (single.q84 - single.q16).idxmax()
            one = single.loc[worst]
            span = " .. ".join(f"{np.exp(one[name]):.2g}" for name in ("q16", "q84"))
            facts.append(Fact(str(worst).removeprefix("only "), f"{way.upper()}: widest source alone", f"68 %: {span}"))
    return facts


def summary(found: NoiseSources) -> dict[str, Any]:
    """Return all tables as plain values; None where there is no number, as for a target that is hardly ever reached."""
    frames = {"rows": found.frame, "by_length": by_length(found.pulses), "levers": found.levers}
    tables = {name: [_plain(row) for row in frame.to_dict("records")] for name, frame in frames.items()}
    return {"model": found.model, "n": found.n, "seed": found.seed} | tables


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with None for numbers that are not finite."""
    return {name: None if isinstance(x, float) and not np.isfinite(x) else x for name, x in row.items()}


def alone(found: NoiseSources) -> Figure:
    """Draw the factor on the time to a target, a line a source that is alone, its median and the middle 68 % of pulses;
    return the figure.
    """
    rows = found.frame.loc[(found.frame.step_s == 10e-9) & (found.frame.start == "stationary")]
    settings = [name for name in _TITLES if name in set(rows.setting)]
    figure, grid = axes(len(settings), width=4.8, height=4.2)
    for ax, setting in zip(grid[0], settings, strict=True):
        mine = rows.loc[(rows.setting == setting) & ~rows.case.str.startswith("without") & (rows.case != "nothing")]
        _factors(ax, mine)
        ax.set(title=_TITLES[setting], xlabel="time to the target / noise-free time")
    grid[0, 0].legend(frameon=False, fontsize=8, loc="upper left")
    return figure


def _factors(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw the factors of each source, by direction."""
    names = list(dict.fromkeys(rows.case))
    ends = -np.log(_LEAST_FACTOR)
    for shift, (direction, colour) in zip((-0.16, 0.16), _COLOURS.items(), strict=True):
        mine = rows.loc[rows.direction == direction].set_index("case").loc[names]
        at = np.arange(len(names)) + shift
        low, middle, high = (np.exp(mine[name].clip(-ends, ends)) for name in ("q16", "bias", "q84"))
        ax.hlines(at, low, high, color=colour, linewidth=2.2, alpha=0.55)
        ax.plot(middle, at, "o", color=colour, markersize=4, label=direction.upper())
    ax.axvline(1.0, color="#888", linewidth=0.8)
    ax.set(xscale="log", xlim=(_LEAST_FACTOR, 1 / _LEAST_FACTOR))
    ax.set_yticks(np.arange(len(names)), [name.removeprefix("only ") for name in names])
    ax.invert_yaxis()


def length(found: NoiseSources) -> Figure:
    """Draw the bias and the scatter over the length of pulses in steps of the walk, measured and expected; return the
    figure.
    """
    table = by_length(found.pulses)
    still = found.frame.loc[found.frame.case == "walk"].dropna(subset=["bias_frozen"])
    figure, grid = axes(2, width=4.8, height=3.8)
    panels = (("bias", "median of ln(time / noise-free time)"), ("scatter", "half of the middle 68 % of the same"))
    for ax, (what, label) in zip(grid[0], panels, strict=True):
        for direction, colour in _COLOURS.items():
            mine = table.loc[table.direction == direction]
            ax.errorbar(
                mine.steps, mine[what], mine[f"{what}_error"], fmt="o", markersize=4, linewidth=1, color=colour,
                label=direction.upper(),
            )  # fmt: skip
            long = mine.loc[mine.steps >= _LONG]
            ax.plot(long.steps, long[f"{what}_expected"], color=colour, linewidth=1)
            limit = still.loc[still.direction == direction, f"{what}_frozen"].median()
            ax.axhline(limit, color=colour, linewidth=0.9, linestyle=":")
        ax.set(xscale="log", xlim=(BY_LENGTH[0], BY_LENGTH[-1]), xlabel="noise-free pulse (steps)", ylabel=label)
    grid[0, 0].set_ylim(top=0)
    grid[0, 1].set_ylim(bottom=0)
    for style, label in (("-", "walk averages out"), (":", "walk stands still")):
        grid[0, 1].plot([], [], style, color="#555", linewidth=1, label=label)
    grid[0, 1].legend(frameon=False, fontsize=8)
    return figure
