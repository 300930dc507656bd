"""Checkpoints that come with the package, and the programmers that checkpoints are for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._util import assets
from .neural_programmer import AmplitudePolicy, NeuralProgrammer

if TYPE_CHECKING:
    from .pulse_predictor import PulsePredictor


def shipped_checkpoint(kind: str) -> Path:
    """Return the path of the checkpoint that comes with the package for the default cell of a kind, such as "1t1r".

    Raises
    ------
    ValueError
        For a kind without one.
    """
    folder = assets.folder("training") / "checkpoints"
    path = folder / f"{kind}.npz"
    if not path.is_file():
        there = ", ".join(sorted(one.stem for one in folder.glob("*.npz")))
        raise ValueError(f"no checkpoint comes with the package for a {kind} cell; there is {there or 'none'}")
    return path


def default_programmer(predictor: PulsePredictor, **changes: Any) -> NeuralProgrammer:
    """Return the programmer that a checkpoint is for, with the amplitudes that its network was trained to choose from.

    `changes` are arguments of `NeuralProgrammer`.
    """
    drives = predictor.manifest.settings.get("drives")
    settings: dict[str, Any] = {"drives": AmplitudePolicy(**drives) if drives else None}
    return NeuralProgrammer(predictor, **(settings | changes))
