"""The nominal device without noise as a predictor: its lookup of times, with the circuit that it was simulated in."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._util.checks import check_kind, check_range, checked_path
from .._util.display import brief, shows
from ..circuit.cell_kinds import Cell
from ..circuit.compact_cell import CompactCell
from ..dataset.sweep import WIDTH
from ..programming.nominal import NominalTimes, nominal_times
from ..provenance.manifest import Manifest, describe
from ..simulation.write_voltages import Pair
from ..spice.ngspice import Engine
from . import archive, questions
from .domain import TARGET, WAYS, Domain

_WHO = "the lookup does not hold"
_ARRAYS = ("overs", "log_g", "time_s")


@dataclass(frozen=True, eq=False)
class NominalPredictor:
    """The time that the nominal device needs without noise, as a `Predictor` beside networks and tables.

    Attributes
    ----------
    nominal
        The lookup, of `nominal_times`.
    manifest
        Of its circuit; ``settings`` has the pair and the edges of the pulses.
    """

    nominal: NominalTimes
    manifest: Manifest = field(repr=False)

    def __post_init__(self) -> None:
        check_kind("nominal", self.nominal, NominalTimes)
        check_kind("manifest", self.manifest, Manifest)

    @shows
    def __repr__(self) -> str:
        return brief(self)

    @classmethod
    def of(
        cls, cell: Cell | CompactCell, pair: Pair, *, edge_s: float = 2e-9, engine: Engine | None = None
    ) -> NominalPredictor:
        """Return the predictor of a cell at a pair of amplitudes, for pulses of an edge [s]; errors are those of
        `nominal_times`.
        """
        check_range("edge_s", edge_s, 1e-12, 1.0, "s")
        nominal = nominal_times(cell, pair, engine)
        settings: dict[str, Any] = {"rise_s": edge_s, "fall_s": edge_s, "control": WIDTH}
        return cls(nominal, describe(pair.gated(cell), pair=dataclasses.asdict(pair), **settings))

    @property
    def control(self) -> str:
        """Return what it gives, the "width" of a pulse."""
        return WIDTH

    @property
    def circuit(self) -> str:
        """Return the hash of the circuit that it was simulated in."""
        return self.manifest.circuit

    @property
    def inputs(self) -> tuple[str, ...]:
        """Return the names of what it looks at."""
        return ("g_start_S", "dg_S")

    @property
    def base(self) -> None:
        """Return None: it measures no device."""

    @property
    def pair(self) -> Pair:
        """Return the amplitudes that its pulse times belong to."""
        return self.nominal.voltages

    @property
    def domain(self) -> Domain:
        """Return the ranges of its lookup."""
        low, high = (float(np.exp(end)) for end in self.nominal.log_g[[0, -1]])
        ranges = {"g_start_S": (low, high), "dg_S": (low - high, high - low), TARGET: (low, high)}
        return Domain(ranges, None, tuple(WAYS.values()))

    @property
    def sha256(self) -> str:
        """Return the hash of the lookup and its manifest."""
        arrays = (getattr(self.nominal, name) for name in _ARRAYS)
        content = b"".join(np.ascontiguousarray(one).tobytes() for one in arrays)
        return hashlib.sha256(content + self.manifest.to_json().encode()).hexdigest()

    def edges(self) -> tuple[float, float]:
        """Return rise and fall of its pulses [s]."""
        return self.manifest.settings["rise_s"], self.manifest.settings["fall_s"]

    def predict(self, g_start_S: ArrayLike, dg_S: ArrayLike, *, outside: str = "warn", **seen: ArrayLike) -> np.ndarray:
        """Return the signed pulse times [s] for wanted changes of conductance [S], SET positive, of the shape that the
        inputs broadcast to; arguments and errors are those of `PulsePredictor.predict`.
        """
        if outside not in questions.OUTSIDE:
            raise ValueError(f"outside {outside!r} is unknown; there is {', '.join(questions.OUTSIDE)}")
        given = questions.broadcast({"g_start_S": g_start_S, "dg_S": dg_S, **seen})
        questions.check(given)
        unanswered = None if outside == "accept" else questions.outside_training(self.domain, given, outside, _WHO)
        time_s = self.answer(given["g_start_S"], given["dg_S"])
        return time_s if unanswered is None else np.where(unanswered, np.nan, time_s)

    def answer(self, g_start_S: ArrayLike, dg_S: ArrayLike, **seen: ArrayLike) -> np.ndarray:
        """Return the same for whatever is asked, with no warning: for programmers, whose readings are what they are."""
        start, dg = np.broadcast_arrays(np.asarray(g_start_S, float), np.asarray(dg_S, float))
        needed_s = self.nominal.at(1.0).needed_s(start.ravel(), (start + dg).ravel())[:, 0]
        return (np.sign(dg) * needed_s.reshape(dg.shape))[()]

    def check_targets(self, targets_S: np.ndarray) -> None:
        """Warn where a write is to end at a target [S] beyond its lookup."""
        questions.check_targets(self.domain, targets_S, _WHO)

    def save(self, path: str | Path) -> Path:
        """Write a file of arrays and JSON, no code; return its path."""
        arrays = {name: getattr(self.nominal, name) for name in _ARRAYS}
        texts = {"nominal_pair": json.dumps(dataclasses.asdict(self.pair)), "sha256": self.sha256}
        texts["manifest"] = self.manifest.to_json()
        return archive.save(arrays | {name: np.array(text) for name, text in texts.items()}, checked_path("path", path))

    @classmethod
    def load(cls, path: str | Path) -> NominalPredictor:
        """Read such a file; return the predictor. ValueError for a file that is none."""
        return archive.load(checked_path("path", path), "lookup of times", cls._put_together)

    @classmethod
    def _put_together(cls, file: dict[str, np.ndarray]) -> NominalPredictor:
        """Return the predictor that `save` took apart."""
        voltages = Pair(**json.loads(str(file["nominal_pair"])))
        nominal = NominalTimes(voltages, *(file[name] for name in _ARRAYS))
        made = cls(nominal, Manifest.from_json(str(file["manifest"])))
        if str(file["sha256"]) != made.sha256:
            raise ValueError("its content does not fit its hash")
        return made
