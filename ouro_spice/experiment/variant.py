"""A network of a campaign as its file in ``training/`` says it: how it is trained, and on which experience."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._util.checks import check_count, check_range
from ..prediction.neural_programmer import AmplitudePolicy
from ..prediction.specification import Specification
from .configuration_fields import build, check_label


@dataclass(frozen=True)
class Experience:
    """How a network that needs more than one pulse of each device gets its examples.

    Parameters
    ----------
    devices
        In each round.
    rounds
        (attempts, jitter) of each: the first with the network of a single pulse, then with the one trained so far. A
        setting that begins with the networks of another one has no need of the first.
    low, high, fastest_s
        As in `rollout.Law`.
    """

    devices: int
    rounds: tuple[tuple[int, float], ...]
    low: float = 1.0
    high: float = 1.0
    fastest_s: float = 50e-9

    def __post_init__(self) -> None:
        check_count("devices", self.devices)
        if not isinstance(self.rounds, list | tuple) or not all(
            isinstance(one, list | tuple) and len(one) == 2 for one in self.rounds
        ):
            raise ValueError(f"rounds = {self.rounds!r} must be a list of [attempts, jitter]")
        for attempts, jitter in self.rounds:
            check_count("attempts", attempts)
            check_range("jitter", jitter, 0, 10, "")
        object.__setattr__(self, "rounds", tuple((int(attempts), float(jitter)) for attempts, jitter in self.rounds))
        check_range("low", self.low, 0.1, 10, "")
        check_range("high", self.high, self.low, 10, "")
        check_range("fastest_s", self.fastest_s, 1e-9, 1.0, "s")


@dataclass(frozen=True)
class Variant:
    """A network of a campaign: its name in results, its specification, and what it needs beside.

    `like` is the key of the variant whose experience it learns from, too, where it gathers none of its own.
    """

    key: str
    name: str
    specification: Specification
    experience: Experience | None = None
    drives: AmplitudePolicy | None = None
    like: str = ""

    @property
    def conditioned(self) -> bool:
        """Return whether records do not suffice for its training."""
        return bool(self.experience or self.like)

    @property
    def gathering(self) -> Experience:
        """Return how its own experience is gathered; ValueError for a variant that gathers none."""
        if self.experience is None:
            raise ValueError(f"variant {self.key}: it gathers no experience of its own")
        return self.experience

    @classmethod
    def of(cls, key: str, table: Mapping[str, Any]) -> Variant:
        """Return the variant of a table of the file; ValueError for what is wrong in it."""
        values = dict(table)
        name, experience, drives, like = (values.pop(one, None) for one in ("name", "experience", "drives", "like"))
        if experience:
            experience = build(Experience, experience, "the experience")
        drives = build(AmplitudePolicy, drives, "the drives") if drives else None
        check_label(name if name is not None else key)
        if not isinstance(like, str | None):
            raise ValueError(f"like = {like!r} must be the name of a variant")
        return cls(key, name or key, Specification.of(values), experience, drives, like or "")
