"""What the acceptance test of a model has found."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes
    ----------
    name
        Names it.
    ok
        Says whether it is as it has to be.
    figure, limit
        Give what was measured, and what it is held to; None where there is none.
    says
        Says in one sentence what that means.
    """

    name: str
    ok: bool
    figure: float | None
    limit: float | None
    says: str


@dataclass(frozen=True)
class Acceptance:
    """All that was found about a model.

    Attributes
    ----------
    model
        Names it.
    findings
        Hold what was looked at.
    capabilities
        Say by name whether the model is able to something, and why.
    curves, pulses
        Hold traces for a figure: state, voltages and currents; voltage, times and states of a constant voltage.
    """

    model: str
    findings: tuple[Finding, ...]
    capabilities: Mapping[str, tuple[bool, str]]
    curves: tuple[tuple[float, np.ndarray, np.ndarray], ...] = field(default=(), repr=False)
    pulses: tuple[tuple[float, np.ndarray, np.ndarray], ...] = field(default=(), repr=False)

    @property
    def ok(self) -> bool:
        """Return whether no bar was missed."""
        return all(one.ok for one in self.findings)

    @property
    def as_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {
            "model": self.model,
            "ok": self.ok,
            "checks": [dataclasses.asdict(one) for one in self.findings],
            "capabilities": {name: able for name, (able, _) in self.capabilities.items()},
        }
