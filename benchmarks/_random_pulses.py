"""Random pulses on random cells: pulse i of a seed is the same in every realisation and whatever else is run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from _common import circuits

import ouro_spice as ouro
from ouro_spice.device.jart.jart_netlist import REALISED

VOLTS = (0.2, 1.8)
WIDTH_S = (0.5e-9, 100e-6)
EDGE_S = (20e-12, 20e-9)
N_DISC = (0.008, 20.0)
KINDS = [
    f"{cell} {bounds} {c2c}" for c2c in ("still", "walk") for bounds in ("window", "full") for cell in ("1R", "1T1R")
]
WALK_STEPS = 300
"""A pulse has at most about this many steps of a walk: 10 ns each, longer ones where the pulse is longer."""


@dataclass(frozen=True)
class Case:
    """One pulse on one cell."""

    index: int
    kind: str
    realisation: str
    cell: ouro.Cell1R | ouro.Cell1T1R | ouro.CompactCell
    pulse: ouro.Pulse
    state: ouro.State

    @property
    def begin_s(self) -> float:
        """When the rise begins."""
        return self.cell.flat_start_s(self.pulse) - self.pulse.rise


def draw(index: int, seed: int, realisation: str) -> Case:
    """Pulse number `index` of a seed; the kinds take turns."""
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(index,)))

    def log_uniform(low: float, high: float) -> float:
        return float(np.exp(rng.uniform(np.log(low), np.log(high))))

    kind = KINDS[index % len(KINDS)]
    name, bounds, c2c = kind.split()
    volts = rng.uniform(*VOLTS) * rng.choice([-1, 1])
    pulse = ouro.Pulse(float(volts), log_uniform(*WIDTH_S), log_uniform(*EDGE_S), log_uniform(*EDGE_S))
    cell = circuits(window=bounds == "window")[name]
    walk = None
    if c2c == "walk":
        steps = ouro.Walk(step_s=max(10e-9, pulse.duration / WALK_STEPS))
        walk = ouro.HalfCycleWalk() if index // len(KINDS) % 3 == 2 else steps
    spice = realisation if realisation in REALISED else "compiled"
    device = cell.device.replace(realisation=spice).draw(rng, 1)[0].replace(walk=walk)
    n_disc = float(np.clip(log_uniform(*N_DISC), *device.bounds))
    cell = cell.replace(device=device)
    if realisation == "compact":
        cell = ouro.CompactCell(device, resistance=0.0 if name == "1R" else 300.0)
    return Case(index, kind, realisation, cell, pulse, ouro.State((n_disc,)))
