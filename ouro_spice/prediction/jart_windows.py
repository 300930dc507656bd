"""The windows of the devices of data whose checkpoints are too old to hold them: those were all JART's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..compact import characteristics
from ..device.jart.jart_device import Device
from ..device.jart.jart_parameters import PARAMETERS
from ..device.jart.spread import Spread
from ..provenance.manifest import Manifest


def jart_windows(manifest: Manifest) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """Return the ranges of the starts and of the targets of extracted records [S]; None for a manifest of something
    else.
    """
    values = _device(manifest.cell)
    if values is None:
        return None
    device = Device(**{name: values[name] for name in PARAMETERS}, realisation=values["realisation"])
    model = manifest.cell.get("model")
    law = manifest.settings.get("d2d")
    parts: dict[str, Any] = {name: tuple(one) if isinstance(one, list) else one for name, one in (law or {}).items()}
    d2d = Spread(**parts) if law else None
    low, high = map(float, characteristics.conductance(device, device.bounds, model))
    return characteristics.reach_S(device, d2d, model), (low, high)


def _device(parts: Any) -> Mapping[str, Any] | None:
    """Return the parameters of the (first) memristor of a description; None where there is none."""
    if isinstance(parts, list | tuple):
        parts = dict(enumerate(parts))
    if not isinstance(parts, Mapping):
        return None
    if {*PARAMETERS, "realisation"} <= set(parts):
        return parts
    return next((found for found in map(_device, parts.values()) if found is not None), None)
