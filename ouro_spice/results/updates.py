"""What networks do where a campaign asks them for small updates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..circuit import CompactCell
from ..kept import kept
from ..one_shot import STEPS_S, Increments, small_updates
from ..predictor import PulsePredictor
from .networks import DEVICES, Place


def updates(place: Place, networks: Mapping[str, PulsePredictor]) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of `Increments` of each network by name, of the cells of single attempts; kept.

    In a circuit a dozen pulses for each cell and network cost too much: nothing.
    """
    if not isinstance(place.cell, CompactCell):
        return {}
    return {name: _asked(place, name, network).rows() for name, network in networks.items()}


def _asked(place: Place, name: str, network: PulsePredictor) -> Increments:
    edge_s = float(np.sqrt(np.prod(place.setting.edges_s)))

    def make() -> dict[str, np.ndarray]:
        cells = place.fleet(place.drawn(place.setting.deployments, DEVICES))
        found = small_updates(cells, network, place.pair, rise_s=edge_s, fall_s=edge_s)
        return {key: getattr(found, key) for key in ("asked_S", "start_S", "change_S", "case")}

    settings = place.origin(
        name=f"updates-{name}", who=network.sha256, steps_S=list(STEPS_S), edge_s=edge_s, d2d=place.setting.d2d,
        seed=place.configuration.seed, n=place.setting.deployments,
    )  # fmt: skip
    parts = kept(place.kept, f"{place.setting.name}-updates-{name}".replace(" ", "_"), settings, make)
    return Increments(**parts, window_S=place.cell.window_S)
