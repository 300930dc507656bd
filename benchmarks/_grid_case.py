"""A memristor of the grid in its cells, with what one verb makes and the next one needs."""

from __future__ import annotations

import dataclasses
import tempfile
from functools import cached_property
from pathlib import Path

import numpy as np
from _grid_devices import Kind

import ouro_spice as ouro
from ouro_spice.dataset.recipe import Recipe
from ouro_spice.spice.ngspice import Ngspice


class Case:
    """A memristor in its cells, with what one verb makes and the next one needs."""

    def __init__(self, kind: Kind, engine: Ngspice, folder: Path, records: int) -> None:
        self.kind, self.engine, self.folder, self.records = kind, engine, folder, records
        self.one = ouro.Cell1R(kind.device)
        self.access = ouro.Cell1T1R(kind.device)

    @property
    def compact(self) -> ouro.CompactCell:
        """The memristor in a compact cell."""
        return ouro.CompactCell(self.kind.device)

    @property
    def any(self) -> ouro.Cell1R | ouro.CompactCell:
        """The cheapest cell that it can be in: the compact one, or 1R."""
        return self.compact if self.kind.has_kernels else self.one

    @cached_property
    def pair(self) -> ouro.Pair:
        """Amplitudes of the 1R cell."""
        return self.kind.given or ouro.pair(self.one, self.kind.total_s, self.engine)

    @cached_property
    def access_pair(self) -> ouro.Pair:
        """Amplitudes of the 1T1R cell."""
        if self.kind.given:
            return dataclasses.replace(self.kind.given, gate_set=3.3, gate_reset=3.3)
        return ouro.pair(self.access, self.kind.total_s, self.engine)

    @cached_property
    def middle_S(self) -> float:
        """A conductance in the middle of the window."""
        low, high = self.one.window_S
        return float(np.sqrt(low * high))

    @cached_property
    def data(self) -> ouro.PulseDataset:
        """Records in 1R, or in a compact cell of those that have one: no read moves them."""
        return self.extract(self.any, self.records)

    @cached_property
    def table(self) -> ouro.Table:
        """Return what the records say, in few bins."""
        return ouro.Table.fit(self.data, bins=6)

    def extract(self, cell, n: int, out: Path | None = None, **more) -> ouro.PulseDataset:
        """Records, ten points a traverse and more."""
        pair = self.access_pair if cell.gated else self.pair
        return ouro.extract(cell, n, 7, out, 1, voltages=pair, step_s=self.kind.total_s / 100, **more)

    def drawn(self, cell, n: int) -> list:
        """Fresh cells: devices, starts and targets."""
        recipe = Recipe(n, 3, self.pair, d2d=self.kind.device.spread_law("ten_percent"))
        return [recipe.draw(cell, k) for k in range(n)]

    def fleet(self, cell, n: int) -> tuple[ouro.Fleet, list[float]]:
        """As a fleet, and their targets [S]."""
        drawn = self.drawn(cell, n)
        engine = None if isinstance(cell, ouro.CompactCell) else self.engine
        return ouro.fleet(cell, drawn, "nominal", engine=engine), [one.target_S for one in drawn]

    def array(self, n: int = 2) -> ouro.Crossbar:
        """A passive array under the half-voltage scheme."""
        return ouro.Crossbar(n, n, self.one, scheme="half")

    def pulse(self, share: float, up: bool = True, pair: ouro.Pair | None = None) -> ouro.Pulse:
        """A pulse of a share of the traverse."""
        pair = pair or self.pair
        return ouro.Pulse(pair.v_set if up else pair.v_reset, share * self.kind.total_s)

    def folder_for(self, what: str) -> Path:
        """An empty folder."""
        return Path(tempfile.mkdtemp(prefix=f"{what}_", dir=self.folder))
