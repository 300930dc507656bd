"""D2D of a foreign model: the law of each parameter that differs from device to device."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..parameter import Parameter
from .toml_table import TomlTable, nearest

_KINDS = ("relative", "absolute", "log")


@dataclass(frozen=True)
class SpreadLaw:
    """The law of one parameter: a Gaussian around its value, cut off.

    Attributes
    ----------
    name
        Of the parameter.
    sigma, kind
        Standard deviation: "relative" to the value, "absolute" in its unit, or "log" of its natural logarithm.
    cut
        Standard deviations beyond which nothing is drawn.
    """

    name: str
    sigma: float
    kind: str
    cut: float

    def drawn(self, shares: np.ndarray, value: float, parameter: Parameter) -> np.ndarray:
        """Return the values around `value` below which shares (size,) of all devices lie, inside the legal range."""
        from scipy.special import ndtr, ndtri

        tail = ndtr(-self.cut)
        z = ndtri(tail + (1 - 2 * tail) * shares)
        if self.kind == "log":
            drawn = value * np.exp(self.sigma * z)
        else:
            drawn = value + self.sigma * z * (abs(value) if self.kind == "relative" else 1.0)
        return np.clip(drawn, parameter.low, parameter.high)


def read_spread(table: TomlTable, parameters: dict[str, Parameter]) -> tuple[SpreadLaw, ...]:
    """Return the laws of the table ``[spread]``; ValueError naming file, table and key."""
    laws = []
    for name in list(table.take_keys()):
        if name not in parameters:
            raise table.error(name, f" is no parameter of the model; {nearest(name, parameters)}")
        own = TomlTable(table.file, f"spread.{name}", table.take(name))
        laws.append(
            SpreadLaw(
                name,
                own.number("sigma", None, 0.0),
                own.text("kind", "relative", _KINDS),
                own.number("cut", 3.0, 0.1, 8.0),
            )
        )
        own.end()
    return tuple(laws)
