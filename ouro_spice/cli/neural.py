"""What commands that program with a network share: its checkpoint, and the cell that it is used on."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..circuit.cell_kinds import Cell
from ..circuit.compact_cell import CompactCell
from .cells import WALK_S, CellOptions, Kind, walking
from .quantity import quantity

if TYPE_CHECKING:
    from ..prediction.neural_programmer import NeuralProgrammer
    from ..prediction.pulse_predictor import PulsePredictor
    from ..simulation.write_voltages import Pair

AnyCircuit = Annotated[
    bool, typer.Option("--any-circuit", help="Use a checkpoint for a circuit that it was not trained on, too.")
]
WalkStep = Annotated[
    float | None, quantity("s", "C2C: step of the walk; 0: none. Families that do not walk have none.", default=WALK_S)
]

TOLERANCE = 0.1
Tolerance = Annotated[
    float, quantity("", "Largest relative distance of the reading from the target.", default=TOLERANCE)
]


def checkpoint_of(kind: Kind, path: Path | None) -> tuple[Path, PulsePredictor]:
    """Return file and network of the checkpoint that is given, or that the package has for a kind of cell.

    Raises
    ------
    ValueError
        Where there is none, saying what to do.
    """
    from ..prediction.pretrained import shipped_checkpoint
    from ..prediction.pulse_predictor import PulsePredictor

    if path is None:
        try:
            path = shipped_checkpoint(kind.value)
        except ValueError as error:
            raise ValueError(
                f"{error}; make one with `ouro-spice extract --cell {kind.value}` and `ouro-spice train`, and give it "
                "as --checkpoint"
            ) from error
    return path, PulsePredictor.load(path)


def described(options: CellOptions, step_s: float | None, pair: Pair | None) -> Cell | CompactCell:
    """Return the cell with its walk, and with the gate voltages of a pair where none are given."""
    cell = walking(options.build(), step_s)
    if pair is None or options.v_gate_set is not None or options.v_gate_reset is not None:
        return cell
    return pair.gated(cell)


def programmer_of(
    path: Path, predictor: PulsePredictor, cell: Cell | CompactCell, any_circuit: bool, name: str = "neural"
) -> NeuralProgrammer:
    """Return the programmer of a checkpoint.

    Raises
    ------
    ValueError
        For a cell that it was not trained on, unless any will do.
    """
    from ..prediction.pretrained import default_programmer
    from ..provenance.differences import listed
    from ..provenance.manifest import describe
    from ..provenance.rebuild import unlike

    programmer = default_programmer(predictor, name=name)
    found = [] if any_circuit else unlike(predictor.manifest, describe(cell))
    if found:
        raise ValueError(
            f"{path} was trained on another circuit than this {type(cell).__name__} ({listed(found)}): train one for "
            "it, or use it all the same with --any-circuit"
        )
    return dataclasses.replace(programmer, any_circuit=any_circuit)
