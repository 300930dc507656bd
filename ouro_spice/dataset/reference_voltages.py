"""The two reference voltage pairs of datasets: the one of 60 us, and that of the paper."""

from __future__ import annotations

from ..circuit.cell_kinds import Cell
from ..circuit.compact_cell import CompactCell
from ..simulation.window_crossing import traverse_s, without_bounds
from ..simulation.write_voltages import Pair, pair
from ..spice.ngspice import Engine

PAPER_V = (-0.342, 0.7065)
"""SET and RESET of Yu, Menzel, Strachan and Neftci, Asilomar 2022, at the device; the window takes some 9 ms."""

_LONGEST_S = 0.1


def reference_pair(cell: Cell | CompactCell, voltages: Pair | str, engine: Engine) -> tuple[str, Pair]:
    """Return the name of a reference setting, or "given", and its pair.

    Raises
    ------
    ValueError
        For an unknown name, or the paper's pair in a circuit.
    """
    if isinstance(voltages, Pair):
        return "given", voltages
    if voltages == "60us":
        return voltages, pair(cell, 60e-6, engine)
    if voltages != "paper":
        raise ValueError(f"voltages {voltages!r} is unknown; there is 60us, paper, or an ouro_spice.Pair")
    if not isinstance(cell, CompactCell) or cell.resistance:
        raise ValueError(
            "voltages 'paper' are for compact cells without resistance: they stand at the device itself, and a window "
            "takes about 9e5 steps of 10 ns there, too many for SPICE; take 60us"
        )
    free, low, high = without_bounds(cell)
    ways = ((PAPER_V[0], low, high), (PAPER_V[1], high, low))
    took_s = (traverse_s(free, volts, start_n, end_n, _LONGEST_S, engine) for volts, start_n, end_n in ways)
    return voltages, Pair(*PAPER_V, max(took_s))
