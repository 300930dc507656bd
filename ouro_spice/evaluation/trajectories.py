"""Making trials: pairs as datasets draw them, many fresh devices and walks for each, sampled over the pulse width."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .._util.checks import check_count, check_engine, check_range, check_seed, check_workers, checked_path, shown
from .._util.progress import progress
from ..circuit.cell_kinds import Cell, memristor
from ..circuit.compact_cell import CompactCell
from ..dataset.recipe import LIMIT, MOST, Recipe
from ..device.spread_laws import SpreadLaw
from ..programming.batch import Fleet, fleet
from ..provenance.cache import cached_arrays, kept_arrays
from ..provenance.manifest import Manifest, describe
from ..simulation.write_voltages import Pair
from ..spice.execution import executor
from ..spice.ngspice import Ngspice
from ..spice.tasks import Executor, Resources
from .baselines import check_cell, noise_free
from .noise_floor import Trials

_BLOCK = 25
"""Pairs that are made and kept together."""

_PILOT = 8
"""Trajectories from which the longest width of a pair is found."""

_QUARTER = 0.75
"""How many of them have reached the target at the width from which the longest one follows."""

_STEPS = 400
"""Widths of the pilot."""

_NAMES = ("start_S", "target_S", "t_max_s", "g_S")


@dataclass(frozen=True)
class _Law:
    """What decides the trials of a block, beside its number."""

    cell: Cell | CompactCell
    pair: Pair
    trajectories: int
    widths: int
    seed: int
    d2d: SpreadLaw | None
    start: str
    rise_s: float
    beyond: float
    sampling: str = "uniform"
    near: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        check_count("trajectories", self.trajectories, 2, 10**6)
        check_count("widths", self.widths, 8, 10**6)
        check_seed(self.seed)
        check_range("beyond", self.beyond, 1, 100, "")
        if self.near is not None:
            if not isinstance(self.near, tuple | list) or len(self.near) != 2:
                raise ValueError(f"near = {shown(self.near)} must be the smallest and the largest distance, or None")
            check_range("near", self.near[0], 1e-4, 1.0, "(relative)")
            check_range("near", self.near[1], self.near[0], 100.0, "(relative)")

    def settings(self, block: int, count: int) -> dict[str, Any]:
        """Return everything that decides a block, for JSON."""
        plain = {name: getattr(self, name) for name in ("trajectories", "widths", "seed", "start", "rise_s")}
        recipe = self._recipe(block, 1, sampling=self.sampling)
        plain |= {"block": block, "pairs": count, "pilot": [_PILOT, _QUARTER, self.beyond, _STEPS]}
        plain |= {"near": list(self.near)} if self.near else {}  # absent where it plays no part
        return describe(self.cell, "trials", **plain, recipe=recipe.settings).origin

    def pairs(self, block: int, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Return starts and targets of the first pairs of a block, (count,) each [S]."""
        recipe = self._recipe(block, count, d2d=None, sampling=self.sampling)
        drawn = [recipe.draw(self.cell, number) for number in range(count)]
        start_S, target_S = (np.array([getattr(one, name) for one in drawn]) for name in ("start_S", "target_S"))
        return (start_S if self.near is None else self._beside(start_S, target_S, *self.near)), target_S

    def _beside(self, uniform_S: np.ndarray, target_S: np.ndarray, least: float, most: float) -> np.ndarray:
        """Return starts around targets, (count,) [S], at distances of `least` to `most` of the target, log-uniform."""
        low, high = self.cell.window_S
        share = 2 * (uniform_S - low) / (high - low)
        sign = np.where(share < 1, -1.0, 1.0)
        distance = least * (most / least) ** (share % 1.0)
        # as far as the window goes on either side; at its edge on the other one
        room = np.where(sign < 0, 1 - low / target_S, high / target_S - 1)
        sign = np.where(room < least, -sign, sign)
        room = np.where(sign < 0, 1 - low / target_S, high / target_S - 1)
        return target_S * (1 + sign * np.minimum(distance, room))

    def manifest(self, n: int) -> Manifest:
        """Return the manifest of the trials of `n` pairs."""
        plain = {name: getattr(self, name) for name in ("trajectories", "widths", "beyond")}
        plain |= {"near": None if self.near is None else list(self.near)}
        # followed up to the falling edge: what is made of them has edges that are alike
        settings = self._recipe(0, n, sampling=self.sampling).settings | {"seed": self.seed, "fall_s": self.rise_s}
        return describe(self.cell, "trials", **settings, trials=plain)

    def fleets(self, one: _Pairs, resources: Resources) -> tuple[Fleet, Fleet]:
        """Return the pilot's cells and the others, pair by pair; each trajectory has a device and a walk of its own."""
        start_S, target_S = one.start_S, one.target_S
        each = _PILOT + self.trajectories
        table = {"g_start_S": np.repeat(start_S, each), "g_target_S": np.repeat(target_S, each)}
        recipe = self._recipe(one.block, len(start_S) * each, sampling="listed", table=table)
        numbers = np.arange(recipe.n).reshape(-1, each)[one.rows]
        parts = (numbers[:, :_PILOT], numbers[:, _PILOT:])
        drawn = ([recipe.draw(self.cell, int(number)) for number in part.ravel()] for part in parts)
        here = {"workers": resources.threads, "engine": resources.engine}
        pilots, others = (fleet(self.cell, some, self.start, **here) for some in drawn)
        return pilots, others

    def _recipe(self, block: int, n: int, **changes: Any) -> Recipe:
        """Return the recipe of `n` pairs, or of their cells, of a block."""
        stream = np.random.SeedSequence(self.seed, spawn_key=(block, 0 if "table" in changes else 1))
        seed = int(stream.generate_state(1, np.uint64)[0] >> np.uint64(1))
        given = {"d2d": self.d2d, "start": self.start, "rise_s": self.rise_s} | changes
        return Recipe(n, seed, self.pair, **given)


