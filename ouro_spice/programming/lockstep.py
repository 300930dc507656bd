"""Many cells in lockstep: every one is read, every one gets its pulse, those that have ended drop out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from .._util.checks import check_has, check_kind, checked_numbers
from .._util.progress import Bar, progress
from ..provenance.manifest import Manifest, describe
from .history import History
from .lockstep_writes import written
from .programmer import (
    Programmer,
    check_circuit,
    check_programmer,
)
from .shares import scheduler_of, share_out
from .stopping_rules import Rules, check_target
from .write_loop import check_readable, check_steps, settings, with_agreement

if TYPE_CHECKING:
    from .batch import Fleet


def write_many(
    fleet: Fleet,
    programmer: Programmer,
    targets: ArrayLike,
    tolerance: float,
    max_pulses: int = 50,
    *,
    places: ArrayLike | None = None,
    patience: int | None = 20,
    keep_going: bool = False,
    recorded: Mapping[str, Any] | None = None,
    scheduler: str | None = None,
) -> list[History]:
    """Program many cells, each to a conductance of its own, as `write_verify` does; return what happened in each write.

    Parameters
    ----------
    fleet
        The cells; they are then in the states that the writes left them in.
    programmer
        Chooses the pulses; asked once for all cells where it has ``next_pulses``.
    targets
        Conductances (K,) [S].
    tolerance, max_pulses, patience, keep_going
        As in `write_verify`.
    places
        Which cells of the fleet, (K,); None: all.
    recorded
        Settings for the manifest, such as the seed of the fleet's devices.
    scheduler
        Address of a Dask scheduler, ``tcp://host:port``, whose workers do whole writes, each for some of the cells;
        None: that of the fleet. The programmer goes with them: it must be one that can be pickled, and what it
        remembers of one cell must not change what it chooses for another.

    Returns
    -------
    list of History
        In the order of `targets`. A read that fails is `Outcome.READ_FAILED`, a pulse that cannot be simulated is
        `Outcome.SIMULATION_FAILED`.

    Raises
    ------
    ValueError
        For arguments that make no sense.
    ToolError
        For a cluster that does not answer, or is lost.
    """
    check_fleet(fleet)
    check_programmer(programmer)
    check_kind("recorded", recorded, (Mapping, None), "a table of settings")
    rules = Rules(tolerance, max_pulses, patience, keep_going)
    places = _places(fleet, places)
    targets, where = checked_targets(targets, len(places), fleet.window_S), scheduler_of(fleet, scheduler)
    with progress(f"write: {programmer.name}", len(places)) as bar:
        if where is None:
            return run_writes(fleet, programmer, targets, rules, places, recorded, bar)
        return share_writes(fleet, [programmer], lambda: fleet, targets, rules, places, where, recorded, bar)[0]


def run_writes(
    fleet: Fleet,
    programmer: Programmer,
    targets: np.ndarray,
    rules: Rules,
    places: np.ndarray,
    recorded: Mapping[str, Any] | None = None,
    bar: Bar | None = None,
) -> list[History]:
    """Return the writes of `write_many` for checked arguments; the bar counts those that have ended."""
    manifest = _checked(fleet, programmer, targets, rules, recorded)
    found = written(fleet, programmer, targets, rules, places, places, manifest, bar)
    _check_sent(fleet, found, rules)
    return _with_agreement(found, manifest, fleet)


def share_writes(
    nominal: Fleet,
    programmers: Sequence[Programmer],
    make_fleet: Callable[[], Fleet],
    targets: np.ndarray,
    rules: Rules,
    places: np.ndarray,
    scheduler: str,
    recorded: Mapping[str, Any] | None = None,
    bar: Bar | None = None,
    after: Callable[[], None] = lambda: None,
) -> list[list[History]]:
    """Return the writes of each of some programmers to a batch of its own, done on a cluster in parts of the cells.

    `nominal` is such a batch; `after` is called after each programmer. All else is as in `run_writes`.
    """
    manifests = [_checked(nominal, one, targets, rules, recorded) for one in programmers]

    def given(k: int, rows: slice) -> tuple[Any, ...]:
        numbers = places[rows]
        return programmers[k], targets[rows], rules, np.arange(len(numbers)), numbers, manifests[k]

    batches = [(make_fleet(), places, partial(given, k)) for k in range(len(programmers))]
    made = share_out(batches, scheduler, written, bar, after)
    # the same manifest in all, as if they had been written here
    found = [[replace(one, manifest=manifest) for part in parts for one in part]
             for parts, manifest in zip(made, manifests, strict=True)]  # fmt: skip
    for histories in found:
        _check_sent(nominal, histories, rules)
    rows = zip(found, manifests, batches, strict=True)
    return [_with_agreement(histories, manifest, fleet) for histories, manifest, (fleet, _, _) in rows]


def _with_agreement(histories: list[History], manifest: Manifest, fleet: Fleet) -> list[History]:
    """Return writes whose manifest holds their agreement with full SPICE, of cells at fidelity "circuit"."""
    found = with_agreement(manifest, fleet)
    return histories if found is manifest else [replace(one, manifest=found) for one in histories]


def _checked(
    fleet: Fleet, programmer: Programmer, targets: np.ndarray, rules: Rules, recorded: Mapping[str, Any] | None
) -> Manifest:
    """Return the manifest of writes; ValueError for a circuit that the programmer refuses, a warning for targets that
    cannot be read.
    """
    manifest = describe(fleet.cell, "writes", **settings(programmer, **(recorded or {})))
    check_circuit(programmer, manifest)
    low, high = fleet.window_S
    check_readable(fleet, targets[(targets >= low) & (targets <= high)], rules.tolerance)
    return manifest


def _check_sent(fleet: Fleet, histories: Sequence[History], rules: Rules) -> None:
    """Warn where the device's walk takes no step in the pulses that were sent."""
    sent = {pulse for history in histories for pulse in history.pulses}
    check_steps(fleet.cell.device, list(sent), rules.max_pulses)


def check_fleet(fleet: object) -> None:
    """Raise ValueError for what is no fleet."""
    check_has("fleet", fleet, "apply", "cells of ouro_spice.fleet(..)")
    check_has("fleet", fleet, "copy", "cells of ouro_spice.fleet(..)")


def _places(fleet: Fleet, places: ArrayLike | None) -> np.ndarray:
    if places is None:
        return np.arange(len(fleet))
    found = checked_numbers("places", places) if isinstance(places, str | bytes) else np.asarray(places)
    whole = found.ndim == 1 and np.issubdtype(found.dtype, np.integer)
    if not whole or len(np.unique(found)) < len(found) or np.any((found < 0) | (found >= len(fleet))):
        raise ValueError(f"places must be different whole numbers from 0 to {len(fleet) - 1}, (K,)")
    return found


def checked_targets(targets: ArrayLike, count: int, window_S: tuple[float, float]) -> np.ndarray:
    """Return targets of `count` writes (K,) [S] to cells of a window as an array; ValueError for anything else."""
    found = checked_numbers("targets", targets)
    if found.shape != (count,):
        raise ValueError(f"targets have the shape {found.shape}; {count} cells need ({count},)")
    check_target(found, "targets", window_S)
    return found
