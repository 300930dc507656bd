"""What chooses the next pulse, and what it says of itself: what it knows, and how many predictions it takes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from .._util.checks import check_has, check_range, check_text, checked_numbers, shown
from .._util.display import brief, shows
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


@dataclass(frozen=True, eq=False)
class Situation:
    """Say what a programmer is told of K writes that have come equally far, before their next pulse.

    Attributes
    ----------
    targets_S
        Wanted conductances, (K,) [S].
    readings_S
        All readings so far, the latest last, (K, J) [S].
    tolerance
        Largest relative distance of the last reading from the target.
    cells
        Which cell each write is to, (K,): its place in the batch of `write_many`, 0 in `write_verify`. It stays the
        same for all pulses of a write, so that a programmer may remember what a cell did before.
    """

    targets_S: np.ndarray
    readings_S: np.ndarray
    tolerance: float
    cells: np.ndarray

    @shows
    def __repr__(self) -> str:
        return brief(self)


class Programmer(Protocol):
    """What chooses the next pulse.

    One that says nothing by ``knows`` takes part in no comparison by knowledge.

    A **prediction** is one evaluation of a network, or of a model's lookup, for one reading, wanted change and
    amplitude. ``predictions(targets, readings)`` gives how many the next pulse of each of K writes takes, (K,): 1 at
    one amplitude, 41 where 41 amplitudes are tried, and one of the network behind a memory for each pulse that the
    latest reading says something new of. It counts what a chip needs that remembers the write so far. Without it a
    programmer takes none if it knows nothing, and else one a pulse.

    A programmer may also have ``next_pulses(targets, readings)``, for targets (K,) and readings (K, J) [S] of K writes
    that have come equally far: `write_many` asks it once for all of them. One that has ``next_choices(situation)`` is
    asked by that alone, in `write_verify`, too, and may lack the others: a `Situation` says also how close the writes
    are to come and which cells they are to, and it returns a pulse or several for each of them. One that has
    ``check(manifest)`` may refuse a circuit, by the manifest of the work, before anything is done. These names count as
    methods alone: a field that has one of them is a setting like any other.
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
    count = method(programmer, "predictions")
    if count:
        return np.asarray(count(targets, readings), dtype=int)
    return np.full(len(targets), 0 if knowledge(programmer) in ("", NOTHING) else 1)


def check_circuit(programmer: Programmer, here: Manifest) -> None:
    """Call the ``check`` of a programmer that has one: it may refuse a circuit, by its manifest, with a ValueError."""
    check = method(programmer, "check")
    if check:
        check(here)


def method(programmer: object, name: str) -> Callable[..., Any] | None:
    """Return a method that a programmer may have; None where there is none, or a field has its name."""
    kind = type(programmer)
    if name in getattr(programmer, "__dict__", {}) or name in getattr(kind, "__dataclass_fields__", {}):
        return None
    found = getattr(programmer, name, None)
    return found if callable(found) else None


def choices_for(programmer: Programmer, situation: Situation, together: bool = True) -> Sequence[Choice]:
    """Return the next pulse, or pulses, of each of K writes, asked by what the programmer has; see `Programmer`.

    `together`: by its ``next_pulses``, if it has them; else one by one.
    """
    ask, targets, readings = method(programmer, "next_choices"), situation.targets_S, situation.readings_S
    if ask:
        return ask(situation)
    every = method(programmer, "next_pulses") if together else None
    if every:
        return every(targets, readings)
    rows = zip(targets.tolist(), readings.tolist(), strict=True)
    return [programmer.next_pulse(target, row) for target, row in rows]


def check_programmer(programmer: object) -> None:
    """Raise ValueError for what chooses no pulses."""
    if method(programmer, "next_choices") is None:
        check_has("programmer", programmer, "next_pulse", "a programmer, such as ouro_spice.ISPP(pair)")
    check_text("the programmer's name", getattr(programmer, "name", None))
    knowledge(programmer)


class Conventional(ABC):
    """A programmer by fixed rules: what it does depends on the target and the readings of this write alone."""

    knows = NOTHING

    @abstractmethod
    def next_pulses(self, targets: np.ndarray, readings: np.ndarray) -> Sequence[Choice]:
        """Return the next pulse of each of K writes, of targets (K,) and readings (K, J) [S]."""

    def next_pulse(self, target: float, readings: list[float]) -> Choice:
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
