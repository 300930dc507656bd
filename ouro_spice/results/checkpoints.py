"""The checkpoints of a campaign: found again where they are of the wanted recipe, else made."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..predictor import PulsePredictor
from ..predictor.programmer import Drives


def found(path: Path, wanted: dict[str, Any], drives: Drives | None) -> PulsePredictor | None:
    """Return a checkpoint, None where it is not there, damaged, or of another recipe."""
    with contextlib.suppress(ValueError):
        predictor = PulsePredictor.load(path)
        told = predictor.manifest.settings
        if told.get("variant") == wanted and told.get("drives") == (dataclasses.asdict(drives) if drives else None):
            return predictor
    return None


def saved(
    path: Path, wanted: dict[str, Any], drives: Drives | None, make: Callable[[], PulsePredictor]
) -> PulsePredictor:
    """Return a network from its checkpoint where that is of the wanted recipe, or made and saved."""
    predictor = found(path, wanted, drives)
    if predictor is not None:
        return predictor
    made = make()
    made.manifest.settings["variant"] = wanted
    if drives:
        made.manifest.settings["drives"] = dataclasses.asdict(drives)
    path.parent.mkdir(parents=True, exist_ok=True)
    made.save(path)
    return made
