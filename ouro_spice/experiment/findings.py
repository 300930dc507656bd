"""What a campaign has found, and the part of its results that follows from it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..evaluation.deployment import Deployment
from ..programming.history import History
from .attempts import OneShot
from .best_network import best_networks
from .context import ExperimentContext
from .networks import network
from .writes import Writes, ratios, rows


@dataclass
class Findings:
    """The findings of a campaign, by setting."""

    contexts: dict[str, ExperimentContext] = field(default_factory=dict)
    one_shots: dict[str, OneShot] = field(default_factory=dict)
    convergence: dict[str, dict[str, list[History]]] = field(default_factory=dict)
    writes: dict[str, Writes] = field(default_factory=dict)
    transfers: dict[str, dict[str, Deployment]] = field(default_factory=dict)

    @property
    def results(self) -> dict[str, Any]:
        """Return what ``results.json`` holds."""
        return {
            "one_shot": {name: found.rows() for name, found in self.one_shots.items()},
            "write_verify": {name: rows(self.contexts[name], found) for name, found in self.writes.items()},
            "ratios": {name: ratios(self.contexts[name], found) for name, found in self.writes.items()},
            "tuned": {name: _by_tolerance(found.tuned) for name, found in self.writes.items()},
            "prediction_s": {name: _by_tolerance(found.prediction_s) for name, found in self.writes.items()},
            "best": {name: best_networks(found, self._networks(name)) for name, found in self.one_shots.items()},
            "transfer": {
                name: {condition: one.summary() for condition, one in found.items()}
                for name, found in self.transfers.items()
            },
            "converged": {
                name: {who: _spread(histories) for who, histories in found.items()}
                for name, found in self.convergence.items()
            },
        }

    def _networks(self, name: str) -> list[str]:
        """Return the names of the networks that a setting trains."""
        place = self.contexts[name]
        return [variant.name for variant in place.configuration.of(place.setting)]

    @property
    def manifest(self) -> dict[str, Any]:
        """Return the hashes of circuits, files and checkpoints, failures and pairs, by setting."""
        data = {name: place.data.manifest for name, place in self.contexts.items()}
        return {
            "circuits": {name: one.circuit for name, one in data.items()},
            "files": {f"{name}: {file}": digest for name, one in data.items() for file, digest in one.files.items()},
            "failures": {name: one.failures for name, one in data.items()},
            "checkpoints": {
                f"{name}/{key}": network(place, place.configuration.variants[key]).sha256
                for name, place in self.contexts.items()
                for key in place.setting.variants
            },
            "pairs": {name: dataclasses.asdict(place.pair) for name, place in self.contexts.items()},
        }


def _by_tolerance(found: dict[float, Any]) -> dict[str, Any]:
    """Return a table with its tolerances as text, as JSON holds them."""
    return {f"{tolerance:g}": one for tolerance, one in found.items()}


def _spread(histories: list[History]) -> dict[str, dict[str, float]]:
    """Return the mean and standard deviation of the last conductance over the starts, by target [S]."""
    ends: dict[float, list[float]] = {}
    for history in histories:
        if history.conductances_S:
            ends.setdefault(history.target_S, []).append(history.conductances_S[-1])
    return {
        f"{target:.4g}": {"mean_S": float(np.mean(g)), "std_S": float(np.std(g)), "n": len(g)}
        for target, g in sorted(ends.items())
    }
