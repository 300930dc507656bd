"""A seeded sample of the pulses of a piece of work, which are sent again in full SPICE and compared."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

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

    A pulse has a number that follows from its cell's seed and how many the cell has got before; those with the smallest
    numbers are taken: the same ones, in whatever parts the work is done.

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
    _counts: dict[int, int] = field(default_factory=dict)
    _sent: dict[int, _Sent] = field(default_factory=dict)

    def copy(self) -> PulseSample:
        """Return an empty sample of the same work: what goes on from here has one of its own."""
        return PulseSample(self.cell, self.seed, self.most, dict(self._counts))

    def offer(self, pulse: Pulse, device: Memristor, state: Callable[[], State], seed: int) -> None:
        """Add a pulse that will be sent to those that the sample is chosen of; `state` is asked where it is in it."""
        count = self._counts.get(seed, 0)
        self._counts[seed] = count + 1
        text = f"{self.seed} {seed} {count}".encode()
        number = int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big")
        if len(self._sent) < self.most or number < max(self._sent):
            self._sent[number] = _Sent(device, state(), pulse, seed)
            self._shorten()

    def add(self, other: PulseSample) -> None:
        """Take over what another one has been told of."""
        self._counts |= other._counts
        self._sent |= other._sent
        self._shorten()

    def _shorten(self) -> None:
        """Leave no more than there may be."""
        while len(self._sent) > self.most:
            del self._sent[max(self._sent)]

    def agreement(self, engine: Engine) -> Agreement | None:
        """Send the sample in full SPICE and in kernels, and return how well they agree; None of no pulses."""
        if not self._sent:
            return None
        each = getattr(engine, "each", None)
        with progress("beside in full SPICE", len(self._sent)) as bar:
            pairs, sent = [], [self._sent[number] for number in sorted(self._sent)]
            for pair in each(self._both(engine), sent) if each else map(self._both(engine), sent):
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
