"""``load_model``: a description read from its file, with the model's text beside it."""

from __future__ import annotations

import tomllib
from pathlib import Path

from ..._util.checks import checked_path
from ..._util.files import read_text
from ...device.constants import AMBIENT_K
from ...device.foreign.declarations import check_declared
from ...device.foreign.description import read_description
from ...device.foreign.foreign_device import ForeignDevice
from .conductance_table import foreign_statics
from .included_text import model_text


def load_model(path: str | Path, /, **parameters: float) -> ForeignDevice:
    """Return the device of a description, a TOML file beside a Verilog-A or SPICE text of your own.

    Parameters
    ----------
    path
        Of the description; ``docs/models.md`` says what stands in it.
    **parameters
        Values of the model's parameters, or of its states at t = 0, by their names; `ambient_K`, the temperature.

    Raises
    ------
    ValueError
        For what is missing or wrong in the description or beside it, in one line that names file, table and key; for
        an unknown parameter, with the nearest known one.
    """
    place = checked_path("path", path).expanduser()
    try:
        tables = tomllib.loads(read_text(place))
    except (FileNotFoundError, NotADirectoryError):
        raise ValueError(f"{place}: no such file; ouro-spice model new NAME writes one to begin with") from None
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{place.name}: {error}") from None
    description = read_description(place.name, tables)
    text = model_text(description, place.parent)
    check_declared(description, text)
    kelvin = parameters.pop("ambient_K", AMBIENT_K)
    device = ForeignDevice(description, text, tuple(parameters.items()), kelvin)
    return device.solved_by(foreign_statics())
