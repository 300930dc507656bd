"""Programmers that send the pulse that a predictor, or a model, asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from .._util.checks import check_flag, check_has, check_kind, check_range, check_text
from .._util.display import brief, shows
from ..circuit.pulse import Pulse
from ..dataset.recipe import LIMIT
from ..programming.predictor import Predictor
from ..programming.programmer import NOMINAL, TRAINING_DATA, Choice
from ..provenance.manifest import Manifest
from ..provenance.rebuild import check_fit
from ..simulation.write_voltages import Pair
from .device_memory import DeviceMemory
from .recorded_sweep import swept
from .swept_pulses import swept_choices

Chosen = tuple[np.ndarray, np.ndarray]
"""Signed times [s] and amplitudes over the pair's, (k,)."""

_DRIVES = 41  # amplitudes that are tried


@dataclass(frozen=True)
class AmplitudePolicy:
    """Varying amplitude: that at which the pulse takes a wanted time, as far as it can be had.

    Parameters
    ----------
    width_s
        Wanted width [s].
    low, high
        Smallest and largest amplitude over the pair's: those that the predictor was trained on.
    fixed
        All pulses have that width, for drivers with a fine amplitude and a coarse clock; else the width is the one
        that the predictor gives at the amplitude chosen.
    """

    width_s: float = 50e-9
    low: float = 1.0
    high: float = 1.15
    fixed: bool = False

    def __post_init__(self) -> None:
        check_range("width_s", self.width_s, 1e-9, 1.0, "s")
        check_range("low", self.low, 0.1, 10, "")
        check_range("high", self.high, self.low, 10, "")
        check_flag("fixed", self.fixed)

    def choose(self, predict: Callable[[np.ndarray], np.ndarray], count: int) -> Chosen:
        """Return the times and amplitudes of `count` pulses; `predict` gives the signed times (count,) [s] of all at
        amplitudes (count,).
        """
        grid = np.linspace(self.low, self.high, _DRIVES)
        times = np.stack([predict(np.full(count, drive)) for drive in grid])
        off = np.abs(np.log(np.maximum(np.abs(times), 1e-15) / self.width_s))
        best, k = np.argmin(off, axis=0), np.arange(count)
        time_s, drive = times[best, k], grid[best]
        return (np.copysign(self.width_s, time_s) if self.fixed else time_s), drive


@dataclass(frozen=True)
class NeuralProgrammer:
    """Programs with the predicted pulse, or, where that is longer, with the longest one of a dataset.

    A history-conditioned predictor sees what the earlier pulses of the write did; they follow from the readings. One
    whose `control` is a voltage gives a pulse at that voltage, an erase before where one is needed; see
    `swept_pulses.swept_choices`. Drives, clock, shortest pulse and growth play no part then.

    Parameters
    ----------
    predictor
        The network.
    any_circuit
        Use it for a circuit that it was not trained on, too.
    shortest_s
        Pulses are not shorter than this [s].
    drives
        How amplitudes are chosen; None: always the pair's.
    clock_s
        Widths are whole numbers of this [s], never 0 of them; 0: any width.
    growth
        From the second pulse in a row in one direction on, each is longer than predicted by this factor more: a network
        without a memory would ask a slow device for the same again and again. History-conditioned ones know better.
    """

    predictor: Predictor
    any_circuit: bool = False
    shortest_s: float = 1e-9
    name: str = "neural"
    drives: AmplitudePolicy | None = None
    clock_s: float = 0.0
    growth: float = 1.5

    knows = TRAINING_DATA

    def __post_init__(self) -> None:
        self._check_kinds()
        check_range("shortest_s", self.shortest_s, 1e-12, 1.0, "s")
        check_range("clock_s", self.clock_s, 0, 1.0, "s")
        check_range("growth", self.growth, 1, 10, "")
        if self.drives is not None and "drive" not in self.predictor.inputs:
            raise ValueError("this predictor was trained at one pair of amplitudes: it has no others to choose from")

    @shows
    def __repr__(self) -> str:
        return brief(self)

    def _check_kinds(self) -> None:
        what = "an ouro_spice.PulsePredictor, such as PulsePredictor.load(..)"
        for name in ("predict", "edges", "check_targets"):
            check_has("predictor", self.predictor, name, what)
        check_flag("any_circuit", self.any_circuit)
        check_text("name", self.name)
        check_kind("drives", self.drives, (AmplitudePolicy, None))

    @property
    def checkpoint(self) -> str:
        """Return the hash of the network, which manifests of writes hold."""
        return self.predictor.sha256

    def check(self, here: Manifest | str) -> None:
        """Raise ValueError for a circuit, by its manifest or hash, that the predictor was not trained on."""
        if not self.any_circuit:
            remedy = "train one, or NeuralProgrammer(any_circuit=True)"
            check_fit(self.predictor.manifest, here, "predictor", remedy)

    def next_pulse(self, target: float, readings: list[float]) -> Choice:
        """Return the pulse that the predictor gives for the latest of all readings of a write [S]; of a predictor of
        voltages a tuple, with the erase before where it needs one.
        """
        return self.next_pulses(np.array([target]), np.array([readings]))[0]

    def next_pulses(self, targets: np.ndarray, readings: np.ndarray) -> Sequence[Choice]:
        """Return the next pulse, or pulses, of each of k writes: targets (k,) and all their readings so far (k, j)
        [S].
        """
        readings = np.asarray(readings, dtype=float)
        self.predictor.check_targets(targets)
        sweep = swept(self.predictor.manifest)
        if sweep:
            return swept_choices(self.predictor.answer, sweep, np.asarray(targets, dtype=float), readings)
        if self.predictor.base is None:
            # after so many the pulse is the longest one in any case, and a power of more might be infinite
            longer = self.growth ** np.minimum(repeats(targets, readings), 99)
            chosen = self.choose(targets, DeviceMemory.empty(readings[:, -1]), longer)
        else:
            memory = DeviceMemory.empty(readings[:, 0])
            for reading in readings[:, 1:].T:
                memory = memory.after(self.predictor.base, *self.choose(targets, memory), reading)
            chosen = self.choose(targets, memory)
        return pulses(self.predictor.pair, *chosen, *self.predictor.edges())

    def predictions(self, targets: np.ndarray, readings: np.ndarray) -> np.ndarray:
        """Return the number of evaluations of its networks that the next pulse of each of k writes takes, (k,).

        The network is asked once for each amplitude; with a memory, the base network once for each pulse of the
        present run, which the latest reading says something new of. The software here works the whole write out again.
        """
        count = np.full(len(targets), _DRIVES if self.drives else 1)
        if swept(self.predictor.manifest):  # and what the device should have needed, from the second pulse on
            return count + (np.shape(readings)[1] > 1)
        if self.predictor.base is None or np.shape(readings)[1] < 2:
            return count
        return count + 1 + repeats(np.asarray(targets), np.asarray(readings)[:, :-1])

    def choose(self, targets: np.ndarray, memory: DeviceMemory, longer: np.ndarray | float = 1.0) -> Chosen:
        """Return the signed times [s] and amplitudes over the pair's for k writes, (k,) each, by what is remembered of
        each.

        Predicted times are taken `longer` times as long.
        """
        reading = memory.reading_S
        dg = targets - reading
        seen = memory.inputs(self.predictor.base, dg) if self.predictor.base else {}

        def predict(drive: np.ndarray) -> np.ndarray:
            """Return the signed times [s] at amplitudes over the pair's, (k,)."""
            more = seen | {"drive": drive} if self.drives else seen
            return longer * self.predictor.answer(reading, dg, **more)

        one = np.ones(len(reading))
        time_s, drive = (predict(one), one) if self.drives is None else self.drives.choose(predict, len(reading))
        return driver_times(time_s, dg, self.predictor.pair, self.shortest_s, self.clock_s), drive


