"""Where the energy of a write goes: cells, transistors, lines, drivers, and what the lines still hold at the end."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from .._util.display import brief, shows
from ..circuit.delivered_energy import net_J
from ..circuit.device_map import DeviceMap
from ..circuit.parts import Driver, Resistor
from ..circuit.selection import Selection
from ..circuit.waveform import Waveform
from ..device.state import State
from .recorded_voltages import Recorded, as_walked, cell_volts

if TYPE_CHECKING:
    import pandas as pd

PARTS = ("cells", "transistors", "lines", "drivers", "stored")


@dataclass(frozen=True, eq=False)
class Energy:
    """The energy that the sources deliver in a write, and what takes it [J].

    Attributes
    ----------
    cells_J
        In memristors. Of the selected ones current and voltage are recorded; the others are followed by the compact
        model under the voltages recorded at them.
    transistors_J
        In the channels of access transistors: voltage over the channel times the current of the device behind it.
    lines_J
        In the segments of all lines, and in contacts.
    drivers_J
        In the drivers' output resistances, or in drivers made of transistors. What an ideal driver of gates loses
        in its edges stands here, and what flows back into a driver, as from a gate that is switched off.
    stored_J
        In the capacitances of the lines at the end, more than at the beginning.
    total_J
        Delivered by all sources.
    cell_map_J, transistor_map_J
        (rows, cols).
    """

    cells_J: float
    transistors_J: float
    lines_J: float
    drivers_J: float
    stored_J: float
    total_J: float
    cell_map_J: np.ndarray
    transistor_map_J: np.ndarray

    @shows
    def __repr__(self) -> str:
        return brief(self)

    @property
    def remainder_J(self) -> float:
        """Return what the parts leave of the total [J]: charges of the transistors, and the error of integration."""
        return self.total_J - sum(getattr(self, f"{part}_J") for part in PARTS)

    @property
    def frame(self) -> pd.DataFrame:
        """Return a table, one row a part: ``part``, ``energy_J``, ``share``."""
        import pandas as pd

        parts = {part: getattr(self, f"{part}_J") for part in PARTS} | {"remainder": self.remainder_J}
        rows = [(part, joule, joule / self.total_J if self.total_J else 0.0) for part, joule in parts.items()]
        return pd.DataFrame(rows, columns=["part", "energy_J", "share"])


def energy_of(selection: Selection, wave: Waveform, before: State) -> Energy:
    """Return how the energy of a waveform that began in a state divides [J]."""
    array = selection.array
    cells = _cells(selection, wave, before)
    transistors = _transistors(selection, wave, before) if array.gated else np.zeros((array.rows, array.cols))
    lines, stored = _contacts(selection, wave, before), 0.0
    for kind in ("wl", "bl", "sl") if array.gated else ("wl", "bl"):
        heat, kept = _segments(selection, wave, kind)
        lines, stored = lines + heat, stored + kept
    return Energy(
        cells_J=float(cells.sum()),
        transistors_J=float(transistors.sum()),
        lines_J=lines,
        drivers_J=_drivers(selection, wave),
        stored_J=stored,
        total_J=wave.energy_J,
        cell_map_J=cells,
        transistor_map_J=transistors,
    )


def _cells(selection: Selection, wave: Waveform, before: State) -> np.ndarray:
    """Return the energy of each device, (rows, cols) [J]."""
    array = selection.array
    energy = np.zeros(array.size)
    for k in selection.indices:
        row, col = divmod(k, array.cols)
        energy[k] = np.trapezoid(cell_volts(wave, row)[:, col] * device_current(selection, wave, k), wave.time_s)
    others = Recorded.of(array, wave, before, selection.indices)
    energy[others.places] = others.follow(before.lead[others.places])[1]
    for k in set(range(array.size)) - set(selection.indices) - set(others.places):
        device, volts = array.device_at(k), cell_volts(wave, k // array.cols)[:, k % array.cols]
        if isinstance(device, Resistor):
            energy[k] = np.trapezoid(volts**2, wave.time_s) / device.resistance
    return energy.reshape(array.rows, array.cols)


def device_current(selection: Selection, wave: Waveform, index: int) -> np.ndarray:
    """Return the current from AE to OE of a selected device, (T,) [A]."""
    device, suffix = selection.device_at(index), selection.suffix(index)
    if isinstance(device, Resistor):
        return (wave[f"v_ae{suffix}"] - wave[f"v_oe{suffix}"]) / device.resistance
    return wave[f"i_cell{suffix}"]


def _currents(selection: Selection, wave: Waveform, before: State, row: int) -> np.ndarray:
    """Return currents of the devices of one row of 1T1R cells, (T, cols) [A]; of others than the selected with
    the state held.

    Behind a transistor that is off, or between lines at 0 V, no state moves.
    """
    array = as_walked(selection.array, before)
    places = np.arange(row * array.cols, (row + 1) * array.cols)
    ensemble = DeviceMap(tuple(array.device_at(int(k)) for k in places))
    found = ensemble.currents(cell_volts(wave, row), before.lead[places])
    for k in set(selection.indices) & set(map(int, places)):
        found[:, k - places[0]] = device_current(selection, wave, k)
    return found


def _transistors(selection: Selection, wave: Waveform, before: State) -> np.ndarray:
    """Return the energy in each channel, (rows, cols) [J]."""
    array = selection.array
    contact = array.cell.lines.contact
    energy = np.zeros((array.rows, array.cols))
    for row in range(array.rows):
        i = _currents(selection, wave, before, row)
        across = np.asarray(wave.maps["v_sl"][:, row]) - contact * i - np.asarray(wave.maps["v_ae"][:, row])
        energy[row] = np.trapezoid(across * i, wave.time_s, axis=0)
    return energy


def _contacts(selection: Selection, wave: Waveform, before: State) -> float:
    """Return the energy in all contacts [J]; those at a transistor's source carry the current of the device."""
    array, contact = selection.array, selection.array.cell.lines.contact
    if contact == 0:
        return 0.0
    energy = 0.0
    for row in range(array.rows):
        over = np.asarray(wave.maps["v_bl"][:, row]) - np.asarray(wave.maps["v_oe"][:, row])
        if array.gated:
            other = contact * _currents(selection, wave, before, row)
        else:
            other = np.asarray(wave.maps["v_wl"][:, row]) - np.asarray(wave.maps["v_ae"][:, row])
        energy += float(np.sum(np.trapezoid(over**2 + other**2, wave.time_s, axis=0))) / contact
    return energy


