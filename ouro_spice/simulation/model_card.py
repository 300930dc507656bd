"""What a model is, at a glance: parameters with units and ranges, state, polarity, read voltage, what it is able to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..device.families import FAMILIES
from ..device.foreign.description import UNBOUNDED
from ..device.foreign.foreign_device import ForeignDevice
from ..device.foreign.toml_table import nearest
from ..device.memristor import Memristor

SOURCES = {
    "jart_vcm_v1b": "C. Bengel et al., IEEE TCAS-I 67(12), 2020; F. Cueppers et al., APL Materials 7, 2019",
    "linear_drift": "D. B. Strukov et al., Nature 453, 80, 2008, with the windows of others",
    "vteam": "S. Kvatinsky et al., IEEE TCAS-II 62(8), 786, 2015",
    "team": "S. Kvatinsky et al., IEEE TCAS-I 60(1), 211, 2013",
    "zhang": "Y. Zhang et al., IEEE TCAS-II 64(7), 767, 2017",
}
"""Where the equations of the families of this package stand."""


@dataclass(frozen=True)
class ModelCard:
    """Say what is known of a model.

    Attributes
    ----------
    name, source, polarity
        Say what it is called, where it comes from, and which sign of its own voltage raises the conductance.
    read_V
        Gives the voltage V(AE, OE) that its conductance is read at [V].
    parameters, states
        Hold name, value or start, unit, range and meaning of each.
    capabilities
        Name what it is able to.
    """

    name: str
    source: str
    polarity: str
    read_V: float
    parameters: tuple[dict[str, Any], ...]
    states: tuple[dict[str, Any], ...]
    capabilities: tuple[str, ...]

    @property
    def as_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in vars(self).items()}


def built_in_cards() -> list[ModelCard]:
    """Return the cards of all families of this package."""
    return [_card(name, kind(), SOURCES[name]) for name, kind in FAMILIES.items()]


def model_card(model: str) -> ModelCard:
    """Return the card of a built-in family, or of a description NAME.toml; ValueError for an unknown name."""
    if model.endswith(".toml"):
        from ..spice.foreign.model_files import load_model

        device = load_model(Path(model))
        return _card(device.description.name, device, device.description.source)
    if model not in FAMILIES:
        raise ValueError(f"model {model!r} is unknown; {nearest(model, FAMILIES)}, or a description NAME.toml")
    return _card(model, FAMILIES[model](), SOURCES[model])


def _card(name: str, device: Memristor, source: str) -> ModelCard:
    values = device.parameters
    parameters = (
        {"name": one.name, "value": values[one.name], "unit": one.unit, "low": _finite(one.low),
         "high": _finite(one.high), "per_instance": one.per_instance, "text": one.text}
        for one in device.table().values()
    )  # fmt: skip
    states = (
        {"name": one.name, "start": start, "unit": one.unit, "low": one.low, "high": one.high,
         "order": "rises" if one.rises else "falls", "scale": one.scale}
        for one, start in zip(device.variables, device.start, strict=True)
    )  # fmt: skip
    return ModelCard(
        name,
        source,
        _polarity(device),
        device.read_V,
        tuple(parameters),
        tuple(states),
        tuple(sorted(device.capabilities)),
    )


def _polarity(device: Memristor) -> str:
    """Return which voltage raises the conductance, in the model's own terms."""
    own = device.description.set_sign if isinstance(device, ForeignDevice) else getattr(device, "POLARITY", 0)
    ports = "p, n" if isinstance(device, ForeignDevice) else "plus, minus"
    return f"V({ports}) {'>' if own > 0 else '<'} 0, as V(AE, OE) < 0" if own else "V(AE, OE) < 0"


def _finite(value: float) -> float | None:
    """Return an end of a range; None where there is none."""
    return value if abs(value) < UNBOUNDED else None
