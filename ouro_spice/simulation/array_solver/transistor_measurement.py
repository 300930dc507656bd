"""The measurement of an access transistor in SPICE: one slow ramp of all drains, three fast ones for its charges.

It is made once for each size, process, temperature, gate voltage and range, and kept in the cache folder by the digest
of the netlists that measure.
"""

from __future__ import annotations

import math

import numpy as np

from ..._util.machine import ToolError, cache_folder
from ...circuit.cells import Cell1T1R
from ...circuit.testbench import Testbench
from ...provenance.cache import cached_arrays
from ...provenance.manifest import versions
from ...spice.ngspice import Engine
from .transistor_table import TransistorTable

_STEP_V, _LEVELS = 0.025, 80
"""Distance of the voltages in a table [V], larger where they would be more than so many."""

_BELOW_V, _ROUND_V = -0.1, 0.25
"""Lowest voltage of a table; the highest one is a multiple of this [V]."""

_SWEEP_S, _POINTS = 1e-3, 250
"""Length of the slow ramp, in which no charge counts [s], and time points at least."""

_EDGE_S, _SWING_V, _LEAST_V = 1e-9, 1.0, 0.1
"""Length [s] and height of the fast ramps, least height of that of the gate [V]."""

_known: dict[tuple[object, ...], TransistorTable] = {}
"""The tables that this process has."""


def measured(cell: Cell1T1R, gate_V: float, highest_V: float, engine: Engine) -> TransistorTable:
    """Return the table of a cell's transistor at a gate voltage, up to line voltages [V]; it is measured where it is
    not known.

    Raises
    ------
    SimulationError
        Where the measurement fails.
    """
    top_V = math.ceil(max(highest_V, _ROUND_V) / _ROUND_V * (1 - 1e-9)) * _ROUND_V
    t = cell.transistor
    key = (cell.process.content, cell.process, t.w, t.l, gate_V, top_V, cell.ambient_K)
    if key not in _known:
        count = 1 + min(round((top_V - _BELOW_V) / _STEP_V), _LEVELS)
        levels = np.linspace(_BELOW_V, top_V, count)
        benches = _sweep(cell, gate_V, levels), _charges(cell, gate_V)
        # numpy's and ngspice's versions belong to it as the netlists do; a name of its own for each says nothing
        # when another one is made
        settings = {"netlists": [bench.sha256 for bench in benches], "ngspice": versions()["ngspice"]}
        name = f"transistor-{benches[0].sha256[:12]}"
        arrays = cached_arrays(kept_in(), name, settings, lambda: _run(benches, levels, engine))
        on, off, gate = arrays["capacitances_F"].tolist()
        _known[key] = TransistorTable(levels, arrays["current_A"], on, off, gate / max(gate_V, _LEAST_V))
    return _known[key]


def kept_in() -> str | None:
    """Return the folder of what was measured; None where there is no home folder."""
    try:
        return str(cache_folder() / "measured")
    except ToolError:
        return None


def _run(benches: tuple[Testbench, Testbench], levels: np.ndarray, engine: Engine) -> dict[str, np.ndarray]:
    """Return what the two simulations find: currents (drain, source) [A]; on and off capacitance [F], gate charge
    [C].
    """
    from scipy.interpolate import CubicSpline

    wave = engine.run(benches[0])
    later = np.concatenate([[True], np.diff(wave.time_s) > 0])
    drain = wave["v_d"][later]
    columns = [CubicSpline(drain, wave[f"i_{k}"][later])(levels) for k in range(len(levels))]
    fast = engine.run(benches[1])
    charges = [-float(np.trapezoid(fast[name], fast.time_s)) for name in ("i_open", "i_closed", "i_gate")]
    capacitances = [charges[0] / 2 / _SWING_V, charges[1] / 2 / _SWING_V, charges[2]]
    return {"current_A": np.stack(columns, axis=1), "capacitances_F": np.array(capacitances)}


def _sweep(cell: Cell1T1R, gate_V: float, levels: np.ndarray) -> Testbench:
    """Return the slow ramp of the drains of transistors whose sources are at all levels [V]."""
    low, high = levels[0], levels[-1]
    elements = [f"vd d 0 pwl(0 {low:.17g} {_SWEEP_S:.17g} {high:.17g})", f"vg g 0 dc {gate_V:.17g}"]
    probes = [("v_d", "v(d)")]
    for k, level in enumerate(levels):
        elements += [f"vm{k} d d{k} 0", f"vs{k} s{k} 0 dc {level:.17g}"]
        elements.append(_transistor(cell, f"access{k}", (f"d{k}", "g", f"s{k}", "0")))
        probes.append((f"i_{k}", f"vm{k}#branch"))
    return _bench(cell, "slow ramp of an access transistor", elements, probes, _SWEEP_S, _POINTS)


def _charges(cell: Cell1T1R, gate_V: float) -> Testbench:
    """Return the fast ramps of drain and source together, with the gate on and off, and of the gate."""
    up = f"pwl(0 0 {_EDGE_S:.17g} {_SWING_V:.17g})"
    elements = [
        f"vopen open 0 {up}",
        f"vclosed closed 0 {up}",
        f"vg g 0 dc {gate_V:.17g}",
        f"vgate gate 0 pwl(0 0 {_EDGE_S:.17g} {max(gate_V, _LEAST_V):.17g})",
        _transistor(cell, "open", ("open", "g", "open", "0")),
        _transistor(cell, "closed", ("closed", "0", "closed", "0")),
        _transistor(cell, "gate", ("0", "gate", "0", "0")),
    ]
    probes = [(f"i_{name}", f"v{name}#branch") for name in ("open", "closed", "gate")]
    return _bench(cell, "charges of an access transistor", elements, probes, _EDGE_S, _POINTS)


def _transistor(cell: Cell1T1R, name: str, nodes: tuple[str, str, str, str]) -> str:
    return cell.process.transistor(name, nodes, cell.transistor.w, cell.transistor.l)


def _bench(
    cell: Cell1T1R, title: str, elements: list[str], probes: list[tuple[str, str]], stop_s: float, points: int
) -> Testbench:
    return Testbench(
        title=f"ouro_spice {title}",
        libraries=(),
        models=(),
        elements=tuple(elements),
        stop_s=stop_s,
        max_step_s=stop_s / points,
        probes=tuple(probes),
        process=cell.process,
        ambient_K=cell.ambient_K,
    )
