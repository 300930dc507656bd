"""The neural pulse predictor: (G_start, wanted change) -> pulse time, and the programmer that uses it.

A multilayer perceptron 2-32-64-32-1, as in "The Ouroboros of Memristors", trained as there (`training/paper.toml`), or,
by default, on the logarithm of the time with the direction from the sign of the wanted change, and then so that pulses
end within a band around the target.
"""

from __future__ import annotations

import dataclasses
import warnings
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from .._util.checks import check_kind, check_seed, checked_path
from .._util.display import Axes, Frame, shows
from ..dataset.pulse_dataset import PulseDataset
from ..dataset.sweep import WIDTH
from ..provenance.manifest import Manifest
from ..simulation.write_voltages import Pair, recorded_pair
from . import checkpoint, questions
from . import predictor_display as display
from .domain import Domain, edge
from .examples import Examples
from .network import Weights
from .recorded_sweep import sweep_of, swept
from .specification import DEFAULTS, DERIVED, Specification, plain
from .swept_examples import examples_for, examples_in
from .teachable import check_teachable, has_curves
from .training import LONGEST_S, SHORTEST_S, Scale, train

_ROWS = 8192
"""Questions that are answered at once: bounds the memory."""


@dataclass(frozen=True)
class PulsePredictor:
    """A trained network with its normalisation and the manifest of the data that it was trained on.

    Attributes
    ----------
    weights
        Of the network, or of several, each for a range of G_start.
    scale
        Normalisation of inputs and output.
    specification
        What the network is and how it was trained.
    manifest
        Of the training data; ``settings["training"]`` says how it was trained.
    base
        The predictor by whose times a history-conditioned one measures how slow a device is; None for others.
    seen
        The ranges of its training data; None where they were not kept, and follow from the manifest.
    """

    weights: Weights
    scale: Scale
    specification: Specification
    manifest: Manifest = field(repr=False)
    base: PulsePredictor | None = None
    seen: Domain | None = None

    @classmethod
    def fit(
        cls,
        data: PulseDataset,
        specification: Specification | None = None,
        *,
        seed: int = 0,
        start: PulsePredictor | None = None,
        hidden: tuple[int, ...] | None = None,
        activation: str | None = None,
    ) -> PulsePredictor:
        """Return a predictor trained on the "train" records: with the epochs that are best on the "validation" ones.

        Where no validation record reached its target, training takes all its epochs and the last one is kept; its
        scores, in ``settings["training"]["kept"]`` of the manifest, are then None.

        Parameters
        ----------
        data
            Records.
        specification
            The network and its training. By default the logarithm of the time is learned, and then, where the dataset
            has histories, to end within 20 % of the target; the voltage of records that vary one.
        seed
            Of the initial weights and of the order of the records.
        start
            A predictor whose weights training begins with.
        hidden, activation
            Units of each hidden layer, and what is behind them, in place of those of the specification.

        Raises
        ------
        ValueError
            For fewer than two training records that reached their target; records that cannot teach the pulse time,
            for it does not vary, or another control does that the network does not see; histories that are not there,
            and settings that make no sense; records that vary another control than the network gives.
        """
        check_kind("data", data, PulseDataset)
        check_kind("specification", specification, (Specification, None))
        check_kind("start", start, (PulsePredictor, None))
        check_seed(seed)
        if specification is None:
            specification = plain(max(examples_in(data, "train"), 1), has_curves(data), data.control)
        layers = {"hidden": hidden, "activation": activation}
        given = {name: value for name, value in layers.items() if value is not None}
        specification = dataclasses.replace(specification, **given)
        check_teachable(data, specification)
        training, validation = (examples_for(data, split, specification) for split in ("train", "validation"))
        return cls.trained(specification, training, validation, data.manifest, seed=seed, start=start)

    @classmethod
    def trained(
        cls, specification: Specification, training: Examples, validation: Examples, manifest: Manifest, *,
        seed: int = 0, start: PulsePredictor | None = None, base: PulsePredictor | None = None,
    ) -> PulsePredictor:  # fmt: skip
        """Return a predictor trained on examples; see `fit`. `manifest` is that of what made them."""
        check_seed(seed)
        _check_examples(specification, training, validation)
        if start is not None and start.specification.inputs != specification.inputs:
            raise ValueError(f"a network that sees {list(specification.inputs)} cannot go on from one that does not")
        if start is not None and start.specification.output != specification.output:
            raise ValueError(f"a network of the output {specification.output} cannot go on from one of another")
        begin = (start.weights, start.scale) if start else None
        step_s = manifest.settings.get("step_s", 1e-8)
        weights, scale, scores = train(specification, training, validation, step_s, seed, begin)
        manifest = Manifest.from_json(manifest.to_json())
        manifest.settings["training"] = {"seed": int(seed), "kept": scores, "start": start.sha256 if start else None}
        sweep = swept(manifest)
        seen = Domain.of(specification.inputs, training, sweep.directions if sweep else None)
        return cls(weights, scale, specification, manifest, base, seen | start.domain if start else seen)

    def predict(self, g_start_S: ArrayLike, dg_S: ArrayLike, *, outside: str = "warn", **seen: ArrayLike) -> np.ndarray:
        """Return the signed pulse times [s] for wanted changes of conductance [S], SET positive, of the shape that the
        inputs broadcast to; voltages [V] of a predictor whose `control` is one.

        Parameters
        ----------
        g_start_S, dg_S
            What the cell reads now, and the wanted change of it [S].
        outside
            What becomes of questions outside the range of the training data, `domain`, a twentieth of it allowed, and
            of those for a SET or a RESET where the data hold none: "warn", `OutsideTraining`, once; "nan", NaN;
            "raise", ValueError; "accept", an answer like any other.
        **seen
            Further inputs of the network by their names; what stands for them where they are not given is in
            `specification.DEFAULTS`, edges are those of the training data.

        Raises
        ------
        ValueError
            For starts or targets that are no plausible conductances, what is not finite, and shapes that do not fit.
        """
        if outside not in questions.OUTSIDE:
            raise ValueError(f"outside {outside!r} is unknown; there is {', '.join(questions.OUTSIDE)}")
        given = questions.broadcast({"g_start_S": g_start_S, "dg_S": dg_S, **seen})
        questions.check(given)
        unanswered = None if outside == "accept" else questions.outside_training(self.domain, given, outside)
        time_s = self._answered(given)
        return time_s if unanswered is None else np.where(unanswered, np.nan, time_s)

    def answer(self, g_start_S: ArrayLike, dg_S: ArrayLike, **seen: ArrayLike) -> np.ndarray:
        """Return the same for whatever is asked, with no warning: for programmers, whose readings are what they are."""
        return self._answered(questions.broadcast({"g_start_S": g_start_S, "dg_S": dg_S, **seen}))

    @shows
    def __repr__(self) -> str:
        return display.line(self)

    @shows
    def _repr_html_(self) -> str:
        return display.html(self)

    @shows
    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the map of `frame` on given axes or those of a new figure; return the matplotlib axes."""
        return display.draw(self, ax)

    @property
    @shows
    def frame(self) -> Frame:
        """Return a table of its answers over an even grid of the starts and targets of its training data: ``g_start_S,
        g_target_S, dg_S``, the signed time ``t_pulse_s`` and ``amplitude_V``; other inputs stand at their defaults.
        """
        return display.table(self)

    def check_targets(self, targets_S: np.ndarray) -> None:
        """Warn where a programmer asks for targets [S] that its training data never had."""
        questions.check_targets(self.domain, targets_S)

    @property
    def control(self) -> str:
        """Return what it gives: the "width" of a pulse, its "amplitude" or its "gate" voltage."""
        return self.specification.control

    @property
    def circuit(self) -> str:
        """Return the hash of the circuit that it was trained on."""
        return self.manifest.circuit

    @property
    def inputs(self) -> tuple[str, ...]:
        """Return the names of what its network sees."""
        return self.specification.inputs

    @property
    def domain(self) -> Domain:
        """Return the ranges of the training data; those that they can have had where they were not kept."""
        return self._domain

    @cached_property
    def _domain(self) -> Domain:
        return self.seen or Domain.derived(self.specification.inputs, self.scale, self.manifest)

    def _answered(self, given: dict[str, np.ndarray]) -> np.ndarray:
        """Return the signed times [s] for inputs of one shape, which is theirs."""
        shape = given["dg_S"].shape
        dg = given["dg_S"].ravel()
        columns = {name: column.ravel() for name, column in given.items()}
        y = np.empty(dg.shape)
        for first in range(0, len(y), _ROWS):
            part = slice(first, first + _ROWS)
            y[part] = self.weights(self._normalised({name: column[part] for name, column in columns.items()}))
        y *= self.scale.scale_out
        y += self.scale.shift_out
        if self.specification.control != WIDTH:
            return np.clip(y, *sweep_of(self.manifest).ends_V).reshape(shape)[()]
        if self.specification.output == "signed_time":
            return np.clip(y, -LONGEST_S, LONGEST_S).reshape(shape)[()]
        np.exp(np.clip(y, np.log(SHORTEST_S), np.log(LONGEST_S), out=y), out=y)
        return (np.sign(dg) * y).reshape(shape)[()]

    def _normalised(self, given: dict[str, np.ndarray]) -> np.ndarray:
        """Return the normalised inputs of the network for questions (n,), shape (n, inputs)."""
        dg, names = given["dg_S"], self.specification.inputs
        given = given | {name: of(dg) for name, of in DERIVED.items() if name in names}
        table = np.empty((len(dg), len(names)))
        for k, name in enumerate(names):
            table[:, k] = given[name] if name in given else self._default(name)
        table -= self.scale.shift
        table /= self.scale.scale
        return table

    def _default(self, name: str) -> float:
        """Return what stands for an input that is not given."""
        if name in ("log_rise", "log_fall"):
            return float(np.log(edge(self.manifest, name.replace("log_", "") + "_s")))
        return DEFAULTS[name]

    def save(self, path: str | Path) -> Path:
        """Write a checkpoint of arrays and JSON, no code; return its path."""
        return checkpoint.save(self, checked_path("path", path))

    @classmethod
    def load(cls, path: str | Path) -> PulsePredictor:
        """Read a checkpoint; return the predictor. ValueError for a file that is none."""
        return checkpoint.load(cls, checked_path("path", path))

    @property
    def sha256(self) -> str:
        """Return the hash of weights, normalisation and manifest: the same wherever the checkpoint is stored."""
        return checkpoint.digest(self)

    @property
    def clock(self) -> PulsePredictor | None:
        """Return `base` under its former name, with a warning."""
        warnings.warn("PulsePredictor.clock is now PulsePredictor.base", DeprecationWarning, stacklevel=2)
        return self.base

    @property
    def pair(self) -> Pair:
        """Return the amplitudes that its pulse times belong to; ValueError where there is not one of each direction."""
        return recorded_pair(self.manifest)

    def edges(self) -> tuple[float, float]:
        """Return rise and fall of the pulses [s]; for edges that were drawn at random, the middle of their law."""
        return edge(self.manifest, "rise_s"), edge(self.manifest, "fall_s")


def _check_examples(specification: Specification, training: Examples, validation: Examples) -> None:
    """Raise ValueError for too few records, or none that show what pulses of other widths did where that is learned."""
    if len(training) < 2:
        raise ValueError(f"{len(training)} training records reached their target; at least 2 are needed")
    curves = training.curves is not None and validation.curves is not None
    if not curves and any(stage.needs_curves for stage in specification.stages):
        raise ValueError("this training learns from histories, and the records have none")
