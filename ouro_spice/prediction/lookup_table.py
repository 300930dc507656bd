"""A table of pulse times over (G_start, G_target): a predictor and a programmer without a network."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from .._util.checks import (
    check_count,
    check_flag,
    check_kind,
    check_range,
    check_seed,
    check_text,
    checked_numbers,
    checked_path,
)
from .._util.display import brief, shows
from .._util.forks import cached_property
from ..dataset.pulse_dataset import PulseDataset
from ..dataset.sweep import WIDTH, control_of
from ..evaluation.noise_floor import Trials
from ..programming.programmer import TRAINING_DATA, Choice, Conventional
from ..provenance.manifest import Manifest
from ..provenance.rebuild import check_fit
from ..simulation.write_voltages import Pair, recorded_pair
from . import questions, table_fit, table_store
from .domain import Domain, edge
from .neural_programmer import driver_times, pulses, repeats
from .recorded_sweep import swept
from .swept_pulses import swept_choices

_WHO = "the table does not hold"


@dataclass(frozen=True, eq=False)
class Table(Conventional):
    """Times of pulses by start and target, one part for each direction; see `fit`.

    A predictor, as `PulsePredictor` is, and a programmer that sends the time it holds, as `NeuralProgrammer` is. Of
    records that vary a voltage it holds that, and its pulses are those of `swept_pulses.swept_choices`.

    Attributes
    ----------
    axis_S
        Conductances of starts and of targets alike, ascending, (N,) [S].
    log_time
        Logarithm of the time [s], SET and RESET, (2, N, N), rows are starts. Of a smooth table it is that of the time
        over abs(ln(target / start)), which has no gap where a start is a target. Of a control that is a voltage it is
        that voltage [V], the same for SET and RESET.
    smooth
        Linear between the points; else every question gets the time of the nearest one.
    still
        Relative distance from the target within which no pulse is sent; 0: none.
    manifest
        Of what it was made from; ``settings["table"]`` says how.
    domain
        The ranges of the starts and targets that it was made from.
    any_circuit
        Use it for a circuit that it was not made for, too.
    shortest_s
        Pulses of a write are not shorter than this [s].
    growth
        From the second pulse in a row in one direction on, each is longer by this factor more: a slow device would be
        asked for the same again and again.
    turn
        All pulses are shorter by this factor after each crossing of the target: a fast device would go from one end of
        its window to the other again and again.
    """

    axis_S: np.ndarray
    log_time: np.ndarray
    smooth: bool
    still: float
    manifest: Manifest = field(repr=False)
    domain: Domain
    any_circuit: bool = False
    shortest_s: float = 1e-9
    growth: float = 1.5
    turn: float = 0.7
    name: str = "table"

    knows = TRAINING_DATA

    def __post_init__(self) -> None:
        for name in ("axis_S", "log_time"):
            object.__setattr__(self, name, checked_numbers(name, getattr(self, name)))
        n = len(self.axis_S) if self.axis_S.ndim == 1 else 0
        if n < 2 or not np.all(self.axis_S > 0) or not np.all(np.diff(self.axis_S) > 0):
            raise ValueError(f"axis_S must be two or more ascending conductances [S], shape {self.axis_S.shape}")
        if self.log_time.shape != (2, n, n) or not np.all(np.isfinite(self.log_time)):
            raise ValueError(f"log_time must be finite, (2, {n}, {n}), not {self.log_time.shape}")
        check_flag("smooth", self.smooth)
        check_range("still", self.still, 0, 1, "(relative)")
        check_kind("manifest", self.manifest, Manifest)
        check_kind("domain", self.domain, Domain)
        check_flag("any_circuit", self.any_circuit)
        check_range("shortest_s", self.shortest_s, 1e-12, 1.0, "s")
        check_range("growth", self.growth, 1, 10, "")
        check_range("turn", self.turn, 0.01, 1, "")
        check_text("name", self.name)

    @shows
    def __repr__(self) -> str:
        return brief(self)

    @classmethod
    def fit(cls, data: PulseDataset | Trials, band: float | None = None, *, bins: int = 20, seed: int = 0) -> Table:
        """Return a table made from trials, or from the "train" records of a dataset.

        From trials, for each of their pairs the time after which most trajectories are within the band, as
        `Trials.floor` chooses it; between the pairs, in the logarithms of start and target, a thin-plate spline of the
        logarithm of the time over abs(ln(target / start)), whose smoothing is the one that leaves most trajectories of
        pairs held out within the band. Pairs that are within the band as they stand take no part: there no pulse is
        best, and none is sent.

        From a dataset of a voltage, the one at which most pulses end within the band, 10 % where it is None, as
        `Response.best` finds it. From any other one, in bins of start and target the median of the logarithm of the
        time, or, for a band, the time at which most of the recorded histories are within the band of their targets. A
        bin without a record has the time of the nearest one that has, in the same direction.

        Parameters
        ----------
        data
            Of `trials`, or of `extract` and the like.
        band
            Largest relative distance from the target. None: .2 for trials, and the median for a dataset. For a
            programmer it is the tolerance of its writes.
        bins
            Of start and of target each, evenly over the range of the records; for datasets.
        seed
            Of the parts that pairs and trajectories are dealt out to; for trials.

        Raises
        ------
        ValueError
            For trials of an unknown circuit, fewer than 8 pairs in a direction that need a pulse, a dataset without
            "train" records in a direction, one that cannot teach a network either, or one without histories where they
            are asked for.
        """
        check_kind("data", data, (PulseDataset, Trials), "what ouro_spice.trials or ouro_spice.extract makes")
        check_seed(seed)
        check_count("bins", bins, 2, 1000)
        if band is not None:
            check_range("band", band, 1e-6, 1.0, "(relative)")
        if isinstance(data, PulseDataset) and data.control != WIDTH:
            made = table_fit.from_sweep(data, 0.1 if band is None else band)
        elif isinstance(data, Trials):
            made = table_fit.from_trials(data, 0.2 if band is None else band, seed)
        else:
            made = table_fit.from_records(data, band, bins)
        return cls(**made)

    def predict(self, g_start_S: ArrayLike, dg_S: ArrayLike, *, outside: str = "warn", **seen: ArrayLike) -> np.ndarray:
        """Return the signed pulse times [s] for wanted changes of conductance [S], SET positive, of the shape that the
        inputs broadcast to; voltages [V] where `control` is one.

        Arguments, what becomes of questions outside the range of its data, and errors are those of
        `PulsePredictor.predict`.
        """
        if outside not in questions.OUTSIDE:
            raise ValueError(f"outside {outside!r} is unknown; there is {', '.join(questions.OUTSIDE)}")
        given = questions.broadcast({"g_start_S": g_start_S, "dg_S": dg_S, **seen})
        questions.check(given)
        unanswered = None if outside == "accept" else questions.outside_training(self.domain, given, outside, _WHO)
        time_s = self._answered(given["g_start_S"], given["dg_S"])
        return time_s if unanswered is None else np.where(unanswered, np.nan, time_s)

    def answer(self, g_start_S: ArrayLike, dg_S: ArrayLike, **seen: ArrayLike) -> np.ndarray:
        """Return the same for whatever is asked, with no warning: for programmers, whose readings are what they are."""
        return self._answered(*np.broadcast_arrays(np.asarray(g_start_S, float), np.asarray(dg_S, float)))

    def _answered(self, start_S: np.ndarray, dg_S: np.ndarray) -> np.ndarray:
        """Return the signed times [s] for inputs of one shape, which is theirs."""
        target_S = np.maximum(start_S + dg_S, 1e-12)
        way = np.where(dg_S > 0, 0, 1)
        if self.control != WIDTH:
            return self._between(start_S, target_S, way)
        if not self.smooth:
            i, j = (np.searchsorted(self._middles, np.log(g)) for g in (start_S, target_S))
            time_s = np.exp(self.log_time[way, i, j])
        else:
            time_s = np.exp(self._between(start_S, target_S, way)) * np.abs(np.log(target_S / start_S))
        return np.where(np.abs(dg_S) <= self.still * target_S, 0.0, np.sign(dg_S) * time_s)

    def _between(self, start_S: np.ndarray, target_S: np.ndarray, way: np.ndarray) -> np.ndarray:
        """Return what stands in the table, linear between its points in the logarithms of start and target."""
        (i, a), (j, b) = (self._place(np.log(g)) for g in (start_S, target_S))
        low, high = ((1 - b) * self.log_time[way, i + k, j] + b * self.log_time[way, i + k, j + 1] for k in (0, 1))
        return (1 - a) * low + a * high

    def _place(self, log_g: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the point of the axis below each value, and the part of the way to the next one; beyond the axis its
        end.
        """
        axis = self._log_axis
        i = np.clip(np.searchsorted(axis, log_g, side="right") - 1, 0, len(axis) - 2)
        return i, np.clip((log_g - axis[i]) / (axis[i + 1] - axis[i]), 0.0, 1.0)

    @cached_property
    def _log_axis(self) -> np.ndarray:
        return np.log(self.axis_S)

    @cached_property
    def _middles(self) -> np.ndarray:
        """Return the logarithms of where the parts of the axis end that belong to its points, (N - 1,)."""
        return np.log((self.axis_S[1:] + self.axis_S[:-1]) / 2)

    def save(self, path: str | Path) -> Path:
        """Write a file of arrays and JSON, no code; return its path."""
        return table_store.save(self, checked_path("path", path))

    @classmethod
    def load(cls, path: str | Path) -> Table:
        """Read such a file; return the table. ValueError for a file that is none."""
        return table_store.load(cls, checked_path("path", path))

    @property
    def sha256(self) -> str:
        """Return the hash of all that decides its predictions, and of its manifest."""
        return self._digest

    @cached_property
    def _digest(self) -> str:
        return table_store.digest(self)

    @property
    def control(self) -> str:
        """Return what it gives: the "width" of a pulse, its "amplitude" or its "gate" voltage."""
        return control_of(self.manifest.settings)

    @property
    def circuit(self) -> str:
        """Return the hash of the circuit that it was made for."""
        return self.manifest.circuit

    @property
    def pair(self) -> Pair:
        """Return the amplitudes that its pulse times belong to; ValueError where there is not one of each direction."""
        return recorded_pair(self.manifest)

    def edges(self) -> tuple[float, float]:
        """Return rise and fall of the pulses [s]; for edges that were drawn at random, the middle of their law."""
        return edge(self.manifest, "rise_s"), edge(self.manifest, "fall_s")

    def replace(self, **changes: object) -> Table:
        """Return this table with other settings, such as ``any_circuit`` or ``growth``."""
        return dataclasses.replace(self, **changes)

    def candidates(self) -> list[Table]:
        """Return this table with each of the factors that `tune` may choose from; voltages have none."""
        if self.control != WIDTH:
            return [self]
        return [self.replace(growth=growth, turn=turn) for growth in (1.0, 1.25, 1.5, 2.0, 3.0)
                for turn in (1.0, 0.7, 0.5, 0.35, 0.25, 0.15, 0.1)]  # fmt: skip

    @property
    def checkpoint(self) -> str:
        """Return the hash of the table, which manifests of writes hold."""
        return self.sha256

    @property
    def inputs(self) -> tuple[str, ...]:
        """Return the names of what it looks at."""
        return ("g_start_S", "dg_S")

    @property
    def base(self) -> None:
        """Return None: it measures no device."""

    def check_targets(self, targets_S: np.ndarray) -> None:
        """Warn where a write is to end at a target [S] that its data never had."""
        questions.check_targets(self.domain, targets_S, _WHO)

    def check(self, here: Manifest | str) -> None:
        """Raise ValueError for a circuit, by its manifest or hash, that the table was not made for."""
        if not self.any_circuit:
            check_fit(self.manifest, here, "table", "make one for it, or table.replace(any_circuit=True)")

    def next_pulses(self, targets: np.ndarray, readings: np.ndarray) -> Sequence[Choice]:
        """Return what the table holds for the latest readings of k writes: targets (k,) and readings (k, j) [S]."""
        readings = np.asarray(readings, dtype=float)
        self.check_targets(targets)
        sweep = swept(self.manifest)
        if sweep:
            return swept_choices(self.answer, sweep, np.asarray(targets, dtype=float), readings)
        dg = targets - readings[:, -1]
        up = readings < targets[:, None]
        turns = np.sum(up[:, 1:] != up[:, :-1], axis=1)
        # after so many the pulse is the longest one in any case, and a power of more might be infinite
        longer = self.growth ** np.minimum(repeats(targets, readings), 99) * self.turn ** np.minimum(turns, 99)
        time_s = driver_times(longer * self.answer(readings[:, -1], dg), dg, self.pair, self.shortest_s)
        return pulses(self.pair, time_s, np.ones(len(time_s)), *self.edges())
