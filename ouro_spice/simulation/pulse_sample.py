"""A seeded sample of the pulses of a piece of work, which are sent again in full SPICE and compared."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from .._util import random_keys
from .._util.progress import progress
from ..circuit.cell_kinds import LoneCell
from ..circuit.pulse import Pulse
from ..circuit.result import SimulationError
from ..device.memristor import Memristor
from ..device.state import State
from ..spice.ngspice import Engine
from .agreement import SAMPLE, Agreement
from .circuit_transient import CircuitRun
from .measured_transient import MeasuredRun
from .transient import send


@dataclass(frozen=True)
class _Sent:
    """A pulse, the device that it was sent to, in which state, and the seed of its walk."""

    device: Memristor
    state: State
    pulse: Pulse
    seed: int


@dataclass
class PulseSample:
    """Of all pulses that it is told of, so many, each with the same chance.

    Parameters
    ----------
    cell
        The cell, at fidelity "circuit".
    seed
        Of the choice.
    most
        Pulses in the sample.
    """

    cell: LoneCell
    seed: int
    most: int = SAMPLE
    _seen: int = 0
    _sent: list[_Sent] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._rng = np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(0, 0, 1)))

    def copy(self) -> PulseSample:
        """Return an empty sample of the same work: what goes on from here has one of its own."""
        return PulseSample(self.cell, self.seed, self.most)

    def offer(self, pulse: Pulse, device: Memristor, state: Callable[[], State], seed: int) -> None:
        """Tell of a pulse before it is sent; `state` is asked where it belongs to the sample."""
        self._seen += 1
        at = self._seen - 1 if self._seen <= self.most else int(self._rng.integers(self._seen))
        if at >= self.most:
            return
        sent = _Sent(device, state(), pulse, seed)
        if at < len(self._sent):
            self._sent[at] = sent
        else:
            self._sent.append(sent)

    def agreement(self, engine: Engine) -> Agreement | None:
        """Send the sample in full SPICE and in kernels, and return how well they agree; None of no pulses."""
        if not self._sent:
            return None
        each = getattr(engine, "each", None)
        with progress("beside in full SPICE", len(self._sent)) as bar:
            pairs = []
            for pair in each(self._both(engine), self._sent) if each else map(self._both(engine), self._sent):
                pairs.append(pair)
                bar.advance()
        g, energy = ([(fast[k], full[k]) for fast, full in pairs] for k in range(2))
        return Agreement.of(self.seed, g, energy)

    def _both(self, engine: Engine) -> Callable[[_Sent], tuple[tuple[float, float], tuple[float, float]]]:
        """Return what gives conductance [S] and energy [J] of a pulse, here and in full SPICE."""

        def one(sent: _Sent) -> tuple[tuple[float, float], tuple[float, float]]:
            cell = self.cell.replace(device=sent.device)
            keys = {0: random_keys.stream_key(sent.seed)}
            state = dataclasses.replace(sent.state, volts={})
            runs = (
                MeasuredRun(cell, sent.seed, True, engine, keys),
                CircuitRun(cell.replace(fidelity="full"), sent.seed, True, engine, keys),
            )
            fast, full = (_ends(run, sent.pulse, state) for run in runs)
            return fast, full

        return one


def _ends(run: MeasuredRun | CircuitRun, pulse: Pulse, state: State) -> tuple[float, float]:
    """Return conductance [S] and energy [J] of a pulse; NaN where it fails."""
    try:
        wave = send(run, [pulse], state)
    except SimulationError:
        return float("nan"), float("nan")
    return float(wave.g[-1]), wave.energy_J
