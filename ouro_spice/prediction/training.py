"""Training: stage after stage, the epoch that is best on the validation records kept."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch

from .._util.display import brief, shows
from .._util.forks import cached_property
from .._util.progress import progress
from .examples import Examples
from .network import Network, Weights
from .objectives import (
    SOFTNESS,
    band_loss,
    change_cost,
    change_loss,
    conductance_loss,
    even_changes,
    miss,
    nearer_targets,
    random_changes,
)
from .recorded_curves import Curves
from .specification import Specification, Stage

SHORTEST_S, LONGEST_S = 1e-13, 1e3
"""Between these a network's answer is a pulse time."""


@dataclass(frozen=True)
class Scale:
    """Normalised value = (value - shift) / scale, of the inputs (k,) and the output."""

    shift: np.ndarray
    scale: np.ndarray
    shift_out: float
    scale_out: float

    @shows
    def __repr__(self) -> str:
        return brief(self)

    @classmethod
    def of(cls, specification: Specification, examples: Examples) -> Scale:
        """Return the normalisation for training examples: what varies becomes about -2 .. 2."""
        x = examples.table(specification.inputs)
        y = log_of(examples.time_s) if specification.output == "log_time" else examples.time_s
        width, width_out = _width(x), _width(y)
        # a signed time has its zero where it is
        shift = 0.0 if specification.output == "signed_time" else float(y.mean())
        return cls(x.mean(dim=0).numpy(), width.numpy(), shift, float(width_out))


def _width(values: torch.Tensor) -> torch.Tensor:
    """Return the standard deviation over the first axis; 1 where nothing varies."""
    width = values.std(dim=0)
    return torch.where(width > 1e-30, width, 1.0)


def log_of(time_s: torch.Tensor) -> torch.Tensor:
    """Return the logarithms of pulse times, none of which counts as longer than `LONGEST_S` or shorter than
    `SHORTEST_S`.
    """
    return time_s.abs().clamp(SHORTEST_S, LONGEST_S).log()


def train(
    specification: Specification, train: Examples, validation: Examples, step_s: float, seed: int,
    start: tuple[Weights, Scale] | None = None,
) -> tuple[Weights, Scale, dict[str, float | None]]:  # fmt: skip
    """Train a network; return its weights, normalisation, and the scores of its stages.

    Parameters
    ----------
    specification
        What it is.
    train, validation
        What it learns from, and what the best epoch is chosen on.
    step_s
        The steps that smoothing counts in [s].
    seed
        Of initial weights and the order of examples.
    start
        Weights and normalisation to begin with.

    Returns
    -------
    tuple
        Weights, normalisation, and the score of what was kept in each stage; None without validation examples, where
        the last epoch is kept.
    """
    scale = start[1] if start else Scale.of(specification, train)
    with _one_thread():
        # the first input is normalised: about -1.7 .. 1.7 for starts that are uniform
        centres = np.linspace(-1.3, 1.3, specification.networks) if specification.networks > 1 else np.zeros(1)
        network = Network(len(specification.inputs), centres, seed, specification.hidden, specification.activation)
        if start:
            network.load(start[0])
        scores = {}
        with progress("train", sum(stage.epochs for stage in specification.stages)) as bar:
            for k, stage in enumerate(specification.stages):
                run = _Run(specification, stage, scale, train, validation, step_s, np.random.SeedSequence([seed, k]))
                scores[f"{k + 1} {stage.objective}"] = run.fit(network, bar.advance, k > 0 or start is not None)
    return network.weights, scale, scores


