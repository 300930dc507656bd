"""Figures of a dataset, each with its table: what `write_figures` puts into a folder."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .._util.files import write_whole
from ..dataset.pulse_dataset import PulseDataset
from ..dataset.sweep import COLUMNS, CONTROL_WORDS, WIDTH
from .figures import RESET_COLOUR, SET_COLOUR, axes, whole_numbers

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

FigureAndTable = tuple["Figure", "pd.DataFrame"]

DIRECTIONS = ((1, "SET", SET_COLOUR), (-1, "RESET", RESET_COLOUR))

_SHARDS, _LINES, _POINTS = 4, 40, 200
"""Histories come from so many files; lines a panel; points a line, even in the logarithm of time."""

_MARKS, _PER_CELL = 3000, 10
"""A map shows each record up to so many of them, else medians of about so many each."""

_BINS = 60


def write_figures(data: PulseDataset, folder: Path) -> dict[str, Path]:
    """Write the figures of a dataset: histories, pulse times over start and target, distributions; return the paths by
    file name.

    Each figure is a PNG and an SVG with its numbers as CSV.

    Raises
    ------
    ValueError
        For a dataset without a single record whose simulation succeeded.
    OutputError
        Where a file cannot be written.
    """
    if not (data.frame.outcome != "simulation_failed").any():
        raise ValueError("there is nothing to draw: the simulation of every record failed")
    paths: dict[str, Path] = {}
    timed = data.control == WIDTH
    for stem, (figure, frame) in (
        ("histories", histories(data)), ("pulse_times", pulse_times(data)), ("distributions", distributions(data)),
    ) if timed else (("voltages", over_voltage(data)),):  # fmt: skip
        for kind, more in (("png", {"dpi": 150}), ("svg", {"metadata": {"Date": None}})):
            paths[f"{stem}.{kind}"] = folder / f"{stem}.{kind}"
            write_whole(paths[f"{stem}.{kind}"], partial(figure.savefig, format=kind, **more))
        paths[f"{stem}.csv"] = folder / f"{stem}.csv"
        write_whole(paths[f"{stem}.csv"], partial(frame.to_csv, index=False, float_format="%.9g"))
    return paths


def histories(data: PulseDataset) -> FigureAndTable:
    """Draw the conductance over pulse time of a sample of records, a panel a direction, a dot where the pulse ends;
    return figure and table.
    """
    import pandas as pd

    sample = list(_sampled(data))
    figure, grid = axes(2)
    shortest_s = min((row.history_dt_s for _, row in sample), default=1e-9)
    lines = []
    for ax, (sign, name, colour) in zip(grid[0], DIRECTIONS, strict=True):
        rows = [row for direction, row in sample if direction == sign]
        for row in rows:
            time_s, g_S = _thinned(row)
            # of two points nothing is known between them
            style = "-" if len(time_s) > 2 else ":"
            ax.plot(time_s, g_S * 1e6, style, color=colour, alpha=0.4, linewidth=0.8)
            if row.outcome == "reached":
                ax.plot(abs(row.t_pulse_s), row.g_end_S * 1e6, "o", color=colour, markersize=2.5)
            lines.append(pd.DataFrame({"record": row.record, "direction": name, "time_s": time_s, "g_S": g_S}))
        # a history begins at time 0
        ax.set_xscale("symlog", linthresh=shortest_s, linscale=0.4, subs=range(2, 10))
        ax.set_xlim(left=0)
        of = int((np.sign(data.frame.amplitude_V) == -sign).sum())
        title = f"{name}, {_volts(data, sign)}{len(rows)} of {of} records"
        ax.set(title=title, xlabel="pulse time (s), dots: where the pulse ends", ylabel="G (uS)")
    return figure, pd.concat(lines, ignore_index=True)


def over_voltage(data: PulseDataset) -> FigureAndTable:
    """Draw where records ended over the voltage that they vary, the start as colour; return figure and table."""
    frame = data.frame.loc[data.frame.outcome == "reached"]
    table = frame.loc[:, ["record", "g_start_S", COLUMNS[data.control], "g_end_S"]]
    figure, grid = axes(1, width=5.4, height=4.0)
    volts, end_uS = frame[COLUMNS[data.control]], frame.g_end_S * 1e6
    marks = grid[0, 0].scatter(volts, end_uS, c=frame.g_start_S * 1e6, s=8, linewidths=0)
    figure.colorbar(marks, ax=grid[0, 0], label="G at the start (uS)")
    grid[0, 0].set(xlabel=f"{CONTROL_WORDS[data.control]} (V)", ylabel="G at the end (uS)")
    return figure, table


def pulse_times(data: PulseDataset) -> FigureAndTable:
    """Draw the pulse time over the conductances at start and target, of each record, or medians where there are many;
    return figure and table.
    """
    from matplotlib.colors import LogNorm

    frame = data.frame.loc[data.frame.outcome == "reached"]
    missed = data.frame.loc[data.frame.outcome == "not_reached"]
    figure, grid = axes(1, width=5.4, height=4.4)
    ax = grid[0, 0]
    table = frame.loc[:, ["record", "g_start_S", "g_target_S", "t_pulse_s"]]
    if len(frame):
        width_s = frame.t_pulse_s.abs()
        norm = LogNorm(width_s.min(), max(width_s.max(), 1.01 * width_s.min()))
        if len(frame) <= _MARKS:
            size = np.clip(6000 / len(frame), 6, 40)
            places = (frame.g_start_S * 1e6, frame.g_target_S * 1e6)
            marks = ax.scatter(*places, c=width_s, norm=norm, s=size, linewidths=0)
        else:
            edges, medians, table = _binned(frame)
            marks = ax.pcolormesh(*(1e6 * one for one in edges), medians.T, norm=norm, rasterized=True)
        figure.colorbar(marks, ax=ax, label="pulse time (s)")
    if len(missed):
        shown = missed.iloc[: _MARKS // 3]
        label = f"{len(missed)} not reached"
        places = (shown.g_start_S * 1e6, shown.g_target_S * 1e6)
        ax.plot(*places, "x", color="#777", markersize=4, alpha=0.6, label=label)
        figure.legend(loc="outside upper right", frameon=False, fontsize=8)
    ends = [f(data.frame[["g_start_S", "g_target_S"]].to_numpy()) * 1e6 for f in (np.min, np.max)]
    ax.plot(ends, ends, color="#888", linewidth=0.8)
    if _measured(data):
        ax.set(xlabel="G before (uS)", ylabel="G after (uS)")
    else:
        ax.set(xlabel="G at the start (uS)", ylabel="target (uS)", title="SET above the line, RESET below")
    return figure, table


def distributions(data: PulseDataset) -> FigureAndTable:
    """Draw distributions of the pulse time and of the relative distance from the target at the end, by direction;
    return figure and table.

    Measured pulses had no target: theirs is the ratio of the conductances after and before.
    """
    import pandas as pd

    reached = data.frame.loc[data.frame.outcome == "reached"]
    quantity, label = "relative_error", "(G at the end - target) / target"
    error = reached.g_end_S / reached.g_target_S - 1
    if _measured(data):
        quantity, label = "log10_ratio", "log10(G after / G before)"
        error = np.log10(reached.g_end_S / reached.g_start_S)
    signs = np.sign(reached.t_pulse_s)
    figure, grid = axes(2)
    tables = []
    panels = (
        (grid[0, 0], "t_pulse_s", reached.t_pulse_s.abs(), "pulse time (s)", _edges(reached.t_pulse_s.abs(), log=True)),
        (grid[0, 1], quantity, error, label, _edges(error, log=False)),
    )
    for ax, quantity, values, label, edges in panels:
        for sign, name, colour in DIRECTIONS:
            counts, _ = np.histogram(values[signs == sign], edges)
            ax.stairs(counts, edges, color=colour, fill=True, alpha=0.35)
            ax.stairs(counts, edges, color=colour, linewidth=1, label=f"{name}, {counts.sum()} records")
            columns = {"quantity": quantity, "direction": name, "low": edges[:-1], "high": edges[1:]}
            tables.append(pd.DataFrame(columns | {"records": counts}))
        ax.set(xlabel=label, ylabel="records")
        whole_numbers(ax.yaxis)
    grid[0, 0].set_xscale("log")
    beyond = int((np.abs(error) > panels[-1][-1][-1]).sum())
    all_of_them = f"{len(reached)} of {len(data.frame)} records reached their target"
    grid[0, 0].set_title("measured pulses" if _measured(data) else all_of_them, fontsize=10)
    middle = np.abs(error).median()
    within = f"a factor of {10**middle:.3g}" if _measured(data) else f"{100 * middle:.2g} %"
    half = f"half of them within {within}" if len(error) else ""
    grid[0, 1].set_title(f"{half}{f', {beyond} beyond the axis' if beyond else ''}", fontsize=10)
    figure.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=2, frameon=False)
    return figure, pd.concat(tables, ignore_index=True)


def _sampled(data: PulseDataset) -> Iterator[tuple[int, Any]]:
    """Yield the direction and the row of records of a few files, spread over the dataset: each file is read once."""
    frame = data.frame.loc[data.frame.outcome != "simulation_failed"]
    shard = frame.record // data.manifest.settings["shard"]
    files = shard.unique()
    chosen = files[np.unique(np.linspace(0, len(files) - 1, _SHARDS).astype(int))]
    rows = frame.loc[shard.isin(chosen)]
    for sign, _, _ in DIRECTIONS:
        mine = rows.loc[np.sign(rows.amplitude_V) == -sign]
        places = np.unique(np.linspace(0, len(mine) - 1, min(len(mine), _LINES)).astype(int))
        yield from ((sign, row) for row in mine.iloc[places].itertuples())


def _thinned(row: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return times [s] and conductances [S] of a history, (points,) each, even in the logarithm of time."""
    g_S = np.asarray(row.history_g_S, dtype=float)
    last = len(g_S) - 1
    # no grid twice: early ones of the even logarithm are the same point
    kept = np.unique(np.concatenate([[0], np.geomspace(1, max(last, 1), _POINTS).astype(int), [last]]))
    kept = kept[kept <= last]
    return kept * row.history_dt_s, g_S[kept]


