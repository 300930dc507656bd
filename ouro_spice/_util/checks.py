"""Checks of arguments at construction: the error names the field, the value and what it may be, in one line."""

from __future__ import annotations

import math
import numbers
import os
import re
import reprlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from . import quantities

_LONG = 80
"""A value is shown by so many characters."""

_MOST_WORKERS = 4096
_LONGEST_S = 1e15

MOST = 10**9
"""What is counted is at most so many: a slip of the pen must not become hours, or all the memory."""


def check_range(name: str, value: float, low: float, high: float, unit: str) -> None:
    """Raise ValueError naming `name`, the value and its range unless it is a finite number inside."""
    # the plain float first: asking whether it is a Real takes most of the time of a device's construction
    number = type(value) is float or (isinstance(value, numbers.Real) and not isinstance(value, bool))
    # whole numbers of any size compare with floats, though not all can become one
    if not (number and low <= value <= high and math.isfinite(value)):
        told = f"{value:g}" if type(value) is float else shown(value)
        more = "" if number else f": it is {kind_of(value)}, not a number"
        raise ValueError(f"{name} = {told} is outside its legal range [{low:g}, {high:g}] {unit}".rstrip() + more)


def check_count(name: str, value: int, low: int = 1, high: int | None = MOST) -> None:
    """Raise ValueError naming `name` and the value where it is not a whole number of at least `low`, at most `high`."""
    whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if not whole or value < low:
        raise ValueError(f"{name} = {shown(value)} must be a whole number, at least {low}")
    if high is not None and value > high:
        raise ValueError(f"{name} = {shown(value)} must be a whole number, at most {high}")


def check_seed(seed: int) -> None:
    """Raise ValueError unless the seed is a whole number, 0 or more."""
    check_count("seed", seed, 0, None)


def check_kind(name: str, value: object, kinds: type | tuple[type | None, ...], what: str = "") -> None:
    """Raise ValueError unless `value` is of one of some kinds; `what` describes them where their names do not."""
    several = kinds if isinstance(kinds, tuple) else (kinds,)
    if isinstance(value, tuple(type(None) if kind is None else kind for kind in several)):
        return
    names = what or " or ".join("None" if kind is None else _public(kind) for kind in several)
    raise ValueError(f"{name} = {shown(value)} must be {names}, not {kind_of(value)}")


def check_flag(name: str, value: object) -> None:
    """Raise ValueError for what is neither True nor False: any other text would count as True."""
    # numpy's own are truth values, too
    if type(value).__name__ not in ("bool", "bool_"):
        raise ValueError(f"{name} = {shown(value)} must be True or False")


def check_part(start_s: float, stop_s: float, whole_s: float) -> None:
    """Raise ValueError unless the two times [s] are ascending and inside pulses that take `whole_s` [s]."""
    for name, value in (("start_s", start_s), ("stop_s", stop_s)):
        check_range(name, value, 0, _LONGEST_S, "s")
    if not start_s < stop_s <= whole_s * (1 + 1e-12):
        raise ValueError(
            f"start_s = {start_s:g}, stop_s = {stop_s:g}: must be ascending within the pulses' {whole_s:g} s"
        )


def check_workers(workers: int | None) -> None:
    """Raise ValueError unless it is a number of processes or threads, or None for all cores."""
    if workers is not None:
        check_count("workers", workers, 1, _MOST_WORKERS)


def check_scheduler(scheduler: object) -> None:
    """Raise ValueError for what is no address of a Dask scheduler; None: the work is done here."""
    if scheduler is None:
        return
    if not isinstance(scheduler, str) or not re.fullmatch(r"\w+://\S+:\d+", scheduler):
        raise ValueError(f"scheduler = {shown(scheduler)} must be an address such as tcp://127.0.0.1:8786")


def check_text(name: str, value: object) -> None:
    """Raise ValueError unless the value is a text that is not empty."""
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} = {shown(value)} must be a text")


def check_has(name: str, value: object, method: str, what: str) -> None:
    """Raise ValueError where `value` lacks a method; `what` describes the kind of thing that has it."""
    if not callable(getattr(value, method, None)) or isinstance(value, type):
        raise ValueError(f"{name} = {shown(value)} must be {what}, not {kind_of(value)}")


