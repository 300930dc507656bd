"""What decides the records of a dataset beside the cell, and what each of them is to be."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._util.checks import check_count, check_kind, check_range, check_seed, shown
from .._util.display import brief, shows
from .._util.forks import cached_property
from ..circuit.cell_kinds import Cell, memristor
from ..circuit.compact_cell import CompactCell
from ..circuit.pulse import LONGEST_S, SHORTEST_S
from ..compact import characteristics
from ..device.jart.spread import spread
from ..device.memristor import Memristor
from ..device.spread_laws import SpreadLaw, restored_law
from ..simulation.write_voltages import Pair
from .listed_records import checked_edges, checked_table, plain_edges, table_digest
from .sampling import increment
from .sweep import WIDTH, Sweep

MOST = 10**8
"""Records of a dataset."""

LIMIT = 4
"""A pulse ends after this many nominal traverses of the window."""

LAWS = ("d2d", "per_device", "start", "rise_s", "fall_s", "step_s")
"""The parameters of a recipe that a user chooses, beside its sampling."""

SAMPLINGS = ("uniform", "stratified", "increments", "listed")
STARTS = ("stationary", "nominal")

_SHARES = {"train": 0.8, "validation": 0.9, "test": 1.0}
_APART = ("table", "sweep")  # no plain values
_DEVICES = 1  # the stream that devices come from


@dataclass(frozen=True)
class Sample:
    """What one record is to be.

    Attributes
    ----------
    number, device_number
        Of the record, and of its device: records of the same device have the same number.
    split
        "train", "validation" or "test".
    seed
        Of the walk.
    device
        The device, at its own values.
    start_S, target_S
        Conductances [S]; the start is the nearest one that the device can have.
    rise_s, fall_s
        Edges of the pulse [s].
    control_V
        Gate voltage or amplitude [V] of a recipe that sweeps one; else None.
    """

    number: int
    device_number: int
    split: str
    seed: int
    device: Memristor
    start_S: float
    target_S: float
    rise_s: float
    fall_s: float
    control_V: float | None = None

    @shows
    def __repr__(self) -> str:
        return brief(self)


@dataclass(frozen=True)
class Recipe:
    """How records are drawn.

    Parameters
    ----------
    n, seed
        Number of records; the seed of their random numbers.
    pair
        The amplitudes; `LIMIT` times its ``total_s`` is the longest pulse. None where they are not known yet: such a
        recipe draws records, and checks the rest of it.
    voltages
        Where they come from: "60us", "paper" or "given".
    step_s
        Resolution of the pulse width [s].
    rise_s, fall_s
        Shortest and longest edge [s]; between them edges are uniform in the logarithm.
    d2d
        The law that each device is drawn from, None: all records have the nominal device.
    per_device
        Records of each device.
    start
        "stationary": r, l and the limits have walked for long before the start is set; "nominal": the device's own.
    sampling
        "uniform": start uniform over the device's own window, target over the nominal one; "stratified": likewise, one
        record in each of the equal parts of both; "increments": start uniform over what the device's own window has of
        the nominal one, the wanted change up or down by even chance and uniform in the logarithm, from 1 uS to the end
        of the nominal window; "listed": `table`.
    table
        Columns by name, each (n,): ``g_start_S``, ``g_target_S``, and where wanted ``rise_s``, ``fall_s``.
    shard
        Records a file.
    sweep
        The voltage that records vary, at pulses of fixed width and edges; None: they vary the width, at the pair's
        amplitudes. Targets play no part then: that of a record is where its pulses took it.

    Raises
    ------
    ValueError
        For a value out of range, naming it.
    """

    n: int
    seed: int
    pair: Pair | None
    voltages: str = "given"
    step_s: float = 10e-9
    rise_s: tuple[float, float] = (2e-9, 2e-9)
    fall_s: tuple[float, float] = (2e-9, 2e-9)
    d2d: SpreadLaw | None = None
    per_device: int = 1
    start: str = "stationary"
    sampling: str = "uniform"
    table: Mapping[str, np.ndarray] = dataclasses.field(default_factory=dict)
    shard: int = 50
    sweep: Sweep | None = None

    def __post_init__(self) -> None:
        check_kind("sweep", self.sweep, (Sweep, None))
        if self.sweep:
            fixed = self.sweep.varied
            for name, seconds in (("rise_s", fixed.rise), ("fall_s", fixed.fall), ("step_s", fixed.width)):
                object.__setattr__(self, name, seconds)
            if self.sampling not in ("uniform", "stratified"):
                what = "uniform and stratified sampling alone: a target is where the pulses of a record end"
                raise ValueError(f"sampling = {shown(self.sampling)}: records that vary a voltage have {what}")
        check_seed(self.seed)
        for name in ("n", "seed", "per_device"):
            if name != "seed":
                check_count(name, getattr(self, name))
            object.__setattr__(self, name, int(getattr(self, name)))  # numpy's own are nothing for a manifest
        check_range("n", self.n, 1, MOST, "records")
        steps_s = (self.pair.total_s / 1e7, self.pair.total_s / 10) if self.pair else (SHORTEST_S, LONGEST_S)
        check_range("step_s", self.step_s, *steps_s, "s")
        object.__setattr__(self, "step_s", float(self.step_s))
        for name in ("rise_s", "fall_s"):
            object.__setattr__(self, name, checked_edges(name, getattr(self, name)))
        for name, known in (("sampling", SAMPLINGS), ("start", STARTS)):
            if not isinstance(getattr(self, name), str) or getattr(self, name) not in known:
                raise ValueError(f"{name} {shown(getattr(self, name))} is unknown; there is {', '.join(known)}")
        if not isinstance(self.d2d, SpreadLaw | str | None):
            raise ValueError(f"d2d = {shown(self.d2d)} must be None, the name of a law or an ouro_spice.Spread")
        if isinstance(self.d2d, str):
            object.__setattr__(self, "d2d", spread(self.d2d))
        if (self.sampling == "listed") != bool(self.table):
            raise ValueError("sampling 'listed' needs a table of starts and targets, and no other sampling takes one")
        if self.table:
            object.__setattr__(self, "table", checked_table(self.table, self.n))

    @shows
    def __repr__(self) -> str:
        return brief(self)

    @property
    def known_pair(self) -> Pair:
        """Return the amplitudes; ValueError of a recipe whose pair is not known yet."""
        if self.pair is None:
            raise ValueError("pair = None: the amplitudes of this recipe are not known yet")
        return self.pair

    @property
    def control(self) -> str:
        """Return what records vary: "width", "amplitude" or "gate"."""
        return self.sweep.control if self.sweep else WIDTH

    @property
    def longest_s(self) -> float:
        """Return the width of the longest pulse [s]."""
        return self.sweep.varied.width if self.sweep else LIMIT * self.known_pair.total_s

    @property
    def settings(self) -> dict[str, Any]:
        """Return plain values for a manifest, of which `from_settings` makes the recipe again, but for a table."""
        plain = {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if f.name not in _APART}
        pair = None if self.sweep else dataclasses.asdict(self.known_pair)
        plain |= {"pair": pair, "limit_s": self.longest_s, "control": self.control}
        plain |= {"sweep": self.sweep.plain} if self.sweep else {}
        plain |= {name: plain_edges(plain[name]) for name in ("rise_s", "fall_s")}
        if self.d2d is not None:
            plain["d2d"] = {name: _listed(value) for name, value in dataclasses.asdict(self.d2d).items()}
        if self.table:
            plain["table_sha256"] = table_digest(self.table)
        return plain

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any], table: Mapping[str, np.ndarray] | None = None) -> Recipe:
        """Return the recipe that a manifest's settings describe; ValueError for settings of something else than a
        dataset.
        """
        try:
            values = {f.name: settings[f.name] for f in dataclasses.fields(cls) if f.name not in _APART}
            values["sweep"] = Sweep.from_plain(settings.get("sweep"))
            values["pair"] = None if values["sweep"] else Pair(**values["pair"])
            if values["d2d"] is not None:
                values["d2d"] = restored_law(values["d2d"])
        except (KeyError, TypeError) as error:
            raise ValueError(f"these are not the settings of an extracted dataset, which have {error}") from error
        return cls(**values, table=table or {})

    def draw(self, cell: Cell | CompactCell, number: int) -> Sample:
        """Return the sample of a record, drawn from the seed and its number alone."""
        rng = np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(number,)))
        shares, edges, own_split = rng.random(2), rng.random(2), rng.random()
        walk_seed = int(rng.integers(2**63))
        number_of_device, device, split = 0, memristor(cell), own_split
        if self.d2d is not None:
            number_of_device = number // self.per_device
            stream = np.random.SeedSequence(self.seed, spawn_key=(number_of_device, _DEVICES))
            devices = np.random.default_rng(stream)
            # records that share a device stay together
            split, device = devices.random(), device.draw(devices, 1, self.d2d)[0]
        start_S, target_S = self._conductances(cell, device, number, shares)
        return Sample(
            number=number,
            device_number=number_of_device,
            split=next(name for name, end in _SHARES.items() if split < end),
            seed=walk_seed,
            device=device,
            start_S=start_S,
            target_S=target_S,
            rise_s=self._edge("rise_s", number, edges[0]),
            fall_s=self._edge("fall_s", number, edges[1]),
            control_V=self._volts(cell, target_S),
        )

    def _volts(self, cell: Cell | CompactCell, target_S: float) -> float | None:
        """Return the voltage of a record [V]: at the same share of its range as a target has of the window."""
        low, high = cell.window_S
        return self.sweep.volts((target_S - low) / (high - low)) if self.sweep else None

    def _conductances(
        self, cell: Cell | CompactCell, device: Memristor, number: int, shares: np.ndarray
    ) -> tuple[float, float]:
        """Return start and target of a record [S], by two shares of 0 .. 1."""
        low, high = characteristics.range_S(device, cell.model if isinstance(cell, CompactCell) else None)
        if self.table:
            start, target = (float(self.table[name][number]) for name in ("g_start_S", "g_target_S"))
            return min(max(start, low), high), target
        if self.sampling == "stratified" and number < len(self._strata):
            parts = math.isqrt(self.n)
            shares = (np.array(divmod(self._strata[number], parts)) + shares) / parts
        bottom, top = cell.window_S
        if self.sampling == "increments":
            low, high = np.clip([low, high], bottom, top)
            start = float(low + shares[0] * (high - low))
            return start, start + increment(float(shares[1]), start - bottom, top - start)
        return float(low + shares[0] * (high - low)), float(bottom + shares[1] * (top - bottom))

    @cached_property
    def _strata(self) -> np.ndarray:
        """Return the part of (start, target) that each record lies in, as one number, (isqrt(n)^2,); further records
        lie anywhere.
        """
        stream = np.random.SeedSequence(self.seed, spawn_key=(0, 0, 0))
        return np.random.default_rng(stream).permutation(math.isqrt(self.n) ** 2)

    def _edge(self, name: str, number: int, share: float) -> float:
        """Return the rise or fall of a record [s], by a share of 0 .. 1."""
        if name in self.table:
            return float(self.table[name][number])
        shortest, longest = getattr(self, name)
        return shortest if shortest == longest else float(shortest * (longest / shortest) ** share)


def _listed(value: Any) -> Any:
    """Return a tuple as a list, anything else as it is."""
    return list(value) if isinstance(value, tuple) else value
