"""How a waveform shows itself: a line, a table with a figure, and axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .._util import display
from .._util.checks import shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_UNITS = {"v": "V", "i": "A", "t": "K", "r": "m", "l": "nm", "g": "S", "c": "1"}
"""Unit of a trace by the first letter of its name, as in `Waveform.frame`."""

_BARE = ("1e26 m^-3", "nm", "1")
_COLOURS = ("#1b6ca8", "#c0492f", "#3a8f5c", "#7d5ba6", "#b8860b", "#555f6b")


def conductance(wave: Any) -> np.ndarray | None:
    """Return the conductance of a waveform, (T,) [S]; None where there is none: of a failure, or no memristor."""
    try:
        return wave.g if len(wave.time_s) else None
    except ValueError:
        return None


def line(wave: Any) -> str:
    """Return a waveform in one line."""
    points, g_S = len(wave.time_s), conductance(wave)
    words = [display.counted(points, "point")]
    words += [display.quantity(float(wave.time_s[-1]), "s")] if points else []
    words += [f"{len(wave.state.x)} cells"] if wave.state is not None and len(wave.state.x) > 1 else []
    words += [display.way(float(g_S[0]), float(g_S[-1]), "S")] if g_S is not None else []
    words += [display.quantity(wave.energy_J, "J"), wave.result.name]
    words += [display.counted(len(wave.warnings), "warning")] if wave.warnings else []
    return f"Waveform: {', '.join(words)}"


def _unit(wave: Any, name: str) -> str:
    """Return the unit of a trace: a state variable's own, else by the first letter of its name."""
    states = {} if wave.device is None else {one.name: one.unit for one in wave.device.variables}
    return states.get(name.partition("@")[0], _UNITS.get(name[0], "1"))


def html(wave: Any) -> str:
    """Return a waveform as HTML: what it is, and its voltage and conductance over time."""
    g_S, rows = conductance(wave), [("result", f"{wave.result.name}: {wave.result.value}")]
    if len(wave.time_s):
        rows.append(("time", f"{display.quantity(float(wave.time_s[-1]), 's')}, {len(wave.time_s)} points"))
    if g_S is not None:
        rows.append(("conductance", display.way(float(g_S[0]), float(g_S[-1]), "S")))
    for name, words, unit in (
        ("v_cell", "voltage at the device", "V"),
        ("i_cell", "current", "A"),
        ("temperature", "temperature", "K"),
    ):
        if len(wave.traces.get(name, ())):
            rows.append((words, display.span(wave.traces[name], unit)))
    rows += [("energy", display.quantity(wave.energy_J, "J")), ("traces", _names(wave)), ("maps", ", ".join(wave.maps))]
    rows += [("fidelity", str(wave.fidelity))] if wave.fidelity.name != "full" else []
    rows += [("warning", text) for text in wave.warnings]
    return display.card(line(wave), rows, _image(wave, g_S))


def _names(wave: Any) -> str:
    """Return the names of the traces, the first dozen of many."""
    names = list(wave.traces)
    return ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")


def _image(wave: Any, g_S: np.ndarray | None) -> str:
    """Return the voltage at the device above its conductance, what is there of them; "" where nothing is."""
    names = [name for name in ("v_cell", "g") if (name == "g" and g_S is not None) or name in wave.traces]
    if len(wave.time_s) < 2 or not names:
        return ""
    found = display.panels(len(names), height=1.0 + 1.2 * len(names))
    for ax, name in zip(found, names, strict=True):
        draw(wave, (name,), ax)
    for ax in found[:-1]:
        ax.set_xlabel("")
    return display.picture(found[-1], f"{' and '.join(names)} of the waveform over time")


def draw(wave: Any, names: tuple[str, ...], ax: Axes | None) -> Axes:
    """Draw traces of one unit over time; return the axes.

    Raises
    ------
    ValueError
        For traces that are not there, or of several units.
    """
    chosen = names or (("g",) if conductance(wave) is not None else tuple(wave.traces)[:1])
    for name in chosen:
        if name != "g" and name not in wave.traces:
            raise ValueError(f"no trace {shown(name)}; there is {', '.join(wave.traces) or 'none'}, g")
    units = {_unit(wave, name) for name in chosen}
    if len(units) > 1:
        raise ValueError(f"{', '.join(chosen)} have several units ({', '.join(sorted(units))}): plot them one by one")
    traces, ax = [wave[name] for name in chosen], display.axes(ax)
    unit = units.pop() if units else ""
    time, second = display.scaled(wave.time_s, "s")
    factor, label = (
        (1.0, unit) if unit in _BARE else display.scaled([np.abs(one).max(initial=0) for one in traces], unit)
    )
    for k, (name, trace) in enumerate(zip(chosen, traces, strict=True)):
        ax.plot(wave.time_s * time, trace * factor, color=_COLOURS[k % len(_COLOURS)], linewidth=1.3, label=name)
    what = {"g": "G", "v": "V", "i": "I"}.get(chosen[0][0], chosen[0]) if len(chosen) > 1 else "".join(chosen)
    ax.set(xlabel=f"time ({second})", ylabel=f"{'G' if what == 'g' else what} ({label})")
    if len(chosen) > 1:
        ax.legend(frameon=False, fontsize=8)
    return ax
