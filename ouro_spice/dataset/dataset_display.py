"""How a dataset shows itself: a line, a table with a figure, and axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .._util import display
from .sweep import COLUMNS, CONTROL_WORDS, WIDTH

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DRAWN = {"g_start_S", "g_target_S", "t_pulse_s", "outcome"}
"""Columns that the figure needs: a part of a table of yours may lack them."""

_MOST = 3000
"""Records in a figure."""


def line(data: Any) -> str:
    """Return a dataset in one line."""
    frame, words = data.frame, [display.counted(len(data.frame), "record")]
    words[0] += f" of {data.manifest.cell.get('kind', '?')}"
    words += [f"{count} {name.replace('_', ' ')}" for name, count in _counts(frame, "outcome").items()]
    words.append(display.span(_column(frame, "g_start_S", "g_target_S"), "S"))
    words.append(display.span(np.abs(_column(frame, "t_pulse_s")), "s"))
    if data.control != WIDTH:
        words.append(f"{CONTROL_WORDS[data.control]} {display.span(_column(frame, COLUMNS[data.control]), 'V')}")
    words += ["fidelity circuit"] if data.agreement else []
    return f"PulseDataset: {', '.join(words)}"


def html(data: Any) -> str:
    """Return a dataset as HTML: what is in it, and pulse times over the wanted change."""
    frame, settings = data.frame, data.manifest.settings
    rows = [("outcomes", _listed(_counts(frame, "outcome"))), ("splits", _listed(_counts(frame, "split")))]
    failed = {name: count for name, count in _counts(frame, "result").items() if name != "OK"}
    rows += [("failures", _listed(failed)), ("starts", display.span(_column(frame, "g_start_S"), "S"))]
    rows += [("targets", display.span(_column(frame, "g_target_S"), "S"))]
    rows += [("pulses", display.span(np.abs(_column(frame, "t_pulse_s")), "s"))]
    volts = np.unique(np.round(_column(frame, "amplitude_V"), 6))
    rows.append(("amplitudes", _volts(volts[np.isfinite(volts)])))
    devices = frame["device"].nunique() if "device" in frame else 0
    rows += [("devices", devices or ""), ("seed", settings.get("seed", ""))]
    rows += [("fidelity circuit", data.agreement)] if data.agreement else []
    image = ""
    if set(frame) >= _DRAWN and np.isfinite(_column(frame, "t_pulse_s")).any():
        image = display.picture(draw(data, None), "pulse time of each record over the wanted change of conductance")
    return display.card(line(data), [(name, str(value)) for name, value in rows], image)


def _volts(volts: np.ndarray) -> str:
    """Return amplitudes in words."""
    if len(volts) > 4:
        return display.span(volts, "V")
    return ", ".join(display.quantity(float(one), "V") for one in volts)


def _counts(frame: Any, name: str) -> dict[str, int]:
    """Return how often each value of a column is there; nothing where there is no such column."""
    return {str(one): int(count) for one, count in frame[name].value_counts().items()} if name in frame else {}


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items())


def _column(frame: Any, *names: str) -> np.ndarray:
    """Return the numbers of columns, one after the other; none of those that are not there."""
    return np.concatenate([np.zeros(0), *(frame[name].to_numpy(float) for name in names if name in frame)])


def draw(data: Any, ax: Axes | None) -> Axes:
    """Draw the pulse time of each record over the wanted change, a colour a direction, or where it ended over the
    voltage that was varied; return the axes.
    """
    ax, frame = display.axes(ax), data.frame
    if len(frame) > _MOST:
        frame = frame.iloc[np.linspace(0, len(frame) - 1, _MOST).astype(int)]
    if data.control != WIDTH:
        volts, end_uS = frame[COLUMNS[data.control]].to_numpy(float), frame.g_end_S.to_numpy(float) * 1e6
        ax.plot(volts, end_uS, "o", color=display.SET_COLOUR, markersize=2.5, alpha=0.6)
        ax.set(xlabel=f"{CONTROL_WORDS[data.control]} (V)", ylabel="G at the end (uS)")
        return ax
    change = (frame.g_target_S - frame.g_start_S).to_numpy(float) * 1e6
    time_s = frame.t_pulse_s.to_numpy(float)
    reached = (frame.outcome == "reached").to_numpy()
    size = 5 if len(frame) < 200 else 2.5
    for sign, name, colour in ((1, "SET", display.SET_COLOUR), (-1, "RESET", display.RESET_COLOUR)):
        for those, mark, words in ((reached, "o", ""), (~reached, "x", ", not reached")):
            mine = (np.sign(time_s) == sign) & those
            if mine.any():
                label = f"{name}{words}: {mine.sum()}"
                ax.plot(change[mine], np.abs(time_s[mine]), mark, color=colour, markersize=size, alpha=0.6, label=label)
    ax.set(yscale="log", xlabel="wanted change of G (uS)", ylabel="pulse time (s)")
    if ax.get_lines():
        ax.legend(frameon=False, fontsize=8)
    return ax
