"""The checkpoints of a campaign: found again where they are of the wanted recipe, else made."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .._util.progress import notice
from ..prediction.neural_programmer import AmplitudePolicy
from ..prediction.pulse_predictor import PulsePredictor
from ..provenance.differences import differences, listed
from ..provenance.manifest import Manifest


def load_matching(path: Path, wanted: dict[str, Any], drives: AmplitudePolicy | None) -> PulsePredictor | None:
    """Return a network from its checkpoint; None where that is not there, damaged, or of another recipe."""
    predictor = _loaded(path)
    return predictor if predictor and _fits(predictor, wanted, drives) else None


def load_or_train(
    path: Path,
    wanted: dict[str, Any],
    drives: AmplitudePolicy | None,
    trainer: Manifest,
    make: Callable[[], PulsePredictor],
) -> PulsePredictor:
    """Return a network from its checkpoint where that is of the wanted recipe, else train and store it.

    One of another recipe is said, with what differs. `trainer` is the manifest of what trains networks here.
    """
    predictor = _loaded(path)
    if predictor and _fits(predictor, wanted, drives):
        return predictor
    if predictor:
        _say_why(path, predictor, wanted, trainer)
    made = make()
    made.manifest.settings["variant"] = wanted
    code = made.manifest.code
    if code is not None and trainer.code is not None:
        code.update(trainer.code)  # what made the records, and what made a network of them
    if drives:
        made.manifest.settings["drives"] = dataclasses.asdict(drives)
    path.parent.mkdir(parents=True, exist_ok=True)
    made.save(path)
    return made


def _loaded(path: Path) -> PulsePredictor | None:
    """Return the network of a checkpoint; None where there is none that can be read."""
    with contextlib.suppress(ValueError):
        return PulsePredictor.load(path)
    return None


def _fits(predictor: PulsePredictor, wanted: dict[str, Any], drives: AmplitudePolicy | None) -> bool:
    """Return whether a network is of the wanted recipe and amplitude policy."""
    settings = predictor.manifest.settings
    return settings.get("variant") == wanted and settings.get("drives") == (
        dataclasses.asdict(drives) if drives else None
    )


def _say_why(path: Path, predictor: PulsePredictor, wanted: dict[str, Any], trainer: Manifest) -> None:
    """Say why a network is trained anew: what of its maker differs; where that is nothing, of its recipe."""
    changes = differences(predictor.manifest, trainer, ("tools", "code"))
    recipes = ({"settings": one} for one in (predictor.manifest.settings.get("variant") or {}, wanted))
    notice(f"{path.parent.name}/{path.stem} is trained anew: {listed(changes or differences(*recipes))}")
