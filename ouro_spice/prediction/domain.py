"""Where a predictor has been: the ranges of what it was trained on, and what lies outside of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._util.display import brief, shows
from ..provenance.manifest import Manifest
from .device_memory import MOST
from .examples import Examples
from .jart_windows import jart_windows
from .specification import DEFAULTS
from .training import Scale

MARGIN = 0.05
"""Share of a range by which a question may lie beyond it."""

_SURE = 4.0
"""Random records do not hold the very ends: the next one lies so many of their distances beyond with chance e^-4."""

TARGET = "g_target_S"
"""Name of the range of g_start_S + dg_S."""

DIRECTION = "direction"
"""Name of what lies outside where no pulse of the data went the way of dg_S."""

WAYS = {1: "SET", -1: "RESET"}
"""The direction by the sign of a wanted change, or of a signed time."""


@dataclass(frozen=True)
class Domain:
    """The range of each input of a network, and of the targets, in its training data.

    Attributes
    ----------
    ranges
        (smallest, largest) by name: inputs as in `specification.DEFAULTS`, and ``g_target_S``.
    records
        Of how many records; None where the ranges are those of a law.
    directions
        "SET", "RESET": those of the pulses in its data, one at least; None where it is not known.
    """

    ranges: Mapping[str, tuple[float, float]]
    records: int | None = None
    directions: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        for name, (low, high) in self.ranges.items():
            if not -np.inf < low <= high < np.inf:
                raise ValueError(f"the range of {name}, {low:g} .. {high:g}, is none")
        if self.directions is not None and (not self.directions or not set(self.directions) <= set(WAYS.values())):
            raise ValueError(f"the directions {self.directions!r} are none of SET and RESET")

    @shows
    def __repr__(self) -> str:
        return brief(self)

    @classmethod
    def of(cls, inputs: tuple[str, ...], examples: Examples, directions: tuple[str, ...] | None = None) -> Domain:
        """Return the domain of training examples, for the inputs that a network sees; `directions` are those that
        changes can have where the signs of pulse times do not say it.
        """
        columns = {name: examples.column(name) for name in inputs if name in DEFAULTS} | {TARGET: examples.target_S}
        ways = tuple(way for sign, way in WAYS.items() if bool((examples.time_s * sign > 0).any()))
        ranges = {name: (float(one.min()), float(one.max())) for name, one in columns.items()}
        return cls(ranges, len(examples), directions or ways or None)

    @classmethod
    def read(cls, table: Mapping[str, Any]) -> Domain:
        """Return the domain that a checkpoint holds; older ones hold no directions, which are then not known."""
        ranges = {name: (float(low), float(high)) for name, (low, high) in table["ranges"].items()}
        ways = table.get("directions")
        return cls(ranges, table["records"], ways if ways is None else tuple(map(str, ways)))

    @classmethod
    def derived(cls, inputs: tuple[str, ...], scale: Scale, manifest: Manifest) -> Domain:
        """Return the domain that the data of a checkpoint without one can have had, by its manifest and normalisation.

        Starts lie in the windows of the devices of its D2D law, targets in that of the nominal device. Of other data
        than extracted ones only mean and standard deviation are known: 2.5 of these on either side, as far as the
        difference of two uniform values goes.
        """
        around = zip(inputs, scale.shift, 2.5 * scale.scale, strict=True)
        found = {name: (float(mean - width), float(mean + width)) for name, mean, width in around}
        found |= {name: span for name, span in _remembered(manifest).items() if name in found}
        windows = jart_windows(manifest)
        if windows is None:
            (low, high), (less, more) = found["g_start_S"], found["dg_S"]
            return cls(found | {TARGET: (low + less, high + more)})
        starts, targets = windows
        changes = (targets[0] - starts[1], targets[1] - starts[0])
        return cls(found | {"g_start_S": starts, "dg_S": changes, TARGET: targets})

    def __or__(self, other: Domain) -> Domain:
        """Return the union: the domain of what either of them holds."""
        both = (self.ranges, other.ranges)
        spans = {name: [one[name] for one in both if name in one] for name in {**self.ranges, **other.ranges}}
        ranges = {name: (min(a for a, _ in of), max(b for _, b in of)) for name, of in spans.items()}
        records = None if self.records is None or other.records is None else self.records + other.records
        if self.directions is None or other.directions is None:
            return Domain(ranges, records)
        there = self.directions + other.directions
        return Domain(ranges, records, tuple(way for way in WAYS.values() if way in there))

    def outside(self, columns: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return where columns of any shape leave their ranges, as masks by name; only those that do somewhere.

        Where ``dg_S`` asks for a direction that the data do not hold, that is `DIRECTION`.
        """
        found = {}
        if self.directions is not None and "dg_S" in columns:
            missing = [sign for sign, way in WAYS.items() if way not in self.directions]
            out = np.any([sign * columns["dg_S"] > 0 for sign in missing], axis=0) if missing else np.False_
            found |= {DIRECTION: out} if np.any(out) else {}
        for name, (low, high) in self.ranges.items():
            if name in columns:
                # a range may be one number, which its own logarithm misses by the last digit
                margin = self._margin(name) * (high - low) + 1e-6 * max(abs(low), abs(high))
                out = (columns[name] < low - margin) | (columns[name] > high + margin)
                if np.any(out):
                    found[name] = out
        return found

    def _margin(self, name: str) -> float:
        """Return the share of its range by which an input may lie beyond it.

        Starts and targets are uniform; of their differences the largest are the rarest, and the law of the end of
        the range is a square root.
        """
        if self.records is None:
            return MARGIN
        share = _SURE / self.records
        return max(MARGIN, math.sqrt(share / 2) if name == "dg_S" else share)

    def in_words(self, names: Mapping[str, Any]) -> str:
        """Return the words for the ranges of some inputs, and for the directions."""
        alone = f"{' and '.join(self.directions or ())} pulses alone"
        return ", ".join(alone if name == DIRECTION else _words(name, *self.ranges[name]) for name in names)


def edge(manifest: Manifest, name: str) -> float:
    """Return the "rise_s" or "fall_s" of training data [s]; for edges that were drawn at random, the middle of their
    law.
    """
    law = manifest.settings[name]
    return float(np.sqrt(law[0] * law[1])) if isinstance(law, list) else law


def _words(name: str, low: float, high: float) -> str:
    """Return the range of one input in words."""
    if name.endswith("_S"):
        return f"{name} {low * 1e6:.4g} .. {high * 1e6:.4g} uS"
    return f"{name} {low:.4g} .. {high:.4g}"


def _remembered(manifest: Manifest) -> dict[str, tuple[float, float]]:
    """Return the ranges that a recipe of experience states, by name: amplitudes over the pair's, and what a memory can
    say.
    """
    law = (manifest.settings.get("variant") or {}).get("experience") or {}
    found = {"slow_same": (-MOST, MOST), "slow_other": (-MOST, MOST), "sure_same": (0.0, 2.0), "sure_other": (0.0, 2.0)}
    return found | ({"drive": (law["low"], law["high"])} if {"low", "high"} <= set(law) else {})
