"""How late and how slow an edge arrives along a driven line, and Elmore's estimate of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .._util.display import brief, shows
from ..circuit.parts import Driver
from ..circuit.pulse import Parallel, Pulse
from ..circuit.selection import Selection
from ..circuit.waveform import Waveform
from .write_energy import device_current

if TYPE_CHECKING:
    import pandas as pd

_TIMES = 5.0
"""Elmore delays of the far end after which a line counts as settled behind its driver's edge."""


@dataclass(frozen=True, eq=False)
class LineDelay:
    """The rising edge of a write along one line, cell by cell from the driver on.

    Attributes
    ----------
    line
        Its name, such as ``wl3``.
    delay_s
        Time from the middle of the driver's edge to the middle of the edge at each cell, (n,) [s].
    edge_s
        Time from 10 % to 90 % at each cell, (n,) [s].
    elmore_s
        Elmore's delay, (n,) [s]: resistances of driver and line, capacitance of the line and what the cells add to it.
    driver_edge_s
        Time from 10 % to 90 % at the driver [s].
    level_V
        Settled voltage at each cell, which the shares are shares of, (n,) [V]: that after the driver's edge and five
        Elmore delays of the far end, or at the end of the pulse. Lost voltage is lost there, not late.
    cell_F
        Capacitance that each cell adds to the line [F], mean: from the charge that the driver sends into the line in
        its edge and not through the selected device. 0 in a 1R array.
    """

    line: str
    delay_s: np.ndarray
    edge_s: np.ndarray
    elmore_s: np.ndarray
    driver_edge_s: float
    level_V: np.ndarray
    cell_F: float

    @shows
    def __repr__(self) -> str:
        return brief(self)

    @property
    def frame(self) -> pd.DataFrame:
        """Return a table of delays, edges and levels, one row a cell."""
        import pandas as pd

        names = ("delay_s", "edge_s", "elmore_s", "level_V")
        columns = {name: getattr(self, name) for name in names}
        head = {"line": self.line, "position": np.arange(len(self.delay_s))}
        return pd.DataFrame(head | columns | {"driver_edge_s": self.driver_edge_s, "cell_F": self.cell_F})


def delays_of(selection: Selection, pulse: Pulse | Parallel, wave: Waveform) -> tuple[LineDelay, ...]:
    """Return the delays along the lines that a pulse raises: word line, and the bit or source lines of the selected
    cells.
    """
    gated, setting = selection.array.gated, pulse.polarity < 0
    columns = [f"{'bl' if setting or not gated else 'sl'}{col}" for col in _pulsed(selection, pulse)]
    word = [f"wl{selection.row}"]
    lines = [*word, *columns] if gated else columns if setting else word
    flat, edge = selection.flat_start_s(pulse), selection.alone.flat_start_s(pulse) - pulse.rise
    found = []
    for line in lines:
        gate = gated and line.startswith("wl")
        begin, high = (0.0, edge) if gate else (flat - pulse.rise, flat)
        found.append(_delay(selection, wave, line, begin, high, flat + max(pulse.width, 0.0)))
    return tuple(found)


def _pulsed(selection: Selection, pulse: Pulse | Parallel) -> list[int]:
    """Return the selected columns that get a pulse."""
    return [k % selection.array.cols for k in selection.written(pulse)]


def _delay(selection: Selection, wave: Waveform, line: str, begin_s: float, high_s: float, stop_s: float) -> LineDelay:
    """Return the delay along one line whose driver rises between two times."""
    array, kind, number = selection.array, line[:2], int(line[2:])
    volts = wave.maps[f"v_{kind}"]
    along = np.asarray(volts[:, number] if kind == "wl" else volts[:, :, number])
    driver = wave[f"v_{line}"]
    cell_f = _cell_capacitance(selection, wave, line, begin_s, high_s) if array.gated else 0.0
    elmore = _elmore(selection, kind, along.shape[1], cell_f)
    settled = min(high_s + _TIMES * elmore[-1], stop_s)
    levels = np.array([np.interp(settled, wave.time_s, v) for v in along.T])
    own = _crossings(wave.time_s, driver, begin_s, float(np.interp(settled, wave.time_s, driver)))
    times = np.array([_crossings(wave.time_s, v, begin_s, level) for v, level in zip(along.T, levels, strict=True)])
    return LineDelay(
        line, times[:, 1] - own[1], times[:, 2] - times[:, 0], elmore, float(own[2] - own[0]), levels, cell_f
    )


def _crossings(time_s: np.ndarray, volts: np.ndarray, begin_s: float, level: float) -> np.ndarray:
    """Return when a voltage first exceeds 10, 50 and 90 % of a level after a time, (3,) [s]; NaN where it never
    does.
    """
    found = np.full(3, np.nan)
    for place, share in enumerate((0.1, 0.5, 0.9)):
        above = np.flatnonzero((time_s > begin_s) & (volts >= share * level)) if level > 0 else np.empty(0, int)
        if len(above):
            k = above[0]
            found[place] = np.interp(share * level, volts[k - 1 : k + 1], time_s[k - 1 : k + 1])
    return found


def _elmore(selection: Selection, kind: str, count: int, cell_f: float) -> np.ndarray:
    """Return Elmore's delay at each cell of a line, (n,) [s]; a driver made of transistors counts as without
    resistance.
    """
    lines, driver = selection.array.cell.lines, selection.array.cell.driver
    r, c = getattr(lines, f"r_{kind}"), getattr(lines, f"c_{kind}") + cell_f
    behind = c * np.arange(count, 0, -1)
    ahead = np.full(count, r)
    ahead[0] += driver.resistance if isinstance(driver, Driver) else 0.0
    return np.cumsum(ahead * behind)


def _cell_capacitance(selection: Selection, wave: Waveform, line: str, begin_s: float, high_s: float) -> float:
    """Return the capacitance that each cell adds to a line [F]: gates, junctions, and what lies behind the devices."""
    array, kind, number = selection.array, line[:2], int(line[2:])
    count = array.cols if kind == "wl" else array.rows
    out = -wave[f"i_{line}"]
    for k in selection.indices if kind != "wl" else ():
        if k % array.cols == number:
            out = out - np.abs(device_current(selection, wave, k))
    # until the charge has followed the edge
    stop_s = min(high_s + (high_s - begin_s), wave.time_s[-1])
    inside = (wave.time_s >= begin_s) & (wave.time_s <= stop_s)
    volts = float(np.max(wave[f"v_{line}"][inside]))
    charge = float(np.trapezoid(out[inside], wave.time_s[inside]))
    return max(charge / volts / count - getattr(array.cell.lines, f"c_{kind}"), 0.0) if volts > 0 else 0.0
