"""What chooses the next pulse, and what it says of itself: what it knows, and how many predictions it takes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from .._util.checks import check_has, check_range, check_text, checked_numbers, shown
from ..circuit.pulse import Pulse
from ..provenance.manifest import Manifest

_LARGE = 1e9
"""A target that no unit explains."""

NOTHING, NOMINAL, LAW, TRAINING_DATA = KNOWS = ("nothing", "nominal model", "law", "training data")
"""What a programmer may know of the devices before it writes: the readings of this write alone, with settings that were
tuned on other devices; the nominal device without noise; the law by which devices differ and walk; what records of
many other pulses have taught."""

MODEL = (NOMINAL, LAW)
"""What the best rival that knows the model may know."""


Choice = Pulse | Sequence[Pulse]
"""What a programmer chooses between two reads: a pulse, or several that are sent one after the other."""


class Programmer(Protocol):
    """What chooses the next pulse.

    One that says nothing by ``knows`` takes part in no comparison by knowledge.

    A **prediction** is one evaluation of a network, or of a model's lookup, for one reading, wanted change and
    amplitude. ``predictions(targets, readings)`` gives how many the next pulse of each of K writes takes, (K,): 1 at
    one amplitude, 41 where 41 amplitudes are tried, and one of the network behind a memory for each pulse that the
    latest reading says something new of. It counts what a chip needs that remembers the write so far. Without it a
    programmer takes none if it knows nothing, and else one a pulse.

    A programmer may also have ``next_pulses(targets, readings)``, for targets (K,) and readings (K, J) [S] of K writes
    that have come equally far: `write_many` asks it once for all of them. One that has ``check(manifest)`` may refuse a
    circuit, by the manifest of the work, before anything is done.
    """

    @property
    def name(self) -> str:
        """Return its name in results."""
        ...

    @property
    def knows(self) -> str:
        """Return what it knows, one of `KNOWS`."""
        ...

    def next_pulse(self, target: float, readings: list[float]) -> Choice:
        """Return the next pulse for a target [S], given all readings of this write [S], the latest last.

        Several pulses, as a tuple, are sent one after the other without a read between, such as an erase and a SET.
        """
        ...


def knowledge(programmer: object) -> str:
    """Return what a programmer knows, one of `KNOWS`; "" where it does not say.

    Raises
    ------
    ValueError
        For anything else.
    """
    found = getattr(programmer, "knows", "")
    if not isinstance(found, str) or found not in ("", *KNOWS):
        raise ValueError(f"knows = {shown(found)} of a programmer must be one of {', '.join(KNOWS)}")
    return found


def predictions_for(programmer: Programmer, targets: np.ndarray, readings: np.ndarray) -> np.ndarray:
    """Return the predictions that the next pulse of each of K writes takes, (K,); see `Programmer`."""
    count = getattr(programmer, "predictions", None)
    if callable(count):
        return np.asarray(count(targets, readings), dtype=int)
    return np.full(len(targets), 0 if knowledge(programmer) in ("", NOTHING) else 1)


def check_circuit(programmer: Programmer, here: Manifest) -> None:
    """Call the ``check`` of a programmer that has one: it may refuse a circuit, by its manifest, with a ValueError."""
    check = getattr(programmer, "check", None)
    if callable(check):
        check(here)


def check_programmer(programmer: object) -> None:
    """Raise ValueError for what chooses no pulses."""
    check_has("programmer", programmer, "next_pulse", "a programmer, such as ouro_spice.ISPP(pair)")
    check_text("the programmer's name", getattr(programmer, "name", None))
    knowledge(programmer)


class Conventional(ABC):
    """A programmer by fixed rules: what it does depends on the target and the readings of this write alone."""

    knows = NOTHING

    @abstractmethod
    def next_pulses(self, targets: np.ndarray, readings: np.ndarray) -> list[Pulse]:
        """Return the next pulse of each of K writes, of targets (K,) and readings (K, J) [S]."""

    def next_pulse(self, target: float, readings: list[float]) -> Pulse:
        """Return the next pulse for a target [S], given all readings of this write [S], the latest last."""
        check_range("target", target, 0, _LARGE, "S")
        found = checked_numbers("readings", readings)
        if found.ndim != 1 or not found.size:
            raise ValueError(f"readings = {shown(readings)} must be the readings of a write [S], one at least")
        return self.next_pulses(np.array([target], float), found[None])[0]


def levels(targets: np.ndarray, readings: np.ndarray, back: int | None, highest: int) -> np.ndarray:
    """Return the step, from 0 on, that K programmers have come to which step up until the target is crossed, (K,).

    Parameters
    ----------
    targets, readings
        (K,) and (K, J) [S].
    back
        Steps that are taken back where the direction changes; None: all.
    highest
        The last step.
    """
    up = readings < targets[:, None]
    now = np.zeros(len(targets), int)
    for j in range(1, up.shape[1]):
        turned = 0 if back is None else np.maximum(now - back, 0)
        now = np.where(up[:, j] == up[:, j - 1], np.minimum(now + 1, highest), turned)
    return now
