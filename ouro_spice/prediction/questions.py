"""What a predictor is asked: inputs are checked, and those outside its training data are warned of."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from .._util.checks import check_conductance
from .._util.validity import OutsideTraining, warn
from .domain import DIRECTION, TARGET, WAYS
from .specification import DEFAULTS

if TYPE_CHECKING:
    from .domain import Domain

OUTSIDE = ("warn", "nan", "raise", "accept")
"""What becomes of a question outside the training data: a warning, NaN, a ValueError, or an answer like any other."""


def broadcast(given: Mapping[str, ArrayLike]) -> dict[str, np.ndarray]:
    """Return the inputs of a network by name, as float arrays of one shape; ValueError naming those that are none."""
    unknown = set(given) - set(DEFAULTS)
    if unknown:
        raise ValueError(f"{sorted(unknown)[0]!r} is no input of a predictor; there is {', '.join(DEFAULTS)}")
    arrays = {}
    for name, values in given.items():
        try:
            numbers = np.asarray(values)
        except ValueError:  # rows of different lengths
            numbers = np.asarray(None)
        if numbers.dtype.kind not in "iuf":
            raise ValueError(f"{name} = {reprlib.repr(values)} must be a number or an array of numbers")
        arrays[name] = numbers.astype(float, copy=False)
    try:
        return dict(zip(arrays, np.broadcast_arrays(*arrays.values()), strict=True))
    except ValueError:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        raise ValueError(f"these shapes cannot be broadcast together: {shapes}") from None


def check(given: Mapping[str, np.ndarray]) -> None:
    """Raise ValueError for what no cell can be asked for: starts and targets that are no conductances, infinities."""
    check_conductance("g_start_S", given["g_start_S"])
    for name, values in given.items():
        bad = values[~np.isfinite(values)]
        if bad.size:
            raise ValueError(f"{name} = {bad[0]:g} must be finite{' [S]' if name == 'dg_S' else ''}")
    check_conductance("the target g_start_S + dg_S", given["g_start_S"] + given["dg_S"])


def outside_training(
    domain: Domain, given: Mapping[str, np.ndarray], outside: str, who: str = "the network was not trained on"
) -> np.ndarray | None:
    """Return a mask of the questions that get no answer, of the shape of the inputs; None where all get one."""
    columns = {**given, TARGET: given["g_start_S"] + given["dg_S"]}
    found = domain.outside(columns)
    if not found:
        return None
    text = f"asked for what {who}; its data: {domain.in_words(found)}"
    if outside == "raise":
        name, where = next(iter(found.items()))
        first = columns["dg_S" if name == DIRECTION else name][where].flat[0]
        raise ValueError(f"{name} = {WAYS[np.sign(first)] if name == DIRECTION else f'{first:.4g}'}: {text}")
    if outside == "nan":
        return np.any(list(found.values()), axis=0)
    warn(f"{text} (outside='nan' gives NaN there, 'accept' no warning)", OutsideTraining)
    return None


def check_targets(domain: Domain, targets_S: np.ndarray, who: str = "the network was not trained on") -> None:
    """Warn where a programmer is asked for targets [S] that its network never had; readings are what they are."""
    found = domain.outside({TARGET: np.asarray(targets_S, dtype=float)})
    if found:
        warn(f"{who} such a target; its data: {domain.in_words(found)}", OutsideTraining)
