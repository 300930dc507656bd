"""Records at fidelity "circuit": kernels of the device behind the circuit that was measured in SPICE."""

from __future__ import annotations

from collections.abc import Sequence

from ..circuit.cell_kinds import LoneCell
from ..simulation.circuit_model import CircuitModel
from ..spice.ngspice import Ngspice
from .jart_records import jart_records
from .recipe import Recipe, Sample
from .record import Record


def circuit_model_records(
    cell: LoneCell, recipe: Recipe, drawn: Sequence[Sample], engine: Ngspice, threads: int | None = None
) -> list[Record]:
    """Return the records of a cell at fidelity "circuit" in the order of `drawn`, which `engine` measures the circuit
    for; arguments as `compact_records.compact_records`.
    """
    return jart_records(cell, recipe, drawn, threads, CircuitModel.of(cell, engine))
