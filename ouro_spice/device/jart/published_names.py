"""Names that the published texts of the model have for its parameters, and what they are called here."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from .jart_parameters import PARAMETERS

_LENGTH = "the length of the disc; lcell is that of disc and plug together"
_RADIUS = "the radius of the filament; rdet is the one that Rth0 belongs to, and changes the thermal resistance alone"
_WALKING = "the value of a new half-cycle is drawn by walk=ouro_spice.HalfCycleWalk(), around"

NAMES: dict[str, tuple[str, str]] = {
    "ldet": ("l", _LENGTH),
    "ldisc": ("l", _LENGTH),
    "lnew": ("l", f"{_WALKING} l: {_LENGTH}"),
    "lold": ("l", f"{_WALKING} l: {_LENGTH}"),
    "lvar": ("l", f"{_LENGTH}; it varies with walk="),
    "rfil": ("r", _RADIUS),
    "rdisc": ("r", _RADIUS),
    "rnew": ("r", f"{_WALKING} r: {_RADIUS}"),
    "rold": ("r", f"{_WALKING} r: {_RADIUS}"),
    "rvar": ("r", f"{_RADIUS}; it varies with walk="),
    "nyo": ("nu0", "the attempt frequency"),
    "ny0": ("nu0", "the attempt frequency"),
    "Ndisc": ("Ninit", "the concentration at t = 0; the present one is part of a state"),
    "Nold": ("Ninit", "the concentration at t = 0; a state holds the one at which a half-cycle began"),
    "Nmin": ("Ndiscmin", "it varies with walk="),
    "Nmax": ("Ndiscmax", "it varies with walk="),
    "Nminnew": ("Ndiscmin", f"{_WALKING} Ndiscmin"),
    "Nmaxnew": ("Ndiscmax", f"{_WALKING} Ndiscmax"),
    "mun": ("un", "the electron mobility"),
    "Tamb": ("T0", "the ambient temperature"),
    "Rseries": ("RTiOx", "the TiOx layer; the line in series with it is R0"),
    "Dmax": ("walk", "the largest step of the walk is HalfCycleWalk(kick, kick_min)"),
}
"""Published name: the parameter here, and why."""

RADIUS = (
    "rdet alone changes the thermal resistance, Rth0 (rdet / r)^2, and not the filament: its radius, rdet in the "
    "published deterministic text, is r here (give r as well, r = rdet for another filament)"
)
"""What to know where rdet is given without r."""


def hint(name: str, known: Iterable[str]) -> str:
    """Return advice on a name that is no parameter: its name here, the nearest known one, or all."""
    known = list(known)
    if name in NAMES:
        meant, why = NAMES[name]
        return f"did you mean {meant}? ({why})"
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"


def check_names(names: Iterable[str]) -> None:
    """Raise ValueError for a name that is no parameter, with the nearest known one."""
    for name in names:
        if name in PARAMETERS or name in ("realisation", "walk", "read_noise"):
            continue
        raise ValueError(f"{name!r} is not a parameter of jart_vcm_v1b; {hint(name, PARAMETERS)}")
