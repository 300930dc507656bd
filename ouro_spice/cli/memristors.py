"""The memristor that a command line describes: a family of the package, or a model of the user's own."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path

from ..device.families import FAMILIES
from ..device.memristor import Memristor

JART = "jart_vcm_v1b"
"""The family where none is given; it is held in its window."""


def device_of(model: str | None, parameters: Sequence[str], realisation: str | None) -> Memristor:
    """Return the memristor of ``--model``, ``--param`` and ``--realisation``.

    Raises
    ------
    ValueError
        For an unknown model or parameter, what is no NAME=VALUE, a value out of range, or a realisation that the model
        does not have.
    """
    values: dict[str, float] = {}
    for name, value in map(_assigned, parameters):
        if name in values:
            raise ValueError(f"--param {name}: it is given twice")
        values[name] = value
    if model is not None and model.endswith(".toml"):
        if realisation is not None:
            raise ValueError(f"--realisation does not apply to --model {model}: its description says what it is")
        from ..spice.foreign.model_files import load_model

        return load_model(model, **values)
    name = JART if model is None else model
    if name not in FAMILIES:
        near = [f"{name.removesuffix('.va')}.toml"] if Path(f"{name.removesuffix('.va')}.toml").is_file() else []
        near = near or difflib.get_close_matches(name, FAMILIES, n=1)
        meant = f"did you mean {near[0]}?" if near else f"there is {', '.join(FAMILIES)}, or a FILE.toml"
        raise ValueError(f"--model {name!r} is unknown; {meant}")
    return _of_family(name, values, realisation)


def _of_family(name: str, values: dict[str, float], realisation: str | None) -> Memristor:
    """Return a device of a family; that of JART is held in its window."""
    kind = FAMILIES[name]
    known = kind.table()
    for given in values:
        if given not in known:
            near = difflib.get_close_matches(given, known, n=1)
            meant = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
            raise ValueError(f"--param {given!r} is not a parameter of {name}; {meant}")
    if realisation is not None and realisation not in kind.REALISATIONS:
        raise ValueError(f"--realisation {realisation}: {name} has {', '.join(kind.REALISATIONS)}")
    chosen = realisation or kind.REALISATIONS[0]
    if name == JART:
        from ..device.jart.jart_preset import jart_vcm_v1b

        # a window that is given is put in with it: together they must be legal
        return jart_vcm_v1b(True, chosen, walk=None, read_noise=None, **values)
    return kind().replace(realisation=chosen, **values)


def _assigned(text: str) -> tuple[str, float]:
    """Return name and value of ``NAME=VALUE``; ValueError for what is none."""
    name, _, number = text.partition("=")
    try:
        if name.strip():
            return name.strip(), float(number)
    except ValueError:
        pass
    raise ValueError(f"--param {text!r} must be NAME=VALUE, with a plain number")
