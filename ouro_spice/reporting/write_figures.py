"""Figures of many writes: where they end, how they get there, what they cost (Fig. 7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .._util.checks import check_count, check_range
from ..programming.history import History
from .figures import axes, whole_numbers
from .variants import COLOURS, check_some, check_window, figure_of, kind, looks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FIG_7_S = (100e-6, 220e-6, 340e-6)
"""Targets whose histories the paper shows [S]."""

_LINES = 150
"""Writes that a panel shows; its medians are those of all."""

_LONGEST = 1e12
"""Of a figure of a write, in whatever unit: larger than any, so that the check is that of a number."""


def convergence(histories: Mapping[str, Sequence[History]], window_S: tuple[float, float], after: int = 20) -> Figure:
    """Draw the conductance after some iterations over the target, and its distance from that, mean and standard
    deviation; return the figure.

    Both are those over the writes to a target, from whatever conductances they began. A write that ended earlier
    counts as it then was; one without any reading does not.

    Raises
    ------
    ValueError
        For no programmer, a window that is none, or a programmer without a single write.
    """
    check_some("histories", histories)
    check_count("after", after)
    low, high = (1e6 * end for end in check_window(window_S))
    figure, grid = axes(2, width=4.6, height=3.7)
    left, right = grid[0]
    left.plot([low, high], [low, high], color="#888", linewidth=0.8)
    right.axhline(0, color="#888", linewidth=0.8)
    gap, ends = 0.004 * (high - low), (low - 0.04 * (high - low), high + 0.04 * (high - low))
    for place, (name, look) in enumerate(looks(histories).items()):
        target, mean, spread = _by_target(histories, name, after)
        at = target + gap * (place - (len(histories) - 1) / 2)
        left.errorbar(at, mean, spread, marker="o", markersize=2.5, linewidth=1, elinewidth=0.8, label=name, **look)
        middle, half = 100 * (mean / target - 1), 100 * spread / target
        right.plot(target, middle, linewidth=1.3, **look)
        right.fill_between(target, middle - half, middle + half, color=look["color"], alpha=0.15, linewidth=0)
    left.set(xlabel="G_target (uS)", ylabel=f"G_end after {after} iterations (uS)", xlim=ends, ylim=ends)
    right.set(xlabel="G_target (uS)", ylabel="(G_end - G_target) / G_target (%)", xlim=ends)
    for ax in (left, right):
        ax.set_title("mean and standard deviation over the starts", fontsize=9)
    handles, names = left.get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper center", ncols=3, frameon=False, fontsize=8)
    return figure


def _by_target(
    histories: Mapping[str, Sequence[History]], name: str, after: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return targets, means and standard deviations of the conductance after some iterations, (T,) [uS] each."""
    read = [history for history in histories[name] if history.conductances_S]
    if not read:
        raise ValueError(f"histories of {name!r}: there is no write with a reading")
    target = np.array([history.target_S for history in read])
    end = np.array([history.conductances_S[min(after, len(history.conductances_S) - 1)] for history in read])
    targets, place, count = np.unique(target, return_inverse=True, return_counts=True)
    mean = np.bincount(place, end) / count
    spread = np.sqrt(np.bincount(place, (end - mean[place]) ** 2) / np.maximum(count - 1, 1))
    return targets * 1e6, mean * 1e6, spread * 1e6


