"""D2D of a foreign model: its table ``[spread]``, as the law that families without a published one have."""

from __future__ import annotations

from ..parameter import Parameter
from ..relative_spread import RelativeSpread
from .toml_table import TomlTable, nearest

_KINDS = ("relative", "absolute")
_WIDEST = 0.9
"""Of a nominal value: no device is farther away from it."""


def read_spread(table: TomlTable, parameters: dict[str, Parameter]) -> RelativeSpread | None:
    """Return the law of the table ``[spread]``, None of an empty one; ValueError naming file, table and key."""
    found: dict[str, tuple[float, float]] = {}
    for name in table.take_keys():
        if name not in parameters:
            raise table.error(name, f" is no parameter of the model; {nearest(name, parameters)}")
        own = TomlTable(table.file, f"spread.{name}", table.take(name))
        sigma, cut = own.number("sigma", None, 0.0), own.number("cut", 3.0, 0.1, 8.0)
        if own.text("kind", "relative", _KINDS) == "absolute":
            nominal = abs(parameters[name].default)
            if nominal == 0:
                raise own.error("kind", f' = "absolute": {name} is 0, there is nothing that it could be a share of')
            sigma /= nominal
        own.end()
        if cut * sigma > _WIDEST:
            raise own.error("cut", f" = {cut:g} times sigma is {cut * sigma:.3g} of the value, at most {_WIDEST:g}")
        found[name] = sigma, cut * sigma
    if not found:
        return None
    return RelativeSpread(tuple(found), tuple(s for s, _ in found.values()), tuple(c for _, c in found.values()))
