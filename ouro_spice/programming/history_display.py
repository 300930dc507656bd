"""How a write shows itself: a line, a table of its readings, a table with a figure, and axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._util import display

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_SHOWN = 12
"""Rows of the table in a notebook: of longer writes the first and the last ones."""

_NAN = float("nan")


def line(history: Any) -> str:
    """Return a write in one line."""
    ended = history.outcome.name.lower().replace("_", " ")
    words = [f"{history.programmer} to {display.quantity(history.target_S, 'S')}", ended]
    words.append(display.counted(len(history.pulses), "pulse"))
    if history.readings_S:
        words.append(display.way(history.readings_S[0], history.readings_S[-1], "S"))
        words.append(f"error {history.error:.1%}")
    words += [display.quantity(history.time_s, "s"), display.quantity(history.energy_J, "J")]
    return f"History: {', '.join(words)}"


def table(history: Any) -> pd.DataFrame:
    """Return a row before the first pulse and one for each, see `History.frame`."""
    import pandas as pd

    rows = len(history.pulses) + 1 if history.pulses or history.readings_S else 0

    def each(name: str) -> list[float]:
        values = (getattr(one, name) for one in history.pulses)
        return [_NAN, *(_NAN if value is None else float(value) for value in values)][:rows]

    def behind(values: Any) -> list[float]:
        found = dict(zip(history.sent, values, strict=False))
        return [float(found.get(row, _NAN)) for row in range(rows)]

    readings, ends = behind(history.readings_S), behind(history.conductances_S)
    return pd.DataFrame({
        "pulse": range(rows), "amplitude_V": each("amplitude"), "width_s": each("width"), "rise_s": each("rise"),
        "fall_s": each("fall"), "gate_V": each("gate"), "reading_S": readings, "conductance_S": ends,
        "error": [abs(one - history.target_S) / history.target_S for one in readings],
    })  # fmt: skip


def html(history: Any) -> str:
    """Return a write as HTML: what it took, and its readings over the pulses."""
    rows = [("outcome", history.outcome.value), ("detail", history.detail)]
    rows += [
        ("target", f"{display.quantity(history.target_S, 'S')}, within {history.tolerance:.3g} of it"),
        ("time", f"{display.quantity(history.time_s, 's')}, each read {display.quantity(history.read_s, 's')}"),
        ("energy", f"{display.quantity(history.energy_J, 'J')} in the pulses"),
        ("pulses", str(len(history.pulses))),
    ]
    frame = table(history)
    places = list(range(len(frame)))
    if len(places) > _SHOWN:
        places = places[: _SHOWN // 2] + places[-_SHOWN // 2 :]
    for place, before in zip(places, [-1, *places], strict=False):
        if place > before + 1:
            rows.append(("..", f"{place - before - 1} more"))
        rows.append((f"pulse {place}" if place else "before", _row(frame.iloc[place])))
    image = ""
    if len(history.readings_S):
        image = display.picture(draw(history, None), "readings over the pulses, with the band around the target")
    return display.card(line(history), rows, image)


def _row(row: Any) -> str:
    """Return a pulse, if there is one, and the reading behind it in words."""
    words = []
    if row.amplitude_V == row.amplitude_V:
        words.append(f"{display.quantity(row.amplitude_V, 'V')} for {display.quantity(row.width_s, 's')}")
    if row.gate_V == row.gate_V:
        words.append(f"gate at {display.quantity(row.gate_V, 'V')}")
    words.append(display.quantity(row.reading_S, "S") if row.reading_S == row.reading_S else "no read")
    return ", ".join(words)


def draw(history: Any, ax: Axes | None) -> Axes:
    """Draw readings over the number of pulses, with the band around the target; return the axes."""
    ax = display.axes(ax)
    low, high = ((1 + sign * history.tolerance) * history.target_S * 1e6 for sign in (-1, 1))
    ax.axhspan(low, high, color="#3a8f5c", alpha=0.15, label="target")
    if len(history.conductances_S):
        g_uS = [1e6 * one for one in history.conductances_S]
        ax.plot(history.sent[: len(g_uS)], g_uS, color="#9aa5b1", linewidth=1, label="device alone")
    if len(history.readings_S):
        g_uS = [1e6 * one for one in history.readings_S]
        size = 4 if len(g_uS) < 40 else 2
        ax.plot(history.sent[: len(g_uS)], g_uS, "o", color=display.SET_COLOUR, markersize=size, label="reading")
    display.whole_numbers(ax.xaxis)
    ax.set(xlabel="pulses", ylabel="G (uS)")
    ax.legend(frameon=False, fontsize=8)
    return ax
