"""Take shipped networks over to circuits that have changed by little: `python training/take_over.py`.

A manifest of the former format, which did not record the code, becomes one of today's, of the same circuit: weights,
scales and specifications stay to the last bit, its maker is unknown, and no reason is needed.

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
from ouro_spice.prediction.pulse_predictor import PulsePredictor
from ouro_spice.provenance import rebuild
from ouro_spice.provenance.differences import listed
from ouro_spice.provenance.manifest import Manifest, describe
from ouro_spice.provenance.rebuild import unlike

_ROUNDING = 1e-9
"""Amplitudes that differ by less than this share are the same ones."""

CELLS = {"1r": ouro.Cell1R, "1t1r": ouro.Cell1T1R}


def main(why: str = "", folder: Path | None = None) -> None:
    """Rewrite the checkpoints beside this file, or in another folder."""
    for name, kind in CELLS.items():
        path = (folder or Path(__file__).parent / "checkpoints") / f"{name}.npz"
        predictor = PulsePredictor.load(path)
        cell = kind(ouro.jart_vcm_v1b(window=True, walk=ouro.Walk(10e-9)))
        found = unlike(predictor.manifest, describe(cell))
        if not found:
            of_today(predictor).save(path)
            print(f"{name}: fits")
            continue
        if not why:
            raise SystemExit(f"{name}: fits another circuit ({listed(found)}): say why it is taken over")
        old, found = predictor.pair, ouro.pair(cell, predictor.pair.total_s)
        if abs(found.v_set / old.v_set - 1) + abs(found.v_reset / old.v_reset - 1) < _ROUNDING:
            found = old
        taken_over(predictor, cell, found, why).save(path)
        print(f"{name}: {old} -> {found}")


def of_today(predictor: PulsePredictor) -> PulsePredictor:
    """Return the same network with a manifest that tells circuit and maker apart, and its base network likewise."""
    base = predictor.base and of_today(predictor.base)
    return dataclasses.replace(predictor, manifest=rebuild.taken_over(predictor.manifest), base=base)


def taken_over(predictor: PulsePredictor, cell: ouro.Cell1R, pair: ouro.Pair, why: str) -> PulsePredictor:
    """Return the same network for another circuit and the pair there, and the one that it is built on likewise."""
    base = predictor.base and taken_over(predictor.base, cell, pair, why)
    old: Manifest = predictor.manifest
    origin = {"circuit": old.circuit, "pair": old.settings["pair"], "why": why}
    more = {"pair": dataclasses.asdict(pair), "taken_over": origin}
    manifest = dataclasses.replace(describe(cell, **(old.settings | more)), versions=old.versions, code={})
    return dataclasses.replace(predictor, manifest=manifest, base=base)


if __name__ == "__main__":
    main(*sys.argv[1:2])