def _binned(frame: pd.DataFrame) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray, pd.DataFrame]:
    """Return the edges of a grid over start and target [S], medians of the pulse time [s], (starts, targets), and the
    same as a table.
    """
    count = int(np.clip(np.sqrt(len(frame) / _PER_CELL), 2, 60))
    start, target = (
        np.linspace(frame[name].min(), frame[name].max(), count + 1) for name in ("g_start_S", "g_target_S")
    )
    cells = [
        np.clip(np.searchsorted(edges, frame[name], side="right") - 1, 0, count - 1)
        for name, edges in (("g_start_S", start), ("g_target_S", target))
    ]
    found = frame.t_pulse_s.abs().groupby([cells[0], cells[1]]).agg(["median", "size"]).reset_index()
    found.columns = ["i", "j", "t_pulse_median_s", "records"]
    medians = np.full((count, count), np.nan)
    medians[found.i, found.j] = found.t_pulse_median_s
    middle = [(edges[1:] + edges[:-1]) / 2 for edges in (start, target)]
    table = found.assign(g_start_S=middle[0][found.i], g_target_S=middle[1][found.j])
    return (start, target), medians, table.loc[:, ["g_start_S", "g_target_S", "t_pulse_median_s", "records"]]


def _edges(values: pd.Series, log: bool) -> np.ndarray:
    """Return the edges of a histogram's bins; of errors they are symmetric and hold all but the outermost percent."""
    if not len(values):
        return np.linspace(1, 2, 2)
    bins = int(np.clip(2 * np.sqrt(len(values)), 8, _BINS))
    if log:
        return np.geomspace(float(values.min()) / 1.1, float(values.max()) * 1.1, bins + 1)
    reach = float(values.abs().quantile(0.99, interpolation="higher"))
    return np.linspace(-1, 1, bins + 1) * max(1.001 * reach, 1e-6)


def _measured(data: PulseDataset) -> bool:
    """Return whether the records are measured pulses."""
    return data.manifest.cell.get("kind") == "measurement"


def _volts(data: PulseDataset, sign: int) -> str:
    """Return the amplitude of a direction in words; "" where there are several."""
    volts = data.frame.amplitude_V[np.sign(data.frame.amplitude_V) == -sign].unique()
    return f"{volts[0]:+.4g} V, " if len(volts) == 1 else ""
