"""Figures over comparisons of two datasets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..dataset.comparison.comparison import Comparison
from ..dataset.comparison.matched_statistics import DIRECTIONS, TOLERANCES
from ..dataset.comparison.ratio_split import Split
from .figures import RESET_COLOUR, SET_COLOUR, axes

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLOURS = {"SET": SET_COLOUR, "RESET": RESET_COLOUR}
_A, _B = "#7d5ba6", "#b8860b"
_STEP, _WHOLE = "#3a8f5c", "#555f6b"
_LEAST = 0.01
"""Colours reach to this many decades at least: what is nothing looks like nothing."""

_FEWEST = 3
"""Distributions of fewer records are no curves: they are in the table alone."""

_PER_PART = 5
"""Parts of the plane with fewer records have no median that is worth a colour."""


def ratio_map(comparison: Comparison) -> Figure:
    """Draw log10(t_b / t_a) over G_start and G_target, each record, and medians of parts of the plane; return the
    figure.

    Where no part has `_PER_PART` records there are no medians.
    """
    from matplotlib.colors import CenteredNorm

    there = comparison.frame.dropna(subset=["log10_ratio"])
    lost = comparison.frame[comparison.frame.log10_ratio.isna()]
    parts = comparison.map
    # single records far out must not take the colours from all others
    reach = np.quantile(np.abs(there.log10_ratio), 0.95) if len(there) else 0.0
    norm = CenteredNorm(0.0, halfrange=max(float(reach), _LEAST))
    several = bool((parts.records >= _PER_PART).any())
    figure, grid = axes(2 if several else 1, width=5.0, height=4.2)
    left = grid[0, 0]
    if len(lost):
        left.plot(lost.g_start_S * 1e6, lost.g_target_S * 1e6, "x", color="#777777", markersize=4)
    style = {
        "c": there.log10_ratio, "cmap": "RdBu_r", "norm": norm, "edgecolors": "#777777", "linewidths": 0.3,
        "rasterized": True,
    }  # fmt: skip
    image = left.scatter(there.g_start_S * 1e6, there.g_target_S * 1e6, s=_size(len(there)), **style)
    starts, targets = (np.unique([*parts[f"{n}_low_S"], *parts[f"{n}_high_S"]]) for n in ("g_start", "g_target"))
    if several:
        values = parts.median_log10_ratio.where(parts.records >= _PER_PART).to_numpy()
        values = values.reshape(len(starts) - 1, len(targets) - 1).T
        image = grid[0, 1].pcolormesh(starts * 1e6, targets * 1e6, values, cmap="RdBu_r", norm=norm)
        grid[0, 1].set_facecolor("#e4e4e4")
    limits = [np.array([ends[0] - 1e-5, ends[-1] + 1e-5]) * 1e6 for ends in (starts, targets)]
    without = f"; x: {len(lost)} without a ratio" if len(lost) else ""
    titles = (f"{len(there)} records{without}", f"medians of {_PER_PART} records or more, grey: fewer")
    for ax, title in zip(grid[0], titles, strict=False):
        ax.grid(visible=False)
        ax.plot(limits[0], limits[0], color="#444444", linewidth=0.8, linestyle=":")
        ax.set(xlabel="G_start (uS)", ylabel="G_target (uS)", xlim=limits[0], ylim=limits[1])
        ax.set_title(title, fontsize=10)
    figure.colorbar(image, ax=list(grid[0]), label="log10(t_B / t_A)", extend="both", fraction=0.04)
    return figure


def split_bars(split: Split) -> Figure:
    """Draw what each step adds, as a waterfall of means with standard errors, beside it SET and RESET apart; return the
    figure.
    """
    table = split.table
    steps = len(split.steps)
    figure, grid = axes(2, width=5.6, height=1.6 + 0.42 * (steps + 1))
    left, right = grid[0]
    both = table[table.direction == "both"].reset_index(drop=True)
    begin = both.cumulative_log10 - both.mean_log10
    colours = [_STEP] * steps + [_WHOLE]
    style = {"capsize": 3, "ecolor": "#222222", "error_kw": {"linewidth": 1}}
    left.barh(both.index, both.mean_log10, left=begin, xerr=both.sem_log10, color=colours, height=0.62, **style)
    for place, row in both.iterrows():
        end = np.nanmax([begin[place], row.cumulative_log10 + np.nan_to_num(row.sem_log10), 0.0])
        text = f"{round(row.mean_log10, 3) + 0.0:+.3f}"  # no negative zero
        left.annotate(text, (end, place), xytext=(5, 0), textcoords="offset points", va="center", fontsize=8)
    left.set_title(f"mean of {len(split.common)} records, with its standard error")
    for shift, direction in zip((-0.2, 0.2), DIRECTIONS, strict=True):
        mine = table[table.direction == direction].reset_index(drop=True)
        count = int(mine.records.iloc[-1])
        right.barh(
            mine.index + shift, mine.mean_log10, xerr=mine.sem_log10, color=_COLOURS[direction], height=0.36,
            label=f"{direction}, {count} records", **style,
        )  # fmt: skip
    right.set_title("each step by direction")
    for ax in grid[0]:
        ax.axvline(0, color="#444444", linewidth=0.8)
        ax.set_yticks(range(steps + 1), both.step)
        ax.invert_yaxis()
        ax.margins(x=0.22)
        ax.set_xlabel("change of log10 of the pulse time (decades)")
    right.legend(frameon=False, fontsize=8)
    return figure


def distributions(comparison: Comparison) -> Figure | None:
    """Draw the distribution functions of the pulse times of A and B, one panel a range of G_start, one row a direction;
    return the figure.

    None where no range has `_FEWEST` records: there is nothing to be drawn.
    """
    ranges = comparison.ks
    enough = ranges.loc[ranges[["records_a", "records_b"]].max(axis=1) >= _FEWEST]
    chosen = {name: enough.loc[enough.direction == name] for name in DIRECTIONS}
    # the first range of a direction is the whole of it: drawn where its parts have too few records
    whole = set(ranges.index[~ranges.direction.duplicated()])
    chosen = {name: mine.loc[~mine.index.isin(whole)] if len(mine) > 1 else mine for name, mine in chosen.items()}
    columns = max(map(len, chosen.values()))
    if not columns:
        return None
    figure, grid = axes(columns, 2, width=float(np.clip(9.2 / columns, 2.3, 4.6)), height=2.6)
    for row, (name, mine) in zip(grid, chosen.items(), strict=True):
        for ax in row[len(mine) :]:
            ax.set_visible(False)
        for ax, one in zip(row, mine.itertuples(), strict=False):
            _steps(ax, comparison.frame, one)
        row[0].set_ylabel(f"{name}, share of records")
    times = np.abs(comparison.frame[["t_a_s", "t_b_s"]].to_numpy(float))
    for ax in grid.flat:
        ax.set(xlabel="pulse time (s)", xlim=(np.nanmin(times) * 0.7, np.nanmax(times) * 1.4))
    lines = next((ax.get_lines() for ax in grid.flat if ax.get_lines()), [])
    if lines:
        figure.legend(lines, [line.get_label() for line in lines], loc="outside upper center", ncols=2, frameon=False)
    return figure


def played_errors(played: pd.DataFrame) -> Figure:
    """Draw the share of records within an error of G_end, for A's times in B and B's own, and where A's times end;
    return the figure.
    """
    figure, grid = axes(2, width=5.0, height=3.8)
    left, right = grid[0]
    for name, words, colour in (("played", "A's pulse times in B", _A), ("own", "B's own", _B)):
        error = np.sort(played[f"error_{name}"].dropna().to_numpy(float))
        share = np.arange(1, len(error) + 1) / max(len(played), 1)
        left.step(np.maximum(error, 1e-5) * 100, share, where="post", color=colour, label=words)
    for tolerance in TOLERANCES:
        left.axvline(tolerance * 100, color="#999999", linewidth=0.8, linestyle=":")
    left.set(xscale="log", ylim=(0, 1.02), xlabel="error of G_end (%)", ylabel="share of records within it",
             title=f"{len(played)} records")  # fmt: skip
    left.legend(frameon=False, fontsize=8)
    ends = np.array([played.g_target_S.min(), played.g_target_S.max()]) * 1e6
    right.fill_between(ends, 0.8 * ends, 1.2 * ends, color="#3a8f5c", alpha=0.15, linewidth=0, label="within 20 %")
    right.plot(ends, ends, color="#888888", linewidth=0.8)
    for name, colour in _COLOURS.items():
        mine = played[played.direction == name]
        style = {
            "markersize": _size(len(played)) ** 0.5,
            "alpha": 0.6,
            "color": colour,
            "label": name,
            "rasterized": True,
        }
        right.plot(mine.g_target_S * 1e6, mine.g_end_played_S * 1e6, "o", markeredgewidth=0, **style)
    right.set(xlabel="G_target (uS)", ylabel="G_end in B (uS)", title="A's pulse times in B")
    right.legend(frameon=False, fontsize=8)
    return figure


def _steps(ax: Axes, frame: pd.DataFrame, one: Any) -> None:
    """Draw both distribution functions of one range, a row of `Comparison.ks`."""
    inside = (frame.g_start_S >= one.g_start_low_S) & (frame.g_start_S < one.g_start_high_S)
    rows = frame.loc[frame.start_same & (frame.direction == one.direction) & inside]
    for side, colour in (("a", _A), ("b", _B)):
        times = np.sort(np.abs(rows[f"t_{side}_s"][rows[f"outcome_{side}"] == "reached"]))
        if len(times):
            ax.ecdf(times, color=colour, label=side.upper())
    where = f"{one.g_start_low_S * 1e6:.0f} to {one.g_start_high_S * 1e6:.0f} uS"
    ax.set_title(f"{where}, {one.records_a} / {one.records_b}, KS {one.ks:.2f}", fontsize=8)
    ax.set(xscale="log", ylim=(0, 1.05))
    ax.tick_params(labelsize=8)


def _size(records: int) -> float:
    """Return the area of a dot among so many [points^2]."""
    return float(np.clip(4000 / max(records, 1), 6, 40))
