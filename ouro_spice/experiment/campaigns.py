"""Campaigns: the published experiment on its own ground (`make paper`), and in the circuit (`make circuit`).

Everything that takes long is kept in the campaign's folder as soon as it is made; run again, a campaign goes on.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from .._util.files import make_folder, write_text
from ..provenance.manifest import versions
from ..reporting.page import Page
from ..spice.execution import connection
from ..spice.ngspice import Ngspice
from . import campaign_page
from .attempts import one_shot
from .configuration import Configuration, Setting
from .context import ExperimentContext
from .findings import Findings
from .networks import network
from .published import document
from .published.revision import commit
from .training_processes import train_ahead
from .transfer import transfer
from .writes import convergence, writes

CAMPAIGNS = ("paper", "circuit")

_TITLES = {
    "paper": "The published experiment on its own ground",
    "circuit": "The published experiment in the circuit",
}
"""Of reports."""


def campaign(
    configuration: Configuration, out: Path, workers: int | None = None,
    own: dict[str, Any] | None = None,
    write_report: Callable[[Findings, dict[str, Any], Path], object] | None = None,
    scheduler: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Run a campaign; return what ``results.json`` holds.

    Parameters
    ----------
    configuration
        What is to be done, of `Configuration.load`.
    out
        Folder for datasets, checkpoints, ``report.html``, ``RESULTS.md`` and ``results.json``. What is found there and
        belongs to the same configuration, circuit and tools is not made again.
    workers
        Processes, for compact cells threads; all cores where None.
    own
        What the results hold beside the campaign's own; ``seconds`` is added to those of the campaign.
    write_report
        Writes the report into the folder, of what was found and the results; by default that of `campaign_page`.
    scheduler
        Address of a Dask scheduler, ``tcp://host:port``, whose workers simulate; networks are trained here.
    """
    own = dict(own or {})
    begun = time.monotonic() - own.pop("seconds", 0.0)
    made_by = commit()  # of the sources that are running, whatever is committed meanwhile
    make_folder(out)
    for name in ("report.html", "results.json", "RESULTS.md"):
        (out / name).unlink(missing_ok=True)  # none that does not fit may stand there if this is interrupted
    found = Findings()
    with Ngspice(workers) as engine, connection(scheduler):
        for setting in configuration.settings:
            begin = found.contexts.get(setting.begin)
            place = ExperimentContext(configuration, setting, out, workers, engine, begin, scheduler)
            found.contexts[setting.name] = place
            _judge(found, setting)
        results = {"campaign": configuration.name, "configuration": configuration.tables} | own | found.results
        results |= {"commit": made_by, "date": f"{datetime.now(UTC):%Y-%m-%d}", "seeds": _seeds(configuration)}
        results |= {"manifest": found.manifest | {"versions": versions()}, "seconds": time.monotonic() - begun}
        (write_report or _write_report)(found, results, out)  # a report may simulate
    write_text(out / "RESULTS.md", document.campaign_text(results))
    write_text(out / "results.json", json.dumps(finite(results), indent=2, allow_nan=False))
    return results


def _write_report(found: Findings, results: dict[str, Any], out: Path) -> Path:
    """Write the report of a campaign into its folder; return its path."""
    title = _TITLES.get(results["campaign"], f"Campaign {results['campaign']}")
    return campaign_page.write(Page(title), found, results, out / "report.html")


def _judge(found: Findings, setting: Setting) -> None:
    """Train the networks of a setting, and put into the findings what the setting asks for."""
    name, place = setting.name, found.contexts[setting.name]
    train_ahead(place)
    if not setting.judged:
        for key in setting.variants:
            network(place, place.configuration.variants[key])
        return
    compact = found.contexts.get(setting.compact)
    found.one_shots[name] = one_shot(place, compact)
    if setting.converge:
        found.convergence[name] = convergence(place)
    if setting.write:
        found.writes[name] = writes(place, compact)
    if setting.transfer:
        found.transfers[name] = transfer(place)


def _seeds(configuration: Configuration) -> dict[str, Any]:
    """Return the campaign's seed, of which everything random comes, and those of trainings by setting."""
    own = configuration.seed
    seeds = {one.name: list(range(own, own + one.training_seeds)) for one in configuration.settings}
    return {"campaign": own, "training": seeds}


def finite(value: Any) -> Any:
    """Return a value as JSON can hold it: what is not finite becomes null, numbers of numpy plain ones."""
    if isinstance(value, dict):
        return {str(key): finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not np.isfinite(value) else value