def check_engine(engine: object) -> None:
    """Raise ValueError for what cannot run circuits; None stands for the default engine."""
    if engine is not None:
        check_has("engine", engine, "run", "what runs circuits, such as an ouro_spice.Ngspice")


def several(name: str, values: object, kind: type, attribute: str = "") -> list[Any]:
    """Return a list of things of a kind, or with an attribute; ValueError for none, or for anything else."""
    found = [] if isinstance(values, str | bytes) or not isinstance(values, Iterable) else list(values)
    good = all(hasattr(one, attribute) if attribute else isinstance(one, kind) for one in found)
    if not found or not good:
        raise ValueError(f"{name} = {shown(values)} must be one or more {_public(kind).partition(' ')[2]}")
    return found


def checked_numbers(name: str, values: ArrayLike) -> np.ndarray:
    """Return numbers as an array of floats, shape as given; ValueError for what are none."""
    try:
        array = np.asarray(values)
    except Exception:  # what is turned into an array may raise anything
        array = np.asarray(None)
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{name} = {shown(values)} must be numbers, not {kind_of(values)}")
    return array.astype(float)


def checked_path(name: str, value: str | os.PathLike[str]) -> Path:
    """Return a path; ValueError for what is none, or for an empty one."""
    check_kind(name, value, (str, os.PathLike), "a path")
    text = os.fspath(value)
    if not isinstance(text, str) or not text or "\0" in text:
        raise ValueError(f"{name} = {shown(value)} must be a path")
    return Path(text)


def kind_of(value: object) -> str:
    """Return the name of a value's type with its article."""
    name = type(value).__name__
    return "None" if value is None else f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def shown(value: Any) -> str:
    """Return the representation of a value in one line of at most 80 characters."""
    text = " ".join(repr(value).split())
    return text if len(text) <= _LONG else f"{text[: _LONG - 3]}..."


def _public(kind: type) -> str:
    """Return the name of a class with its article, as a user writes it."""
    own = kind.__module__.startswith("ouro_spice")
    return f"an ouro_spice.{kind.__name__}" if own else f"a {kind.__name__}"


def check_conductance(name: str, values: ArrayLike, *, accept: bool = False) -> None:
    """Raise ValueError for an implausible conductance [S], naming it and the unit that was probably meant.

    Whatever `accept` says, conductances are finite and positive numbers.
    """
    _check("S", name, values, accept)


def check_width(name: str, values: ArrayLike, *, accept: bool = False) -> None:
    """Raise ValueError for an implausible width of a pulse [s], as `check_conductance` does."""
    _check("s", name, values, accept)


def check_amplitude(name: str, values: ArrayLike, *, accept: bool = False) -> None:
    """Raise ValueError for an implausible amplitude [V] of either sign, as `check_conductance` does."""
    _check("V", name, values, accept)


def _check(base: str, name: str, values: ArrayLike, accept: bool) -> None:
    """Raise ValueError where one of some values [`base`] is implausible, or where `accept` not finite and positive."""
    try:
        found = np.asarray(values)
    except (TypeError, ValueError):
        found = np.asarray(None)
    if found.dtype.kind not in "iuf":
        raise ValueError(f"{name} = {reprlib.repr(values)} must be numbers [{base}]")
    signed = found if base != "V" else np.abs(found)
    wrong = ~(np.isfinite(found) & (signed > 0))
    bad = wrong if accept else quantities.implausible(base, found)
    if not bad.any():
        return
    place = tuple(int(k) for k in np.argwhere(bad)[0])
    value = float(found[place])
    at = f"{name}[{', '.join(map(str, place))}]" if place else name
    if wrong[place]:
        raise ValueError(
            f"{at} = {value:g} must be a finite number {'other than' if base == 'V' else 'above'} 0 [{base}]"
        )
    meant = quantities.likely_unit(base, value, base)
    hint = (
        f"did you mean {meant}? {value:g} {meant} is {quantities.si(value, meant):g} {base}"
        if meant
        else "is the unit right?"
    )
    raise ValueError(f"{at} = {value:g} {base} is outside {quantities.plausible_range(base)}: {hint}")
