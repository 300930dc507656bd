"""Campaigns: the published experiment on its own ground (`make paper`), and in the circuit (`make circuit`).

Everything that takes long is kept in the campaign's folder as soon as it is made; run again, a campaign goes on.
"""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from .._util.files import make_folder, write_text
from ..evaluation.deployment import Deployment
from ..programming.history import History
from ..provenance.manifest import versions
from ..reporting.page import Page
from ..spice.ngspice import Ngspice
from . import campaign_page, document
from .attempts import OneShot, one_shot
from .best_network import best_networks
from .configuration import Configuration, Setting
from .networks import Place, network
from .revision import commit
from .training_processes import train_ahead
from .transfer import transfer
from .writes import Writes, converged, ratios, rows, writes

CAMPAIGNS = ("paper", "circuit")


@dataclass
class Found:
    """What a campaign has found, by setting."""

    places: dict[str, Place] = field(default_factory=dict)
    one_shots: dict[str, OneShot] = field(default_factory=dict)
    converged: dict[str, dict[str, list[History]]] = field(default_factory=dict)
    writes: dict[str, Writes] = field(default_factory=dict)
    transfers: dict[str, dict[str, Deployment]] = field(default_factory=dict)

    @property
    def results(self) -> dict[str, Any]:
        """What ``results.json`` holds."""
        return {
            "one_shot": {name: found.rows() for name, found in self.one_shots.items()},
            "write_verify": {name: rows(self.places[name], found) for name, found in self.writes.items()},
            "ratios": {name: ratios(self.places[name], found) for name, found in self.writes.items()},
            "tuned": {name: _by_tolerance(found.tuned) for name, found in self.writes.items()},
            "prediction_s": {name: _by_tolerance(found.prediction_s) for name, found in self.writes.items()},
            "best": {name: best_networks(found, self._networks(name)) for name, found in self.one_shots.items()},
            "transfer": {
                name: {condition: one.summary() for condition, one in found.items()}
                for name, found in self.transfers.items()
            },
            "converged": {
                name: {who: _spread(histories) for who, histories in found.items()}
                for name, found in self.converged.items()
            },
        }

    def _networks(self, name: str) -> list[str]:
        """Names of the networks that a setting trains."""
        place = self.places[name]
        return [variant.name for variant in place.configuration.of(place.setting)]

    @property
    def manifest(self) -> dict[str, Any]:
        """Exactly what was simulated, by setting."""
        data = {name: place.data.manifest for name, place in self.places.items()}
        return {
            "circuits": {name: one.circuit for name, one in data.items()},
            "files": {f"{name}: {file}": digest for name, one in data.items() for file, digest in one.files.items()},
            "failures": {name: one.failures for name, one in data.items()},
            "checkpoints": {
                f"{name}/{key}": network(place, place.configuration.variants[key]).sha256
                for name, place in self.places.items()
                for key in place.setting.variants
            },
            "pairs": {name: dataclasses.asdict(place.pair) for name, place in self.places.items()},
        }


def campaign(
    configuration: Configuration, out: Path, workers: int | None = None,
    more: Callable[[Page], dict[str, Any]] = lambda _: {},
) -> dict[str, Any]:  # fmt: skip
    """Run a campaign; returns what ``results.json`` holds.

    Parameters
    ----------
    configuration
        What is to be done, of `Configuration.load`.
    out
        Folder for datasets, checkpoints, ``report.html``, ``RESULTS.md`` and ``results.json``. What is found there and
        belongs to the same configuration, circuit and tools is not made again.
    workers
        Processes, for compact cells threads; all cores where None.
    more
        Puts sections of its own at the head of the report, and returns what the results hold of them.
    """
    begun, made_by = time.monotonic(), commit()  # of the sources that are running, whatever is committed meanwhile
    make_folder(out)
    for name in ("report.html", "results.json", "RESULTS.md"):
        (out / name).unlink(missing_ok=True)  # none that does not fit may stand there if this is interrupted
    found, report = Found(), Page(f"ouro_spice: {configuration.name}")
    own = more(report)
    with Ngspice(workers) as engine:
        for setting in configuration.settings:
            begin = found.places.get(setting.begin)
            found.places[setting.name] = Place(configuration, setting, out, workers, engine, begin)
            _judge(found, setting)
        results = {"campaign": configuration.name, "configuration": configuration.tables} | own | found.results
    results |= {"commit": made_by, "date": f"{datetime.now(UTC):%Y-%m-%d}", "seeds": _seeds(configuration)}
    results |= {"manifest": found.manifest | {"versions": versions()}, "seconds": time.monotonic() - begun}
    campaign_page.write(report, found, results, out / "report.html")
    write_text(out / "RESULTS.md", document.campaign_text(results))
    write_text(out / "results.json", json.dumps(finite(results), indent=2, allow_nan=False))
    return results


def _judge(found: Found, setting: Setting) -> None:
    name, place = setting.name, found.places[setting.name]
    train_ahead(place)
    if not setting.judged:
        for key in setting.variants:
            network(place, place.configuration.variants[key])
        return
    compact = found.places.get(setting.compact)
    found.one_shots[name] = one_shot(place, compact)
    if setting.converge:
        found.converged[name] = converged(place)
    if setting.write:
        found.writes[name] = writes(place, compact)
    if setting.transfer:
        found.transfers[name] = transfer(place)


def _seeds(configuration: Configuration) -> dict[str, Any]:
    """The campaign's seed, of which everything random comes, and those of trainings by setting."""
    own = configuration.seed
    seeds = {one.name: list(range(own, own + one.training_seeds)) for one in configuration.settings}
    return {"campaign": own, "training": seeds}


def _by_tolerance(found: dict[float, Any]) -> dict[str, Any]:
    return {f"{tolerance:g}": one for tolerance, one in found.items()}


def _spread(histories: list[History]) -> dict[str, dict[str, float]]:
    """Mean and standard deviation of the last conductance over the starts, by target [S]."""
    ends: dict[float, list[float]] = {}
    for history in histories:
        if history.conductances_S:
            ends.setdefault(history.target_S, []).append(history.conductances_S[-1])
    return {
        f"{target:.4g}": {"mean_S": float(np.mean(g)), "std_S": float(np.std(g)), "n": len(g)}
        for target, g in sorted(ends.items())
    }


def finite(value: Any) -> Any:
    """As JSON can hold it: a figure that was not measured is null, numpy's numbers are plain ones."""
    if isinstance(value, dict):
        return {str(key): finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not np.isfinite(value) else value