def trials(
    cell: Cell | CompactCell, pair: Pair, n: int = 400, trajectories: int = 64, *, widths: int = 256, seed: int = 0,
    d2d: SpreadLaw | str | None = None, start: str = "stationary", rise_s: float = 2e-9, beyond: float = 3.0,
    sampling: str = "uniform", near: tuple[float, float] | None = None, out: str | Path | None = None,
    workers: int | None = None, engine: Ngspice | None = None, scheduler: str | None = None,
) -> Trials:  # fmt: skip
    """Simulate many noisy trajectories for each of some pairs (start, target), drawn as in datasets, and return them.

    Eight trajectories of its own give the longest width of a pair: `beyond` times the one at which three quarters of
    them have reached the target, or `LIMIT` times the pair's time where that is less.

    Parameters
    ----------
    cell
        The circuit or compact cell with its nominal device and walk.
    pair
        The amplitudes, and gate voltages where they belong to it.
    n, trajectories, widths
        Number of pairs, of trajectories for each, and of pulse widths at which each of these is looked at.
    seed
        Of pairs, devices and walks. More pairs with the same seed begin with these.
    d2d
        The law of each trajectory's device, which starts at the nearest conductance it can have; None: the nominal.
    start
        "stationary" or "nominal", as in `Recipe`.
    rise_s
        Rising edge [s].
    beyond
        See above. Of devices that differ some need much longer: 6 raises the floor within 50 % by .4 points there.
    sampling
        Of the pairs, "uniform" over the window or by their "increments", as in `Recipe`.
    near
        None: pairs are those of `sampling`. Else the smallest and the largest distance of a start from its target, over
        the target: uniform in the logarithm, as far as the window goes, for small changes as they come in
        write-and-verify.
    out
        Folder for finished blocks of 25 pairs; work found there goes on. None: in memory only.
    workers, engine
        Processes, for a compact cell threads; what runs a circuit. No trial depends on them.
    scheduler
        Address of a Dask scheduler, ``tcp://host:port``, whose workers make the trials.

    Raises
    ------
    ValueError
        For arguments out of range.
    """
    check_cell(cell, pair)
    check_count("n", n, 1, MOST)
    check_engine(engine)
    check_workers(workers)
    out = None if out is None else checked_path("out", out)
    distances = tuple(near) if isinstance(near, list) else near
    own = None if d2d is None else memristor(cell).spread_law(d2d)
    law = _Law(pair.gated(cell), pair, trajectories, widths, seed, own, start, rise_s, beyond, sampling, distances)
    with executor(workers, scheduler, engine) as does:
        blocks = _blocks(law, n, out, does)
    return Trials(
        **{name: np.concatenate([made[name] for made in blocks]) for name in _NAMES}, manifest=law.manifest(n)
    )


