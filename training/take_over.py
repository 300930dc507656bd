"""Take shipped networks over to circuits that have changed by little: `python training/take_over.py`.

A network fits the circuit that its manifest names. Where libraries, models or the ambient temperature change what a
cell does by less than a network can tell, its weights stay, and the manifest gets the new circuit, the pair of
amplitudes at which that one crosses its window in the same time, and a word on where it comes from. Whether so little
has changed is for `ouro-spice benchmark-programmers` to show, before and after.
"""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import ouro_spice as ouro
from ouro_spice.manifest import Manifest, describe
from ouro_spice.predictor import PulsePredictor

_ROUNDING = 1e-9
"""Amplitudes that differ by less than this share are the same ones."""

CELLS = {"1r": ouro.Cell1R, "1t1r": ouro.Cell1T1R}


def main(why: str) -> None:
    """Rewrite the checkpoints beside this file."""
    for name, kind in CELLS.items():
        path = Path(__file__).parent / "checkpoints" / f"{name}.npz"
        predictor = PulsePredictor.load(path)
        cell = kind(ouro.jart_vcm_v1b(window=True, walk=ouro.Walk(10e-9)))
        if describe(cell).circuit == predictor.manifest.circuit:
            print(f"{name}: fits")
            continue
        old, found = predictor.pair, ouro.pair(cell, predictor.pair.total_s)
        if abs(found.v_set / old.v_set - 1) + abs(found.v_reset / old.v_reset - 1) < _ROUNDING:
            found = old
        taken_over(predictor, cell, found, why).save(path)
        print(f"{name}: {old} -> {found}")


def taken_over(predictor: PulsePredictor, cell: ouro.Cell1R, pair: ouro.Pair, why: str) -> PulsePredictor:
    """Return the same network for another circuit and the pair there, and the one that it is built on likewise."""
    clock = predictor.clock and taken_over(predictor.clock, cell, pair, why)
    old: Manifest = predictor.manifest
    origin = {"circuit": old.circuit, "pair": old.settings["pair"], "why": why}
    more = {"pair": dataclasses.asdict(pair), "taken_over": origin}
    manifest = dataclasses.replace(describe(cell, **(old.settings | more)), versions=old.versions)
    return dataclasses.replace(predictor, manifest=manifest, clock=clock)


if __name__ == "__main__":
    main(sys.argv[1])
