"""The testbench of an array: its netlist from a state, and the analysis that is run on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..device.memristor import Memristor
from ..device.state import State
from .array_protocol import Array
from .crossbar_netlist import BULK, ArrayNetlist, LineVoltages
from .drivers import Drive
from .parts import Resistor
from .pulse import PWL
from .single_cell import POINTS
from .testbench import Testbench

KLU_FROM = 64
"""Cells from which on KLU is faster than ngspice's default solver, see ``benchmarks/array.py``."""


def netlist(
    array: Array,
    drives: LineVoltages,
    state: State,
    walks: Mapping[int, Mapping[str, PWL]],
    active: frozenset[int] | None = None,
    paths: tuple[Drive, ...] = (),
    follow: bool = False,
) -> ArrayNetlist:
    """Return the netlist of an array with these voltages of its drivers, from this state; see `ArrayNetlist`.

    Raises
    ------
    ValueError
        For a state of another circuit.
    """
    return ArrayNetlist(array.walked(state, walks), drives, state, walks, active, paths, follow)


def testbench(
    array: Array,
    grid: ArrayNetlist,
    stop_s: float,
    probes: Sequence[tuple[str, str]],
    device: Memristor | Resistor | None,
) -> Testbench:
    """Return the simulation of a netlist: a transient until `stop_s` [s], or an operating point where that is 0."""
    driven = [probe for one in grid.parts for probe in one.probes]
    bulk = [("i_bulk", f"v({BULK})")] if array.gated else []
    nodes = dict.fromkeys(grid.state_nodes)
    if strangers := grid.strangers():
        raise ValueError(f"the state belongs to another circuit: it has the nodes {sorted(strangers)[:4]}")
    large = array.size >= KLU_FROM
    memristor = device if isinstance(device, Memristor) else None
    return Testbench(
        title=f"ouro_spice {array.rows} x {array.cols} {type(array.cell).__name__}",
        libraries=grid.libraries,
        texts=grid.texts,
        models=grid.models,
        elements=grid.netlist,
        stop_s=stop_s,
        # in a large array no long step goes unseen: some charge or other limits it
        max_step_s=stop_s / max(POINTS // 2 if large else POINTS, memristor.points if memristor else 0),
        probes=(*probes, *driven, *bulk),
        sources=tuple(source for one in grid.parts for source in one.sources),
        supplies=tuple(supply for one in grid.parts for supply in one.supplies),
        gates=tuple(gate for one in grid.parts for gate in one.gates),
        nodes=tuple(nodes),
        volts=tuple((node, volts) for node, volts in grid.state.volts.items() if node in nodes),
        device=memristor,
        at_rest=all(one.at_rest for one in grid.parts),
        process=array.cell.process if grid.transistors else None,
        record=grid.record,
        klu=large,
        ambient_K=array.ambient_K,
    )