def _segments(selection: Selection, wave: Waveform, kind: str) -> tuple[float, float]:
    """Return the energy in the segments of all lines of a kind, and stored in their capacitances at the end [J]."""
    array = selection.array
    r, c = (getattr(array.cell.lines, f"{what}_{kind}") for what in ("r", "c"))
    # word lines run along the columns, the others along the rows
    volts = np.moveaxis(wave.maps[f"v_{kind}"], 2 if kind == "wl" else 1, 0)
    heat = 0.0
    if r > 0:
        for before, after in pairwise(volts):
            over = np.asarray(before) - np.asarray(after)
            heat += float(np.sum(np.trapezoid(over**2, wave.time_s, axis=0))) / r
        for line in range(volts.shape[2]):
            heat += r * _squared(wave, f"i_{kind}{line}")
    stored = c / 2 * float(np.sum(volts[:, -1] ** 2 - volts[:, 0] ** 2))
    return heat, stored


def _drivers(selection: Selection, wave: Waveform) -> float:
    """Return the energy in all drivers [J]."""
    driver, names = selection.array.cell.driver, [name for name in selection.array.lines if f"i_{name}" in wave.traces]
    into_lines = net_J(wave.traces, [(f"v_{name}", f"i_{name}") for name in names], wave.time_s)
    if isinstance(driver, Driver):
        heat = driver.resistance * sum(_squared(wave, f"i_{name}") for name in names)
        return heat + wave.energy_J - into_lines
    return wave.energy_J - into_lines


def _squared(wave: Waveform, trace: str) -> float:
    """Return the integral of a current squared [A^2 s]; 0 for a line that is not in the circuit because it stays at
    0 V.
    """
    return float(np.trapezoid(wave[trace] ** 2, wave.time_s)) if trace in wave.traces else 0.0
