"""One long pulse, and the same width in several short ones."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ...circuit.cell_kinds import Cell, memristor
from ...circuit.compact_cell import CompactCell
from ...circuit.pulse import SHORTEST_S, Pulse
from ...circuit.waveform import Waveform
from ...compact import characteristics
from ...device.jart.walk import Walk
from ...device.memristor import Memristor
from ...device.state import State
from ...simulation.jart.population import stationary
from ...spice.ngspice import Engine
from .effective_width import SHORTEST_WIDTH_S, Alphas
from .ideal_pulse import DIRECTIONS, PARTS, Ideal, Trajectory, model_of, pulse_parts, rise

_NEAR_END = 1e-3
"""An end of the window within this share of it has stopped the device: its time there says nothing."""


@dataclass(frozen=True)
class Start:
    """Where the pulses of a comparison begin.

    Attributes
    ----------
    number
        Each start has its own.
    direction
        "set" or "reset".
    state
        The cell.
    g_S
        Conductance of its device [S].
    halfway
        State half way, in conductance, to the far end of the window.
    width_s
        Of the long pulse [s]: that of the noise-free device, see `walk_width_s`.
    seed
        Of the walk, the same for all that begin here.
    """

    number: int
    direction: str
    state: State = field(compare=False)
    g_S: float
    halfway: float
    width_s: float
    seed: int

    def allows(self, count: int) -> bool:
        """Return whether so many pulses are at least 1 ns wide each."""
        return self.width_s >= count * SHORTEST_WIDTH_S


def starts(
    cell: Cell | CompactCell, ideal: Ideal, traverses: Mapping[str, Trajectory], shares: Sequence[float], seed: int
) -> Iterator[Start]:
    """Yield starts over the window in both directions, each with the width that goes half way to the window's far
    end.
    """
    for number, (direction, share) in enumerate(itertools.product(DIRECTIONS, shares)):
        x, halfway = (ideal.x(ideal.share_S(direction, at)) for at in (share, (1 + share) / 2))
        width = float(np.ptp(traverses[direction].time_at([x, halfway])))
        own = int(np.random.SeedSequence(seed, spawn_key=(number,)).generate_state(1, np.uint64)[0])
        state = ideal.state(x)
        device = memristor(cell)
        if isinstance(device.walk, Walk):
            # at its present r and l the device may not have the conductance: the concentration counts
            there = stationary(device, ideal.share_S(direction, share), own, model_of(cell))
            state = state.changed(cell.index, wander=there.wander[0])
        yield Start(number, direction, state, _conductance_S(cell, state), halfway, width, own)


def _conductance_S(cell: Cell | CompactCell, state: State) -> float:
    """Return the conductance of the device of a cell in a state [S]."""
    x, model = state.x[cell.index], cell.model if isinstance(cell, CompactCell) else None
    now = memristor(cell).now(x, state.walked(cell.index))
    return float(characteristics.conductance(now, x[0], model=model))


def walk_width_s(cell: Cell | CompactCell, ideal: Ideal, start: Start) -> float:
    """Return the width after which a device that walks is half way for the first time, at most the noise-free one
    [s].
    """
    sign = rise(start.direction, ideal.lead)
    pulse = Pulse(ideal.amplitude(start.direction), start.width_s, SHORTEST_S, SHORTEST_S)
    for begin_s, wave in pulse_parts(cell, pulse, start.state, ideal.engine, PARTS, start.seed):
        there = np.flatnonzero(sign * (wave.lead() - start.halfway) >= 0)
        if len(there):
            found = begin_s + float(wave.time_s[there[0]]) - cell.flat_start_s(pulse)
            return float(np.clip(found, SHORTEST_WIDTH_S, start.width_s))
    return start.width_s


@dataclass(frozen=True)
class Train:
    """Pulses of one width, the whole of it that of the long pulse.

    Attributes
    ----------
    start
        Where they begin.
    edge_s
        Rise and fall of each [s].
    count
        How many.
    """

    start: Start
    edge_s: float
    count: int

    def pulse(self, amplitude: float) -> Pulse:
        """Return the pulse that the train repeats."""
        return Pulse(amplitude, self.start.width_s / self.count, self.edge_s, self.edge_s)

    def send(
        self, cell: Cell | CompactCell, amplitude: float, engine: Engine, advance: Callable[[], None]
    ) -> tuple[float, float]:
        """Simulate all pulses; return the state and the conductance [S] after them."""
        last = deque(self._waves(cell, self.pulse(amplitude), engine, advance), maxlen=1).pop()
        return last.end_state.x[cell.index][0], last.g_S

    def _waves(
        self, cell: Cell | CompactCell, pulse: Pulse, engine: Engine, advance: Callable[[], None]
    ) -> Iterator[Waveform]:
        """Yield the waveforms of all pulses, part by part; call `advance` after each pulse."""
        state = self.start.state
        for _ in range(self.count):
            # steps as fine for one pulse as for many
            for _, wave in pulse_parts(cell, pulse, state, engine, -(-PARTS // self.count), self.start.seed):
                state = wave.end_state
                yield wave
            advance()


def comparison_row(
    train: Train,
    long: Sequence[float],
    split: Sequence[float],
    alphas: Alphas,
    traverse: Trajectory,
    ideal: Ideal,
    device: Memristor,
) -> dict[str, object]:
    """Return a row of the comparison, from what `Train.send` returns for the long pulse and for the short ones."""
    bounds, start, more = device.bounds, train.start, train.count - 1
    pulse, (g_long, g_split) = train.pulse(ideal.amplitude(start.direction)), (long[1], split[1])
    change = g_long - start.g_S
    long_s, split_s = map(float, traverse.time_at([long[0], split[0]]))
    until_s = min(long_s + more * alphas.extra_s(pulse), traverse.time_s[-1])
    expected, plain = map(float, ideal.g_S(np.clip(traverse.x_at([until_s, long_s]), *bounds)))
    low, high = bounds[0] * (1 + _NEAR_END), bounds[1] * (1 - _NEAR_END)
    stopped = split[0] > high if start.direction == "set" else split[0] < low
    timed = more and not stopped and device.walk is None
    return {
        "direction": start.direction,
        "amplitude_V": pulse.amplitude,
        "g_start_S": start.g_S,
        "count": train.count,
        "width_s": start.width_s,
        "rise_s": pulse.rise,
        "fall_s": pulse.fall,
        "g_long_S": g_long,
        "g_split_S": g_split,
        "difference": (g_split - g_long) / change if change else float("nan"),
        "expected": (expected - plain) / change if change else float("nan"),
        "extra_s": (split_s - long_s) / more if timed else float("nan"),
    }