@dataclass(frozen=True)
class ModelProgrammer:
    """Programs with the time that a function of reading and wanted change gives, such as a noise-free model.

    No pulse is longer than the longest one of a dataset.

    Parameters
    ----------
    predict
        From readings [S] and wanted changes [S], (k,), to signed times [s], (k,).
    voltages
        Amplitudes for SET and RESET.
    rise_s, fall_s
        Edges [s].
    shortest_s
        Pulses are not shorter than this [s].
    """

    predict: Callable[[np.ndarray, np.ndarray], np.ndarray]
    voltages: Pair
    rise_s: float = 2e-9
    fall_s: float = 2e-9
    shortest_s: float = 1e-9
    name: str = "noise-free model"

    knows = NOMINAL

    def next_pulse(self, target: float, readings: list[float]) -> Pulse:
        """Return the pulse that the function gives for the latest of all readings of a write [S]."""
        return self.next_pulses(np.array([target]), np.array([readings]))[0]

    def next_pulses(self, targets: np.ndarray, readings: np.ndarray) -> list[Pulse]:
        """Return the next pulse of each of k writes: targets (k,) and all their readings so far (k, j) [S]."""
        reading = np.asarray(readings, dtype=float)[:, -1]
        dg = targets - reading
        time_s = driver_times(np.asarray(self.predict(reading, dg)), dg, self.voltages, self.shortest_s)
        return pulses(self.voltages, time_s, np.ones(len(time_s)), self.rise_s, self.fall_s)


def repeats(targets: np.ndarray, readings: np.ndarray) -> np.ndarray:
    """Return the number of readings (k, j) just before the last one that were on its side of the targets, (k,)."""
    sides = np.sign(targets[:, None] - readings)
    same = (sides == sides[:, -1:])[:, ::-1]
    return np.cumprod(same, axis=1).sum(axis=1) - 1


def driver_times(
    time_s: np.ndarray, dg_S: np.ndarray, voltages: Pair, shortest_s: float = 1e-9, clock_s: float = 0.0
) -> np.ndarray:
    """Return signed times (k,) [s] as a driver can send them: whole clock periods; a time of 0 is towards the target.

    No pulse is shorter than `shortest_s`, or longer than the longest one of a dataset: a network that is asked for
    what it has never seen may answer with any time.
    """
    width = np.maximum(np.minimum(np.abs(time_s), LIMIT * voltages.total_s), shortest_s)
    if clock_s:
        # the small part: 11 ps are eleven clocks of 1 ps, though the division says a little more
        least = max(np.ceil(shortest_s / clock_s - 1e-9), 1)
        width = np.maximum(np.round(width / clock_s), least) * clock_s
    return np.where(time_s == 0, np.where(dg_S > 0, 1.0, -1.0), np.sign(time_s)) * width


def pulses(
    voltages: Pair, time_s: Iterable[float], drive: Iterable[float], rise_s: float, fall_s: float
) -> list[Pulse]:
    """Return pulses of signed times [s] and amplitudes over the pair's, k of them."""
    made = zip(time_s, drive, strict=True)
    return [Pulse(voltages.amplitude(t) * float(d), abs(float(t)), rise_s, fall_s) for t, d in made]
