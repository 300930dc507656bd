"""Write-and-verify: read, pulse, read again, until the reading is within tolerance of the target.

Every programmer runs in this one loop, with the same cell, reads and limits, and sees only what a chip sees: the
readings so far and the target. Conductance changes only through the simulated pulses. Limits count pulses.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from .cell import LiveCell, live
from .checks import check_count, check_range
from .circuit import Cell
from .manifest import Manifest, describe, versions
from .pair import Pair
from .pulse import HIGHEST_V, Pulse
from .waveform import Result, SimulationError, State


class Outcome(enum.Enum):
    """How a write ended."""

    REACHED = "the reading is within tolerance"
    PULSE_LIMIT = "the pulse limit was reached first"
    TARGET_OUTSIDE = "the target is outside the device's window"
    SIMULATION_FAILED = "a simulation failed"


class Programmer(Protocol):
    """What chooses the next pulse."""

    name: str

    def next_pulse(self, target: float, readings: list[float]) -> Pulse:
        """The next pulse for a target [S], given all readings of this write [S], the latest last."""


@dataclass(frozen=True)
class History:
    """One write.

    Attributes
    ----------
    programmer, target_S, tolerance
        Who wrote what, how close.
    readings_S
        What the sense path reported: before the first pulse and after each.
    conductances_S
        ``g`` of the device alone at the same times: for scores, no programmer saw it.
    pulses
        The pulses, one fewer than the readings.
    outcome
        How it ended.
    time_s
        Pulses and reads together, gate edges and idle times included [s].
    energy_J
        Energy delivered by the drivers in the write pulses [J].
    manifest
        Circuit, programmer, checkpoint.
    detail
        More words on a failure.
    """

    programmer: str
    target_S: float
    tolerance: float
    readings_S: tuple[float, ...]
    conductances_S: tuple[float, ...]
    pulses: tuple[Pulse, ...]
    outcome: Outcome
    time_s: float
    energy_J: float
    manifest: Manifest
    detail: str = ""

    @property
    def error(self) -> float:
        """Relative distance of the last reading from the target; NaN without a reading."""
        return abs(self.readings_S[-1] - self.target_S) / self.target_S if self.readings_S else float("nan")


@dataclass
class _Log:
    """A write in progress."""

    readings: list[float] = field(default_factory=list)
    conductances: list[float] = field(default_factory=list)
    pulses: list[Pulse] = field(default_factory=list)
    time_s: float = 0.0
    energy_J: float = 0.0

    def read(self, cell: LiveCell) -> float:
        self.readings.append(cell.read())
        self.conductances.append(getattr(cell, "g_S", float("nan")))
        self.time_s += cell.read_s
        return self.readings[-1]

    def apply(self, cell: LiveCell, pulse: Pulse) -> None:
        self.energy_J += cell.apply(pulse).energy_J
        self.time_s += cell.pulse_s(pulse) if hasattr(cell, "pulse_s") else pulse.duration + pulse.idle
        self.pulses.append(pulse)


def write_verify(
    cell: Cell | LiveCell,
    programmer: Programmer,
    target: float,
    tolerance: float,
    max_pulses: int = 50,
    seed: int = 0,
    *,
    state: State | None = None,
) -> History:
    """Program a cell to a conductance.

    Parameters
    ----------
    cell
        A description, made live, or a live cell, which is then in the state that the write left it in.
    programmer
        Chooses the pulses.
    target
        Conductance [S].
    tolerance
        Largest relative distance of the reading from the target.
    max_pulses
        The write ends after this many pulses.
    seed
        Of the cycle-to-cycle walk.
    state
        Where a description starts.

    Raises
    ------
    ValueError
        For arguments that make no sense. A missed target is an outcome, not an error.
    SimulationError
        Where a simulation runs into its time limit or its process dies twice. Other failures are outcomes.
    """
    check_range("target", target, 1e-9, 1.0, "S")
    check_range("tolerance", tolerance, 1e-6, 1.0, "(relative)")
    check_count("max_pulses", max_pulses)
    cell = live(cell, state, seed)
    manifest = _manifest(cell, programmer, seed)
    if hasattr(programmer, "check"):
        programmer.check(manifest.circuit)
    log = _Log()
    outcome, detail = _run(cell, programmer, target, tolerance, max_pulses, log)
    return History(
        programmer.name, target, tolerance, tuple(log.readings), tuple(log.conductances), tuple(log.pulses),
        outcome, log.time_s, log.energy_J, manifest, detail,
    )  # fmt: skip


def _manifest(cell: LiveCell, programmer: Programmer, seed: int) -> Manifest:
    settings = {"programmer": programmer.name, "checkpoint": getattr(programmer, "checkpoint", None), "seed": seed}
    if hasattr(cell, "description"):
        return describe(cell.description, **settings)
    return Manifest("", {}, {"kind": type(cell).__name__}, versions(), settings)  # a bench instrument


def _run(
    cell: LiveCell, programmer: Programmer, target: float, tolerance: float, max_pulses: int, log: _Log
) -> tuple[Outcome, str]:
    low, high = cell.window_S
    if not low <= target <= high:
        return Outcome.TARGET_OUTSIDE, f"{low:.4g} .. {high:.4g} S"
    try:
        while abs(log.read(cell) - target) > tolerance * target:
            if len(log.pulses) == max_pulses:
                return Outcome.PULSE_LIMIT, ""
            log.apply(cell, programmer.next_pulse(target, list(log.readings)))
    except SimulationError as error:
        if error.result in (Result.TIMEOUT, Result.WORKER):
            raise  # the machine's failure, not the cell's
        return Outcome.SIMULATION_FAILED, str(error)
    return Outcome.REACHED, ""


@dataclass(frozen=True)
class FixedPulse:
    """The plain conventional way: the same pulse again and again, the polarity by the sign of the error.

    Parameters
    ----------
    voltages
        Amplitudes for SET and RESET.
    width
        Of each pulse [s].
    edge
        Rise and fall [s].
    """

    voltages: Pair
    width: float = 1e-6
    edge: float = 2e-9
    name: str = "fixed pulse"

    def __post_init__(self) -> None:
        Pulse(self.voltages.v_set, self.width, self.edge, self.edge)  # raises where a value is out of range

    def next_pulse(self, target: float, readings: list[float]) -> Pulse:
        """The fixed pulse towards the target."""
        return Pulse(self.voltages.amplitude(target - readings[-1]), self.width, self.edge, self.edge)


@dataclass(frozen=True)
class ISPP:
    """Incremental step pulse programming: the amplitude grows by a step until the target is crossed, then starts anew.

    Parameters
    ----------
    voltages
        The pair that the amplitudes are multiples of.
    width
        Of each pulse [s].
    start
        First amplitude over the pair's.
    step
        Increment over the pair's amplitude.
    most
        Largest amplitude over the pair's: what the drivers can give.
    edge
        Rise and fall [s].
    """

    voltages: Pair
    width: float = 1e-6
    start: float = 0.9
    step: float = 0.02
    most: float = 2.0
    edge: float = 2e-9
    name: str = "ISPP"

    def __post_init__(self) -> None:
        Pulse(self.voltages.v_set, self.width, self.edge, self.edge)  # raises where a value is out of range
        strongest = max(-self.voltages.v_set, self.voltages.v_reset)
        check_range("most", self.most, 0.01, HIGHEST_V / strongest, "")
        check_range("start", self.start, 0.01, self.most, "")
        check_range("step", self.step, 0, self.most, "")

    def next_pulse(self, target: float, readings: list[float]) -> Pulse:
        """One step more than the last pulse in this direction, the start amplitude after a change of direction."""
        signs = np.sign(target - np.asarray(readings))
        turns = np.flatnonzero(signs != signs[-1])
        steps = len(signs) - 1 - (turns[-1] + 1 if len(turns) else 0)
        factor = min(self.start + self.step * steps, self.most)
        return Pulse(factor * self.voltages.amplitude(signs[-1]), self.width, self.edge, self.edge)


def summary(histories: list[History]) -> dict[str, Any]:
    """Success rate, pulses, time and energy over many writes, units in the names."""
    counts = np.array([len(h.pulses) for h in histories])
    return {
        "success": float(np.mean([h.outcome is Outcome.REACHED for h in histories])),
        "pulses_mean": float(counts.mean()),
        "pulses_p95": float(np.percentile(counts, 95)),
        "time_s": float(np.mean([h.time_s for h in histories])),
        "time_total_s": float(np.sum([h.time_s for h in histories])),
        "energy_J": float(np.mean([h.energy_J for h in histories])),
        "n": len(histories),
        "interval": _interval(counts),
    }


def _interval(counts: np.ndarray) -> list[float]:
    """95 % bootstrap interval of the mean number of pulses."""
    rng = np.random.default_rng(0)
    means = rng.choice(counts, size=(2000, len(counts))).mean(axis=1)
    return [float(x) for x in np.percentile(means, [2.5, 97.5])]
