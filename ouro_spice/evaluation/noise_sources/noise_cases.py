"""Sources of noise, alone or together: what they are to devices and to the settings of their walks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...circuit.compact_cell import CompactCell
from ...circuit.jart.jart_cells import jart_memristor
from ...device.jart.spread import SPREADS
from ...device.jart.walk import Walk
from ...simulation.jart.population import spread_windows

WALK = ("r", "l", "Nmin", "Nmax", "progress")
"""Sources that change from step to step: the kicks of each value, and the kick of r and l that goes with rho."""

WINDOW = "window"
"""Each device has its own window: both ends moved by up to +-5 % of it."""

D2D = ("D2D r", "D2D l", "D2D Nmin", "D2D Nmax")
"""Each device has its own value: a Gaussian of 10 %, truncated (`SPREADS`)."""

SOURCES = (*WALK, WINDOW, *D2D)

_SHARE = 0.05


@dataclass(frozen=True)
class Case:
    """A set of sources that are switched on.

    Attributes
    ----------
    name
        Of the case.
    sources
        Some of `SOURCES`.
    """

    name: str
    sources: frozenset[str]

    def __post_init__(self) -> None:
        unknown = sorted(self.sources - set(SOURCES))
        if unknown:
            raise ValueError(f"source {unknown[0]!r} is unknown; there is {', '.join(SOURCES)}")

    @property
    def walks(self) -> bool:
        """Return whether anything in the case changes from step to step."""
        return bool(self.sources & set(WALK))

    def settings(self, walk: Walk) -> np.ndarray:
        """Return the settings of the walk as kernels take them, (8,): the kicks of other sources are 0."""
        from ...compact.jart.walk_kernel import KICK_L, KICK_NMAX, KICK_NMIN, KICK_R, PROGRESS  # numba

        found = walk.settings
        places = {"r": KICK_R, "l": KICK_L, "Nmin": KICK_NMIN, "Nmax": KICK_NMAX, "progress": PROGRESS}
        for source, place in places.items():
            if source not in self.sources:
                found[place] = 0.0
        return found


NOTHING = Case("nothing", frozenset())
CYCLES = Case("walk", frozenset(WALK))
EVERYTHING = Case("everything", frozenset(SOURCES))
ALONE = tuple(Case(f"only {source}", frozenset({source})) for source in SOURCES)
WITHOUT = tuple(Case(f"without {source}", EVERYTHING.sources - {source}) for source in SOURCES)
CASES = (NOTHING, *ALONE, CYCLES, EVERYTHING, *WITHOUT)
"""No source, each one alone, the walk as a whole, all sources, all but one."""


@dataclass(frozen=True, eq=False)
class Devices:
    """What D devices would be with every source on; each case takes its own part of it.

    Attributes
    ----------
    own
        r [m], l [nm], Ndiscmin and Ndiscmax [1e26 m^-3], (D, 4).
    edges
        Ends of the window [1e26 m^-3], (D, 2).
    nominal
        The nominal device's vector, (P,).
    """

    own: np.ndarray
    edges: np.ndarray
    nominal: np.ndarray

    @classmethod
    def draw(cls, cell: CompactCell, size: int, rng: np.random.Generator) -> Devices:
        """Draw D devices around the one of a cell and return them."""
        from ...compact.jart.parameter_vector import NDISCMAX, NDISCMIN, L, R, vector

        nominal = vector(jart_memristor(cell))
        factors = SPREADS["ten_percent"].factors(rng, size)
        moved = spread_windows([jart_memristor(cell)] * size, rng, _SHARE, cell.model)
        edges = np.array([(device.Nlo, device.Nhi) for device in moved])
        return cls(factors * nominal[[R, L, NDISCMIN, NDISCMAX]], edges, nominal)

    def vectors(self, case: Case) -> np.ndarray:
        """Return the devices of a case as kernels take them, (D, P)."""
        from ...compact.jart.parameter_vector import NDISCMAX, NDISCMIN, NHI, NLO, L, R

        p = np.tile(self.nominal, (len(self.own), 1))
        for column, (source, place) in enumerate(zip(D2D, (R, L, NDISCMIN, NDISCMAX), strict=True)):
            if source in case.sources:
                p[:, place] = self.own[:, column]
        if WINDOW in case.sources:
            p[:, [NLO, NHI]] = self.edges
        return p
