"""The network that comes with the package, in a campaign beside those that are trained there."""

from __future__ import annotations

import dataclasses

from ..prediction.neural_programmer import NeuralProgrammer
from ..prediction.pretrained import default_programmer, shipped_checkpoint
from ..prediction.pulse_predictor import PulsePredictor
from ..provenance.differences import listed
from ..provenance.manifest import describe
from ..provenance.rebuild import unlike
from .context import ExperimentContext

SHIPPED = "shipped network"
"""Its name in results."""


def shipped_programmers(place: ExperimentContext) -> list[NeuralProgrammer]:
    """Return the shipped network of the setting's cell as a programmer, where the configuration asks for it.

    It takes part in settings with writes, ``[write] shipped = true``. A list, empty where it does not.

    Raises
    ------
    ValueError
        Where the package has none for such a cell, or has one of another circuit, saying what differs.
    """
    if not (place.setting.write and place.configuration.tables["write"].get("shipped", False)):
        return []
    path = shipped_checkpoint(place.setting.cell)
    predictor = PulsePredictor.load(path)
    found = unlike(predictor.manifest, describe(place.cell))
    if found:
        raise ValueError(f"setting {place.setting.name}: {path} was trained on another circuit ({listed(found)})")
    return [dataclasses.replace(default_programmer(predictor), name=SHIPPED)]