@dataclass
class _Run:
    """One stage."""

    specification: Specification
    stage: Stage
    scale: Scale
    train: Examples
    validation: Examples
    step_s: float
    seeds: np.random.SeedSequence

    def fit(self, network: Network, done: Callable[[int], None], trained: bool) -> float | None:
        """Train by Adam, whose rate falls along a cosine; return the best score, whose weights the network then has.

        All epochs are gone through: of them that is kept which is best on the validation examples, and a `trained`
        network may stay as it is. Without validation examples that of the last epoch is kept, and there is no score.
        ValueError where no score is finite.
        """
        stage, judged = self.stage, len(self.validation) > 0
        generator = torch.Generator().manual_seed(int(self.seeds.generate_state(1)[0]))
        optimiser = torch.optim.Adam([network.in_one()], lr=stage.learning_rate, fused=True)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, stage.epochs)
        curves = self._curves()
        best, kept = float("inf"), network.weights
        if trained and judged:
            best = min(best, self._judged(network))
        for epoch in range(stage.epochs):
            softness = SOFTNESS[0] * (SOFTNESS[1] / SOFTNESS[0]) ** (epoch / stage.epochs)
            loss = torch.zeros(())
            for rows in torch.randperm(len(self.train), generator=generator).split(stage.batch):
                loss = self._loss(network, rows, curves, softness, generator)
                optimiser.zero_grad(set_to_none=False)  # the gradients of the layers are parts of it
                loss.backward()
                optimiser.step()
            schedule.step()
            score = self._judged(network) if judged else float(loss.detach())
            if score < best or not judged:
                best, kept = score, network.weights
            done(1)
        if not np.isfinite(best):
            raise ValueError(f"training on the {self.stage.objective} gave no finite numbers: the records have none")
        network.load(kept)
        return best if judged else None

    def _judged(self, network: Network) -> float:
        """Return the score of a network on the validation examples; smaller is better."""
        with torch.no_grad():
            return self._score(network(self._seen_in_validation))

    @cached_property
    def _seen(self) -> torch.Tensor:
        """Return the normalised inputs of all training examples, (n, inputs)."""
        return self._normalised(self.train)

    @cached_property
    def _seen_in_validation(self) -> torch.Tensor:
        """Return the normalised inputs of all validation examples, (n, inputs)."""
        return self._normalised(self.validation, dg_S=self._asked if self.stage.keep == "change" else None)

    @cached_property
    def _asked(self) -> torch.Tensor:
        """Return the changes that a score of changes asks for, (n,) [S]."""
        return even_changes(self.validation)

    @cached_property
    def _wanted(self) -> torch.Tensor:
        """Return the normalised outputs that training on times wants, (n,)."""
        wanted = log_of(self.train.time_s) if self.specification.output == "log_time" else self.train.time_s
        return (wanted - self.scale.shift_out) / self.scale.scale_out

    def _curves(self) -> Curves | None:
        """Return the curves that the objective learns from, smoothed where it says so; None for pulse times."""
        if self.stage.objective == "time":
            return None
        curves = self.train.recorded
        return curves if self.stage.smoothing == 1 else curves.smoothed(self.stage.smoothing * self.step_s)

    def _normalised(
        self, examples: Examples, rows: torch.Tensor | slice = slice(None), dg_S: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Return the normalised inputs of some examples, (rows, inputs)."""
        table = examples.table(self.specification.inputs, rows, dg_S)
        return (table - torch.from_numpy(self.scale.shift)) / torch.from_numpy(self.scale.scale)

    def _loss(
        self, network: Network, rows: torch.Tensor, curves: Curves | None, softness: float, generator: torch.Generator
    ) -> torch.Tensor:
        """Return the objective on some rows of the training examples, a scalar; `curves` are those of `_curves`."""
        if curves is None:
            return self._time_loss(network, rows)
        scale, train = self.scale, self.train
        start = train.inputs["g_start_S"][rows]
        if self.stage.objective == "change":
            asked = random_changes(train, rows, generator)
            log_time = network(self._normalised(train, rows, asked)) * scale.scale_out + scale.shift_out
            return change_loss(log_time, curves.take(rows), start, asked)
        if self.stage.objective == "band":
            target = nearer_targets(train, rows, generator)
            log_time = network(self._normalised(train, rows, target - start)) * scale.scale_out + scale.shift_out
            return band_loss(log_time, curves.take(rows), target, self.stage.band, softness)
        time_s = self._signed(network(self._seen[rows]), torch.sign(train.time_s[rows]))
        unit = torch.full_like(time_s, scale.scale_out)
        if self.specification.output == "log_time":
            unit = unit * time_s.detach().abs()
        return conductance_loss(time_s, train, rows, curves, scale.scale[1], unit)

    def _time_loss(self, network: Network, rows: torch.Tensor) -> torch.Tensor:
        """Return the mean squared error of the normalised output, a scalar."""
        return torch.nn.functional.mse_loss(network(self._seen[rows]), self._wanted[rows])

    def _signed(self, y: torch.Tensor, sign: torch.Tensor) -> torch.Tensor:
        """Return the signed times [s] that outputs (n,) stand for, by the signs of their directions."""
        y = y * self.scale.scale_out + self.scale.shift_out
        if self.specification.output != "log_time":
            return y
        return sign * y.clamp(np.log(SHORTEST_S), np.log(LONGEST_S)).exp()

    def _score(self, y: torch.Tensor) -> float:
        """Return the score of outputs (n,) on the validation records: smaller is better."""
        examples = self.validation
        if self.stage.keep == "change":
            log_time = y * self.scale.scale_out + self.scale.shift_out
            around, start = log_of(examples.time_s), examples.inputs["g_start_S"]
            return float(change_cost(log_time, examples.recorded, start, self._asked, around).mean())
        sign = torch.sign(examples.time_s)
        time_s = self._signed(y, sign)
        if self.stage.keep == "time":
            return float((time_s / examples.time_s - 1).abs().mean())
        g = examples.recorded.at(time_s * sign)
        if self.stage.keep == "conductance":
            return float(((g - examples.target_S) / examples.target_S).abs().mean())
        return float(miss(g, examples.target_S, self.stage.band, SOFTNESS[1]).mean())


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Use one thread: faster for so small a network, and the sums are the same on every machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def scale_from(arrays: tuple[np.ndarray, ...]) -> Scale:
    """Return the normalisation that `arrays_of` took apart."""
    shift, scale, out = arrays
    return Scale(shift, scale, float(out[0]), float(out[1]))


def arrays_of(scale: Scale) -> tuple[np.ndarray, ...]:
    """Return the shift and the scale of the inputs, (k,) each, and both of the output, (2,)."""
    values = dataclasses.astuple(scale)
    return values[0], values[1], np.array(values[2:])
