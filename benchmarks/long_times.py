"""Stress, rest and slow triangles from a microsecond to ten years: what fails, and how far off the answers are.

Every pulse goes to a 1R cell, a 1T1R cell, one with drivers of transistors, or one of an array, compiled or
behavioural, from a random conductance. 1R cells are held against the compact model, the others against the same pulse
in parts (stress in four, triangles cut at their tip) or without the rest.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
from _common import Figures, Target, arguments, finish, largest, show

import ouro_spice as ouro

TARGETS = (Target("failures", 0), Target("g_gap_max", 1e-3))
COUNT, QUICK = 400, 42
LENGTH_S = (1e-6, 3.2e8)
KINDS = ("stress", "rest", "triangle")
DEVICE = ouro.jart_vcm_v1b(window=True)
PLAIN = DEVICE.replace(realisation="behavioural")
CELLS = {
    "1R": ouro.Cell1R(DEVICE),
    "1R behavioural": ouro.Cell1R(PLAIN),
    "1T1R": ouro.Cell1T1R(DEVICE),
    "1T1R behavioural": ouro.Cell1T1R(PLAIN),
    "1T1R, write driver": ouro.Cell1T1R(DEVICE, driver=ouro.WriteDriver()),
    "2 x 2 of 1R": ouro.Crossbar(2, 2, ouro.Cell1R(DEVICE)).cell_at(1, 1),
    "2 x 2 of 1T1R": ouro.Crossbar(2, 2, ouro.Cell1T1R(DEVICE)).cell_at(1, 1),
}


def volts(rng: np.random.Generator, length_s: float) -> float:
    """Draw an amplitude that moves the conductance in about this time [V]: some 35 (SET), 70 mV (RESET) a decade."""
    decades = np.log10(length_s / 60e-6) + rng.uniform(-1.5, 0.5)
    return float(-max(0.415 - 0.032 * decades, 0.02) if rng.random() < 0.5 else max(0.855 - 0.064 * decades, 0.05))


def drawn(count: int, seed: int) -> Iterator[tuple[str, str, ouro.Pulse, float]]:
    """Yield cell, kind, pulse and start [S]."""
    rng = np.random.default_rng(seed)
    for k in range(count):
        length = float(np.exp(rng.uniform(*np.log(LENGTH_S))))
        edge = float(np.exp(rng.uniform(np.log(1e-9), np.log(20e-9))))
        kind, start = KINDS[k % 3], float(rng.uniform(130e-6, 520e-6))
        if kind == "stress":
            pulse = ouro.Pulse(volts(rng, length), length, edge, edge)
        elif kind == "rest":
            pulse = ouro.Pulse(float(rng.choice([-0.5, 0.95])), 100e-9, edge, edge, idle=length)
        else:
            pulse = ouro.Pulse(volts(rng, length / 10), 1e-12, length / 2, length / 2)
        yield list(CELLS)[k // 3 % len(CELLS)], kind, pulse, start


def right(cell: ouro.Cell1R, kind: str, pulse: ouro.Pulse, start_S: float) -> float:
    """Return the conductance that should come out [S]."""
    if isinstance(cell, ouro.Cell1R):
        compact = ouro.CompactCell(DEVICE)
        return ouro.simulate(compact, pulse, compact.state(start_S)).g_S
    state = cell.state(start_S)
    if kind == "rest":
        return ouro.simulate(cell, ouro.Pulse(pulse.amplitude, pulse.width, pulse.rise, pulse.fall), state).g_S
    edge, quarter = cell.flat_start_s(pulse), pulse.width / 4
    inside = [edge + k * quarter for k in range(1, 4)] if kind == "stress" else [edge]
    for begin, end in zip([0.0, *inside], [*inside, None], strict=True):
        wave = ouro.simulate(cell, pulse, state, start_s=begin, stop_s=end)
        state = wave.state
    return wave.g_S


def main() -> int:
    """Run all pulses."""
    args = arguments(__doc__).parse_args()
    gaps: dict[tuple[str, str], list[float]] = {}
    failures, moved = 0, 0
    for name, kind, pulse, start in drawn(QUICK if args.quick else COUNT, args.seed):
        cell = CELLS[name]
        wave = ouro.simulate(cell, pulse, cell.state(start), throw=False)
        if wave.result is not ouro.Result.OK:
            failures += 1
            print(f"{name}: {pulse}: {wave.result.value}", file=sys.stderr)
            continue
        moved += abs(wave.g_S / start - 1) > 0.01
        gaps.setdefault((name, kind), []).append(abs(wave.g_S / right(cell, kind, pulse, start) - 1))
    rows = [[*key, len(found), largest(np.array(found))] for key, found in sorted(gaps.items())]
    show("largest relative difference of g", ("cell", "kind", "n", "largest"), rows)
    every = np.concatenate(list(gaps.values()))
    figures: Figures = {
        "failures": failures, "n": len(every), "moved": int(moved), "g_gap_max": float(every.max()),
        "g_gap_median": float(np.median(every)),
    }  # fmt: skip
    return finish(args, figures, TARGETS)


if __name__ == "__main__":
    sys.exit(main())
