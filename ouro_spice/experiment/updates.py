"""What networks do where a campaign asks them for small updates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..circuit.compact_cell import CompactCell
from ..evaluation.increments import STEPS_S, Increments, small_updates
from ..prediction.pulse_predictor import PulsePredictor
from ..provenance.cache import cached_arrays
from .context import DEVICES, ExperimentContext
from .trainings import Spread


def updates(
    place: ExperimentContext, networks: Mapping[str, Sequence[PulsePredictor]]
) -> dict[str, list[dict[str, Any]]]:
    """Return the `rows` of each network's trainings by name, of the cells of single attempts, from cache or simulated.

    In a circuit a dozen pulses for each cell and network cost too much: nothing.
    """
    if not isinstance(place.cell, CompactCell):
        return {}
    return {name: rows([_asked(place, name, one) for one in several]) for name, several in networks.items()}


def rows(several: Sequence[Increments]) -> list[dict[str, Any]]:
    """Return the rows of `Increments` of several trainings that were asked for the same changes of the same cells.

    Figures are means over the trainings, ``interval`` is that of another draw of trainings and cells both;
    ``trainings`` is their number, ``gain_sd`` the standard deviation of their own gains. An attempt that failed in one
    training counts in none. Those of one training are its own rows.

    Raises
    ------
    ValueError
        For trainings that were asked for other changes.
    """
    first = several[0]
    if len(several) == 1:
        return first.rows()
    if not all(np.array_equal(one.case, first.case) and np.allclose(one.asked_S, first.asked_S) for one in several):
        raise ValueError("several trainings must be asked for the same changes of the same cells")
    good = np.all([np.isfinite(one.change_S) for one in several], axis=0)
    asked_S, start_S, case = first.asked_S[good], first.start_S[good], first.case[good]
    kept_ones = [Increments(asked_S, start_S, one.change_S[good], one.window_S, case) for one in several]
    ratios = np.stack([one.ratio for one in kept_ones])
    return [_mean(each, ratios, asked_S) for each in zip(*(one.rows() for one in kept_ones), strict=True)]


def _mean(each: Sequence[Mapping[str, Any]], ratios: np.ndarray, asked_S: np.ndarray) -> dict[str, Any]:
    """Return one row of the same row of each training; `ratios`: realised over asked change, (S, A)."""
    wanted_S = each[0]["asked_S"] * (1 if each[0]["direction"] == "set" else -1)
    gain = Spread.of(ratios[:, np.isclose(asked_S, wanted_S, rtol=1e-6, atol=0.0)])  # each cell once
    means = {key: float(np.mean([row[key] for row in each])) for key in ("spread", "wrong_way", "rms_S")}
    over_trainings = {"gain": gain.value, "interval": gain.ends, "trainings": len(each), "gain_sd": gain.sd}
    return {**each[0], **means, **over_trainings}


def _asked(place: ExperimentContext, name: str, network: PulsePredictor) -> Increments:
    """Return the small changes that one training makes, from the cache or simulated."""
    edge_s = float(np.sqrt(np.prod(place.setting.edges_s)))

    def make() -> dict[str, np.ndarray]:
        cells = place.fleet(place.samples(place.setting.deployments, DEVICES))
        found = small_updates(cells, network.answer, place.pair, rise_s=edge_s, fall_s=edge_s)
        return {key: getattr(found, key) for key in ("asked_S", "start_S", "change_S", "case")}

    settings = place.origin(
        name=f"updates-{name}", who=network.sha256, steps_S=list(STEPS_S), edge_s=edge_s, d2d=place.setting.d2d,
        seed=place.configuration.seed, n=place.setting.deployments,
    )  # fmt: skip
    parts = cached_arrays(place.cache_folder, f"{place.setting.name}-updates-{name}".replace(" ", "_"), settings, make)
    return Increments(**parts, window_S=place.cell.window_S)
