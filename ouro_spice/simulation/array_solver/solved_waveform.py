"""The waveform of a solved array: maps and traces as a simulation in SPICE records them, and the energy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ...circuit.drivers import OPEN_OHM
from ...circuit.parts import Resistor
from ...circuit.pulse import PWL
from ...circuit.pulse_part import Part
from ...circuit.result import Result
from ...circuit.selection import Selection
from ...circuit.waveform import Effort, Fidelity, Waveform
from ...device.memristor import Memristor
from ...device.state import State
from . import solved_energy
from .gated_circuit import GatedCircuit, series_ohm
from .solved_devices import SolvedDevices
from .ungated_circuit import UngatedCircuit

Drives = Mapping[str, PWL | None]
Traces = dict[str, np.ndarray]


def ungated(selection: Selection, drives: Drives, circuit: UngatedCircuit, effort: Effort) -> Waveform:
    """Return the waveform of an array of 1R cells; its state is missing still."""
    array, points = selection.array, circuit.points
    shape = (-1, array.rows, array.cols)
    time_s = np.array(points.time_s)
    traces: Traces = {}
    into = points.taken("drivers")
    for place, name in enumerate(circuit.drivers):
        traces |= {f"v_{name}": _over(drives[name], time_s), f"i_{name}": into[:, place]}
    floating = points.taken("floating")
    for place, name in enumerate(circuit.floating):
        traces |= {f"v_{name}": floating[:, place], f"i_{name}": floating[:, place] / OPEN_OHM}
    counts = {"wl": array.cols, "bl": array.rows}
    held = {name: counts[name[:2]] * getattr(array.cell.lines, f"c_{name[:2]}") for name in circuit.drivers}
    spent = solved_energy.charged(traces, held, {}, time_s)
    maps = {f"v_{kind}": points.taken(kind).reshape(shape) for kind in ("wl", "bl")}
    inner = {f"v_{end}": points.taken(end).reshape(shape) for end in ("ae", "oe") if points.has(end)}
    maps = (inner or {"v_ae": maps["v_wl"], "v_oe": maps["v_bl"]}) | maps
    x, i = points.taken("x"), points.taken("i")
    for place, k in enumerate(selection.indices):
        own = _cell(selection, k, maps, i[:, place])
        traces |= own | _states(selection, k, circuit.devices, x[:, place], own)
    return _wave(selection, time_s, traces, maps, spent, effort)


def gated(
    selection: Selection, drives: Drives, circuit: GatedCircuit, cols: Sequence[int], state: State, effort: Effort
) -> Waveform:
    """Return the waveform of an array of 1T1R cells; its state is missing still.

    A device behind a closed gate is at the voltage of its bit line at both ends.
    """
    array, points, row = selection.array, circuit.points, selection.row
    time_s = np.array(points.time_s)
    i, t, ae, x = (points.taken(name) for name in ("i", "t", "ae", "x"))
    maps = {f"v_{kind}": np.zeros((len(time_s), array.rows, array.cols)) for kind in ("bl", "sl", "wl")}
    traces: Traces = {}
    for kind, current in (("bl", i), ("sl", t)):
        for name in (name for name in array.lines if name.startswith(kind)):
            traces |= {f"v_{name}": _over(drives[name], time_s), f"i_{name}": np.zeros(len(time_s))}
        ohm = np.array([series_ohm(array, kind, min(k, row)) for k in range(array.rows)])
        for place, col in enumerate(cols):
            traces[f"i_{kind}{col}"] = current[:, place].copy()
            driver = traces[f"v_{kind}{col}"]
            maps[f"v_{kind}"][:, :, col] = driver[:, None] + current[:, place, None] * ohm
    for name in (f"wl{k}" for k in range(array.rows)):
        gate_V = _over(drives[name], time_s)
        traces |= {f"v_{name}": gate_V, f"i_{name}": np.zeros(len(time_s))}
        maps["v_wl"][:, int(name[2:])] = gate_V[:, None]
    gates = {name: _supply_V(drives[name]) for name in array.lines if name[:2] == "wl"}
    spent = solved_energy.charged(traces, _held(selection, circuit), gates, time_s)
    maps["v_oe"] = maps["v_bl"].copy()
    maps["v_oe"][:, row, list(cols)] += array.cell.lines.contact * i
    maps["v_ae"] = maps["v_oe"].copy()
    maps["v_ae"][:, row, list(cols)] = ae
    for k in selection.indices:
        place = list(cols).index(k % array.cols) if k % array.cols in cols else None
        own = _cell(selection, k, maps, np.zeros(len(time_s)) if place is None else i[:, place])
        still = np.full(len(time_s), float(circuit.devices.scaled(state.lead[k])))
        traces |= own | _states(selection, k, circuit.devices, still if place is None else x[:, place], own)
    traces["i_bulk"] = np.zeros(len(time_s))
    return _wave(selection, time_s, traces, maps, spent, effort)


def _held(selection: Selection, circuit: GatedCircuit) -> dict[str, float]:
    """Return the capacitance of each line with that of its transistors, by the line's name [F]."""
    array, table = selection.array, circuit.table
    of_cell = {"wl": table.gate_F, "bl": table.off_F, "sl": table.off_F}
    counts = {"wl": array.cols, "bl": array.rows, "sl": array.rows}
    return {
        name: counts[name[:2]] * (getattr(array.cell.lines, f"c_{name[:2]}") + of_cell[name[:2]])
        for name in array.lines
    }


