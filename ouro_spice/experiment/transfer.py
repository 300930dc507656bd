"""Does it transfer? A network re-scored under conditions that it was not trained for."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from ..circuit.cell_kinds import Cell, memristor
from ..circuit.compact_cell import CompactCell
from ..evaluation.deployment import Deployment, deploy
from ..prediction.pulse_predictor import PulsePredictor
from ..provenance.manifest import describe
from .attempts import cached_deployment
from .context import DEVICES, ExperimentContext
from .networks import network

_KNOWN = {"name", "device", "process", "lines", "drive", "clock_s", "edge_s", "variant"}


def transfer(place: ExperimentContext) -> dict[str, Deployment]:
    """Return attempts of the same devices, starts and targets under each condition, by its name."""
    variants, found = place.configuration.variants, {}
    for one in place.configuration.tables["transfer"]:
        predictor = network(place, variants[one.get("variant", place.setting.transfer)])
        found[one["name"]] = _under(place, predictor, one)
    return found


def _under(place: ExperimentContext, predictor: PulsePredictor, condition: Mapping[str, Any]) -> Deployment:
    """Return the attempts of a network under one condition, from the cache or simulated."""
    cell, drive, count = changed_cell(place.cell, condition), condition.get("drive", 1.0), place.setting.deployments
    pair = dataclasses.replace(place.pair, v_set=drive * place.pair.v_set, v_reset=drive * place.pair.v_reset)
    settings = describe(
        cell, "campaign", condition=dict(condition), who=predictor.sha256, d2d=place.setting.d2d, n=count,
        seed=place.configuration.seed,
    ).origin  # fmt: skip

    def make() -> Deployment:
        drawn = place.samples(count, DEVICES, cell=cell)
        # the targets are those of the cell that it was trained for
        targets = np.array([one.target_S for one in place.samples(count, DEVICES)])
        cells = place.fleet(drawn, cell, pair)
        rise_s, fall_s = (condition["edge_s"],) * 2 if "edge_s" in condition else predictor.edges()
        seen = {"log_rise": np.log(rise_s), "log_fall": np.log(fall_s)}
        return deploy(cells, partial(predictor.answer, **seen), targets, pair, rise_s, fall_s, condition.get("clock_s"))

    return cached_deployment(place, "transfer", settings, make)


def changed_cell(cell: Cell | CompactCell, condition: Mapping[str, Any]) -> Cell | CompactCell:
    """Return the cell under a condition; ValueError for one that it does not know."""
    unknown = set(condition) - _KNOWN
    if unknown:
        raise ValueError(f"transfer: {sorted(unknown)[0]!r} is unknown; there is {', '.join(sorted(_KNOWN))}")
    parts = {}
    if "device" in condition:
        parts["device"] = memristor(cell).replace(**condition["device"])
    for part in ("process", "lines"):
        if part in condition:
            parts[part] = dataclasses.replace(getattr(cell, part), **condition[part])
    return cell.replace(**parts)