def _blocks(law: _Law, n: int, out: str | Path | None, does: Executor) -> list[dict[str, np.ndarray]]:
    """Return the arrays of the trials of `n` pairs, block by block: read from the folder, or made and kept there."""
    counts = [min(_BLOCK, n - block * _BLOCK) for block in range(-(-n // _BLOCK))]
    files = [f"trials-{block:03d}" for block in range(len(counts))]
    settings = [law.settings(block, count) for block, count in enumerate(counts)]
    kept = [kept_arrays(out, name, given) for name, given in zip(files, settings, strict=True)]
    missing = [block for block, found in enumerate(kept) if found is None]
    with progress("trajectories", n * law.trajectories) as bar:
        bar.advance((n - sum(counts[block] for block in missing)) * law.trajectories)
        tasks = _tasks(law, [(block, counts[block]) for block in missing], does)
        parts: dict[int, dict[int, dict[str, np.ndarray]]] = {block: {} for block in missing}

        def done(number: int, arrays: dict[str, np.ndarray]) -> None:
            one = tasks[number]
            mine = parts[one.block]
            mine[one.rows.start] = arrays
            if sum(len(part["t_max_s"]) for part in mine.values()) == counts[one.block]:
                whole = {name: np.concatenate([mine[k][name] for k in sorted(mine)]) for name in _NAMES}
                kept[one.block] = cached_arrays(out, files[one.block], settings[one.block], lambda: whole)
                mine.clear()

        deque(does.map(_Made(law), tasks, bar, done, together=True), maxlen=0)
    return [found for found in kept if found is not None]


@dataclass(frozen=True)
class _Pairs:
    """A task: some of the pairs of a block.

    Attributes
    ----------
    block
        Its number.
    start_S, target_S
        All pairs of the block, (P,) each [S].
    guess_s
        Noise-free times, around which the pilot looks first, (P,) [s].
    rows
        Which of the pairs.
    """

    block: int
    start_S: np.ndarray
    target_S: np.ndarray
    guess_s: np.ndarray
    rows: slice


def _tasks(law: _Law, blocks: list[tuple[int, int]], does: Executor) -> list[_Pairs]:
    """Return the tasks of the first pairs of some blocks, each a number and a count of pairs."""
    if not blocks:
        return []
    around_s = noise_free(law.cell, law.pair, does.engine)
    found = []
    for block, count in blocks:
        start_S, target_S = law.pairs(block, count)
        guess_s = np.abs(around_s(start_S, target_S - start_S))
        found += [_Pairs(block, start_S, target_S, guess_s, rows) for rows in does.parts(count, len(blocks))]
    return found


@dataclass(frozen=True)
class _Made:
    """Makes the trials of some pairs."""

    law: _Law

    def __call__(self, one: _Pairs, resources: Resources) -> dict[str, np.ndarray]:
        """Return the arrays of `_NAMES` of the pairs of a task."""
        law = self.law
        pilots, others = law.fleets(one, resources)
        start_S, target_S, guess_s = (of[one.rows] for of in (one.start_S, one.target_S, one.guess_s))
        volts = np.array([law.pair.amplitude(dg) for dg in target_S - start_S])
        t_max_s = _longest_s(law, pilots, volts, target_S, guess_s)
        amplitude_V, dt_s = (np.repeat(x, law.trajectories) for x in (volts, t_max_s / (law.widths - 1)))
        g_S = others.sampled(np.arange(len(others)), amplitude_V, dt_s, law.widths, law.rise_s, resources.bar)
        g_S = g_S.astype(np.float32).reshape(len(start_S), law.trajectories, law.widths)
        return dict(zip(_NAMES, (start_S, target_S, t_max_s, g_S), strict=True))


def _longest_s(law: _Law, pilots: Fleet, volts: np.ndarray, target_S: np.ndarray, guess_s: np.ndarray) -> np.ndarray:
    """Return the longest width that each pair is followed for, (P,) [s].

    The pilot's trajectories are sampled up to a width, first the noise-free time; for the pairs of which fewer than
    three quarters have reached the target it is made four times as long, the cells held. It ends at the limit of
    `LIMIT` times the pair's time at the latest: a pair that has not got there by then is followed up to the limit.
    """
    limit_s = LIMIT * law.pair.total_s
    # a target beside the start says nothing about how long it takes: doing nothing is best, or nearly
    look_s = np.clip(guess_s, law.pair.total_s / 100, limit_s)
    crossed_s = np.full(len(volts), np.inf)
    open_ = np.arange(len(volts))
    while len(open_):
        places = np.arange(len(pilots)).reshape(-1, _PILOT)[open_].ravel()
        amplitude_V, dt_s = (np.repeat(x[open_], _PILOT) for x in (volts, look_s / _STEPS))
        g = pilots.sampled(places, amplitude_V, dt_s, _STEPS + 1, law.rise_s).reshape(len(open_), _PILOT, -1)
        sign = -np.sign(volts[open_])[:, None, None]
        beyond = sign * g >= sign * target_S[open_, None, None]
        first = np.where(beyond.any(axis=2), np.argmax(beyond, axis=2), np.inf)
        crossed_s[open_] = np.quantile(first, _QUARTER, axis=1, method="higher") * look_s[open_] / _STEPS
        open_ = open_[np.isinf(crossed_s[open_]) & (look_s[open_] < limit_s)]
        look_s[open_] = np.minimum(4 * look_s[open_], limit_s)
    return np.clip(law.beyond * crossed_s, 8 * look_s / _STEPS, limit_s)