def _supply_V(pwl: PWL | None) -> float:
    """Return the supply of a gate's driver [V]."""
    assert pwl is not None
    return max(pwl.whole.volts if isinstance(pwl, Part) else pwl.volts)


def _over(pwl: PWL | None, time_s: np.ndarray) -> np.ndarray:
    """Return the voltage of a driver at times, (T,) [V]."""
    return np.zeros(len(time_s)) if pwl is None else np.interp(time_s, pwl.times_s, pwl.volts)


def _cell(selection: Selection, k: int, maps: Mapping[str, np.ndarray], i: np.ndarray) -> Traces:
    """Return the traces of voltages and current of a selected cell."""
    row, col = divmod(k, selection.array.cols)
    suffix = selection.suffix(k)
    ends = {f"v_{end}{suffix}": maps[f"v_{end}"][:, row, col].copy() for end in ("ae", "oe")}
    if not suffix:
        ends["v_cell"] = ends["v_ae"] - ends["v_oe"]
    return ends if isinstance(selection.device_at(k), Resistor) else ends | {f"i_cell{suffix}": i}


def _states(selection: Selection, k: int, devices: SolvedDevices, x: np.ndarray, own: Traces) -> Traces:
    """Return the traces of the state of a selected memristor."""
    device, suffix = selection.device_at(k), selection.suffix(k)
    if not isinstance(device, Memristor):
        return {}
    volts = own[f"v_ae{suffix}"] - own[f"v_oe{suffix}"]
    found = devices.traces(device, x, volts, own[f"i_cell{suffix}"])
    return {f"{name}{suffix}": trace for name, trace in found.items()}


def _wave(
    selection: Selection,
    time_s: np.ndarray,
    traces: Traces,
    maps: Mapping[str, np.ndarray],
    spent: float,
    effort: Effort,
) -> Waveform:
    """Return the waveform, with the lines of the (first) cell under the names of a single cell's."""
    own = {"bl": f"bl{selection.cols[0]}", "wl": f"wl{selection.row}", "sl": f"sl{selection.cols[0]}"}
    for kind, name in own.items():
        for what in ("v", "i"):
            if f"{what}_{name}" in traces:
                traces[f"{what}_{kind}"] = traces[f"{what}_{name}"]
    device = selection.device
    return Waveform(
        time_s=time_s,
        traces=traces,
        state=None,
        energy_J=spent,
        result=Result.OK,
        effort=effort,
        device=device if isinstance(device, Memristor) else None,
        maps=maps,
        fidelity=Fidelity("circuit"),
    )
