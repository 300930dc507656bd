"""What a programmer asks for the time of a pulse: a network or a table, wherever it comes from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from ..provenance.manifest import Manifest
from ..simulation.write_voltages import Pair


class Ranges(Protocol):
    """The ranges of what a predictor was made from; a `Domain` is one."""

    @property
    def ranges(self) -> Mapping[str, tuple[float, float]]:
        """Return smallest and largest value by name: inputs, and ``g_target_S``."""
        ...

    @property
    def directions(self) -> tuple[str, ...] | None:
        """Return the directions that a wanted change may have, of "SET" and "RESET"; None where it is not known."""
        ...

    def outside(self, columns: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return where columns of any shape leave their ranges, as masks by name; only those that do somewhere."""
        ...


class Predictor(Protocol):
    """Gives the pulse that a wanted change of conductance takes: its width, amplitude or gate voltage, by `control`.

    A network (`PulsePredictor`), a table (`Table`) and a model without noise (`NominalPredictor`) are one. Each kind is
    read by its own ``load(path)``.
    """

    @property
    def control(self) -> str:
        """Return what it gives: "width", "amplitude" or "gate"."""
        ...

    @property
    def domain(self) -> Ranges:
        """Return the ranges of what it was made from."""
        ...

    @property
    def circuit(self) -> str:
        """Return the hash of the circuit that it was made for."""
        ...

    @property
    def inputs(self) -> tuple[str, ...]:
        """Return the names of what it looks at, ``g_start_S`` and ``dg_S`` first."""
        ...

    @property
    def base(self) -> Predictor | None:
        """Return the predictor by whose times it measures how slow a device is; None where it measures nothing."""
        ...

    @property
    def manifest(self) -> Manifest:
        """Return the manifest of the data that it was made from."""
        ...

    @property
    def sha256(self) -> str:
        """Return the hash of all that decides its predictions, in hexadecimal digits."""
        ...

    @property
    def pair(self) -> Pair:
        """Return the amplitudes that its pulse times belong to."""
        ...

    def edges(self) -> tuple[float, float]:
        """Return rise and fall of its pulses [s]."""
        ...

    def predict(self, g_start_S: ArrayLike, dg_S: ArrayLike, *, outside: str = "warn", **seen: ArrayLike) -> np.ndarray:
        """Return signed pulse times [s] for wanted changes of conductance [S], of the shape that inputs broadcast to;
        voltages [V] of another control than "width".

        `outside` says what becomes of questions beyond its data, see `PulsePredictor.predict`; `seen` are further
        inputs by name.
        """
        ...

    def answer(self, g_start_S: ArrayLike, dg_S: ArrayLike, **seen: ArrayLike) -> np.ndarray:
        """Return the same for readings, which are what they are: no question is refused or warned of."""
        ...

    def save(self, path: str | Path) -> Path:
        """Write a file of arrays and JSON, no code; return its path."""
        ...

    def check_targets(self, targets_S: np.ndarray) -> None:
        """Warn where a write is to end at a target [S] that its data never had."""
        ...


def answers(predictor: Predictor) -> Callable[..., np.ndarray]:
    """Return `Predictor.answer`, or `Predictor.predict` where a predictor has nothing else."""
    return getattr(predictor, "answer", predictor.predict)
