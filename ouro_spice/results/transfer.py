"""Does it transfer? A network re-scored under conditions that it was not trained for."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..circuit import Cell, CompactCell
from ..fleet import fleet
from ..kept import kept
from ..manifest import describe
from ..one_shot import Deployment, deploy
from .networks import DEVICES, Place, network

_KNOWN = {"name", "device", "process", "lines", "drive", "clock_s"}


def transfer(place: Place) -> dict[str, Deployment]:
    """The same devices, starts and targets under each condition, by its name."""
    predictor = network(place, place.configuration.variants[place.setting.transfer])
    found = {}
    for condition in place.configuration.tables["transfer"]:
        cell, drive = changed(place.cell, condition), condition.get("drive", 1.0)
        pair = dataclasses.replace(place.pair, v_set=drive * place.pair.v_set, v_reset=drive * place.pair.v_reset)
        rise_s, fall_s = predictor.edges()
        settings = describe(cell, condition=condition, who=predictor.sha256, d2d=place.setting.d2d,
                            n=place.setting.deployments, seed=place.configuration.seed, drive=drive).origin  # fmt: skip

        def make(cell: Cell | CompactCell = cell, pair: Any = pair, clock_s: float | None = condition.get("clock_s")):  # noqa: ANN202
            drawn = place.drawn(place.setting.deployments, DEVICES, cell=cell)
            # the targets of the cell as it was trained for
            targets = np.array([one.target_S for one in place.drawn(place.setting.deployments, DEVICES)])
            cells = fleet(cell, drawn, workers=place.workers, engine=place.engine)
            made = deploy(cells, predictor.predict, targets, pair, rise_s, fall_s, clock_s)
            return {key: np.asarray(value) for key, value in dataclasses.asdict(made).items()}

        arrays = kept(place.kept, f"{place.setting.name}-transfer", settings, make)
        found[condition["name"]] = Deployment(**(arrays | {"cut": int(arrays["cut"])}))
    return found


def changed(cell: Cell | CompactCell, condition: Mapping[str, Any]) -> Cell | CompactCell:
    """The cell under a condition; ValueError for one that it does not know."""
    unknown = set(condition) - _KNOWN
    if unknown:
        raise ValueError(f"transfer: {sorted(unknown)[0]!r} is unknown; there is {', '.join(sorted(_KNOWN))}")
    parts = {}
    if "device" in condition:
        parts["device"] = cell.device.replace(**condition["device"])
    for part in ("process", "lines"):
        if part in condition:
            parts[part] = dataclasses.replace(getattr(cell, part), **condition[part])
    return cell.replace(**parts)