def iterations(histories: Sequence[History], targets_S: Sequence[float] = FIG_7_S) -> Figure:
    """Draw the conductance over the iterations from many starts, a panel a target with its band, thick their median;
    return the figure.

    A write that ended earlier counts in the median as it then was.

    Raises
    ------
    ValueError
        For no target, or one to which there is no write with a reading.
    """
    if not len(targets_S):
        raise ValueError("targets_S is empty: a figure needs at least one target")
    chosen = [_to(histories, target) for target in targets_S]
    columns = min(3, len(chosen))
    figure, grid = axes(columns, -(-len(chosen) // columns), width=3.3, height=3.0)
    most = max(len(history.conductances_S) for several in chosen for history in several)
    highest = max(max(history.conductances_S) for several in chosen for history in several)
    for ax in grid.flat[len(chosen) :]:
        ax.set_visible(False)
    for ax, target, several in zip(grid.flat, targets_S, chosen, strict=False):
        _histories(ax, target, several, most)
        ax.set(xlabel="iteration", ylim=(0, 1.04e6 * highest))
    for ax in grid[:, 0]:
        ax.set_ylabel("G (uS)")
    return figure


def _to(histories: Sequence[History], target_S: float) -> list[History]:
    """Return the writes to a target [S] that have a reading; ValueError where there is none."""
    found = [h for h in histories if h.conductances_S and np.isclose(h.target_S, target_S, rtol=1e-6, atol=0)]
    if not found:
        there = ", ".join(f"{target * 1e6:.4g}" for target in sorted({h.target_S for h in histories})[:20])
        raise ValueError(f"targets_S: no write to {target_S * 1e6:.4g} uS has a reading; there are {there or 'none'}")
    return found


def _histories(ax: Axes, target_S: float, histories: Sequence[History], most: int) -> None:
    """Draw the conductances of some writes to a target, their median, and the band."""
    from matplotlib.collections import LineCollection

    g_uS = np.array([_held(history.conductances_S, most) for history in histories]) * 1e6
    shown = np.unique(np.linspace(0, len(g_uS) - 1, min(len(g_uS), _LINES)).astype(int))
    lines = [
        np.column_stack([np.arange(len(h.conductances_S)), np.array(h.conductances_S) * 1e6])
        for h in (histories[k] for k in shown)
    ]
    ax.add_collection(LineCollection(lines, colors="#1b6ca8", linewidths=0.6, alpha=0.3, rasterized=len(lines) > 20))
    ax.plot(np.median(g_uS, axis=0), color="#0b2f4a", linewidth=1.8)
    band = 1e6 * target_S * histories[0].tolerance
    ax.axhspan(1e6 * target_S - band, 1e6 * target_S + band, color="#3a8f5c", alpha=0.25, linewidth=0)
    ax.axhline(1e6 * target_S, color="#3a8f5c", linewidth=0.8)
    of = f"{len(lines)} of {len(histories)}" if len(lines) < len(histories) else f"{len(histories)}"
    ax.set_title(f"to {1e6 * target_S:.4g} uS, {of} writes", fontsize=9)
    ax.set_xlim(0, max(most - 1, 1))
    whole_numbers(ax.xaxis, min_n_ticks=1)


def _held(values: Sequence[float], count: int) -> np.ndarray:
    """Return the values, and then the last one again and again, `count` in all."""
    return np.asarray(values)[np.minimum(np.arange(count), len(values) - 1)]


def pulses_and_time(rows: Mapping[str, Mapping[str, Any]], tolerance: float) -> Figure:
    """Draw pulses (whisker: to the 95th percentile) and time of a write by programmer, and how many reach their target;
    return the figure.

    A diamond is the time with predictions in software. Where all rows tell the energy of reads, a third panel shows
    that of the pulses, and by a diamond that of the reads.

    Parameters
    ----------
    rows
        By programmer, as in results: ``pulses_mean``, ``pulses_p95``, ``time_s``, ``success``; for whiskers
        ``time_interval_s``, for diamonds ``software_s``, for the third panel ``energy_J``, ``read_energy_J``.
    tolerance
        Relative distance from the target at which a write is done.

    Raises
    ------
    ValueError
        For no programmer, or figures that are missing or no such numbers, naming them.
    """
    check_some("rows", rows)
    check_range("tolerance", tolerance, 1e-6, 1.0, "(relative)")
    energies = all(row.get("read_energy_J") is not None and row.get("energy_J") is not None for row in rows.values())
    figure, grid = axes(3 if energies else 2, width=4.9, height=1.4 + 0.32 * len(rows))
    pulses, time_us, p95, success = (
        {name: factor * figure_of(rows, name, key, most) for name in rows}
        for key, factor, most in (
            ("pulses_mean", 1, _LONGEST), ("time_s", 1e6, _LONGEST), ("pulses_p95", 1, _LONGEST), ("success", 100, 1.0),
        )
    )  # fmt: skip
    whiskers = {name: (pulses[name], p95[name]) for name in rows}
    _bars(grid[0, 0], pulses, whiskers, {name: f"{pulses[name]:.3g} ({success[name]:.3g} %)" for name in rows})
    software = {name: 1e6 * row["software_s"] for name, row in rows.items() if row.get("software_s") is not None}
    texts = {name: f"{time_us[name]:.3g}" for name in rows}
    texts |= {name: f"{texts[name]}; in software {_plain(value)}" for name, value in software.items()}
    _bars(grid[0, 1], time_us, _time_intervals(rows), texts, software)
    if energies:
        _energies(grid[0, 2], rows)
    grid[0, 0].set_xlabel("pulses a write, to p95 (share that reach the target)")
    more = "\ndiamond: with predictions in software" if software else ""
    grid[0, 1].set(xlabel=f"time of a write, pulses and reads (us){more}", yticklabels=[])
    _kinds(figure, rows, f"to within ±{100 * tolerance:g} % of the target")
    return figure


def _time_intervals(rows: Mapping[str, Mapping[str, Any]]) -> dict[str, tuple[float, float]]:
    """Return the interval of the time of each row that has one [us], by programmer."""
    found = {name: row.get("time_interval_s") for name, row in rows.items()}
    return {name: (1e6 * ends[0], 1e6 * ends[1]) for name, ends in found.items() if ends}


def _energies(ax: Axes, rows: Mapping[str, Mapping[str, Any]]) -> None:
    """Draw the energy of pulses as bars, and that of reads as diamonds."""
    pulses, reads = (
        {name: 1e12 * figure_of(rows, name, key, _LONGEST) for name in rows} for key in ("energy_J", "read_energy_J")
    )
    _bars(ax, pulses, {}, {name: f"{_plain(pulses[name])} and {_plain(reads[name])}" for name in rows}, reads)
    ax.set(xlabel="energy of the pulses of a write (pJ)\ndiamond: of its reads", yticklabels=[])


def _plain(value: float) -> str:
    """Return a number of three digits as text, without a power of ten."""
    return f"{float(f'{value:.3g}'):,.10g}".replace(",", " ")


def _bars(
    ax: Axes, values: Mapping[str, float], whiskers: Mapping[str, tuple[float, float]], texts: Mapping[str, str],
    marks: Mapping[str, float] | None = None,
) -> None:  # fmt: skip
    """Draw horizontal bars on a logarithmic axis, from top to bottom, with diamonds at `marks`."""
    marks = marks or {}
    ends = np.ravel(list(whiskers.values()))
    found = [value for value in (*values.values(), *ends, *marks.values()) if value > 0]
    low = float(10 ** np.floor(np.log10(0.8 * min(found, default=1.0))))
    high = max(found, default=1.0)
    for k, (name, value) in enumerate(values.items()):
        ax.barh(k, max(value - low, 0), left=low, color=COLOURS[kind(name)], height=0.62)
        if name in whiskers:
            ax.hlines(k, *np.maximum(whiskers[name], low), color="#111", linewidth=1)
        if name in marks:
            ax.plot(max(marks[name], low), k, marker="D", markersize=5, color="#111", markerfacecolor="white")
        end = max(value, *whiskers.get(name, (low, low)), marks.get(name, low), low)
        ax.annotate(
            texts[name],
            (end, k),
            xytext=(7 if name in marks else 4, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
        )
    ax.set_yticks(range(len(values)), list(values), fontsize=8)
    # room for the numbers
    ax.set(xscale="log", xlim=(low, high * (high / low) ** 0.45 * 1.3), ylim=(len(values) - 0.5, -0.5))
    ax.tick_params(axis="y", length=0)
    ax.grid(visible=False, axis="y")
    ax.set_axisbelow(True)


def _kinds(figure: Figure, names: Mapping[str, Any], title: str) -> None:
    """Draw the legend of the bars' colours."""
    from matplotlib.patches import Patch

    there = dict.fromkeys(kind(name) for name in names)
    patches = [Patch(color=COLOURS[one], label=one) for one in there]
    figure.legend(
        handles=patches, title=title, loc="outside upper center", ncols=len(patches), frameon=False, fontsize=8,
        title_fontsize=10,
    )  # fmt: skip
