"""Reads of all columns at once: CPU time and error of the array's nodal analysis, ngspice, and plain solvers beside.

Whole calls, from conductances to currents, of n x n resistors with lines of 2 Ohm a segment; the smallest of some
rounds in which each takes its turn. badcrossbar takes part where it is installed. Elsewhere its time is scaled: it was
measured once beside the same call of ngspice, see `ELSEWHERE`, and ngspice runs here, too.
"""

from __future__ import annotations

import importlib
import logging
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from _common import Figures, Target, show, tight
from scipy.sparse.linalg import splu

import ouro_spice as ouro
from ouro_spice.spice.ngspice import Ngspice

ELSEWHERE = {64: (0.040, 0.23), 128: (0.23, 1.25), 256: (1.85, 7.2)}
"""CPU seconds of badcrossbar and of `product` by ngspice, on one machine, over the size."""

SEGMENT_OHM, _SHORT_S = 2.0, 0.5


def targets(quick: bool) -> tuple[Target, ...]:
    """Return the bounds that the figures have to keep to."""
    sizes = [n for n in ELSEWHERE if n < 256 or not quick]
    return (
        *(Target(f"read_{n}_over_badcrossbar", 1.0) for n in sizes),
        *(Target(f"read_{n}_off", 1e-9) for n in sizes),
        Target("read_128_cpu_s", 0.2),
        Target("linear_read_128_s", 3.0),
        Target("jart_32_cpu_s", 0.3),
        Target("jart_32_off", 1e-9),
    )


def reads(figures: Figures, engine: Ngspice, seed: int, quick: bool) -> None:
    """Add the figures of reads of all columns."""
    rows = []
    for n in ELSEWHERE:
        if n < 256 or not quick:
            rows += _linear(figures, engine, n, seed)
    rows.append(_memristors(figures, engine, seed))
    head = ("all columns at once", "circuit (CPU s)", "ngspice", "scipy LU", "badcrossbar", "off by")
    show("reads and products", head, rows)


def _linear(figures: Figures, engine: Ngspice, n: int, seed: int) -> list[list[object]]:
    """One size of resistors."""
    rng = np.random.default_rng(seed)
    ohm, x = 10 ** rng.uniform(3, 5, (n, n)), rng.uniform(0, 0.3, n)
    lines = ouro.Lines(r_wl=SEGMENT_OHM, r_bl=SEGMENT_OHM)
    empty = ouro.Crossbar(n, n, ouro.Cell1R(ouro.Resistor(1e3), lines))
    ways: dict[str, Callable[[], np.ndarray]] = {
        "circuit": lambda: ouro.product(empty.resistors(ohm), x).i_A,
        "ngspice": lambda: ouro.product(empty.resistors(ohm), x, engine=engine, fidelity="full").i_A,
        "lu": lambda: plain_lu(ohm, x, SEGMENT_OHM),
    }
    try:
        # it lacks this, with a warning, where one of its own parts is missing
        compute = getattr(importlib.import_module("badcrossbar"), "compute", None)
    except ImportError:
        compute = None
    if compute:
        logging.disable(logging.INFO)
        options = {"node_voltages": False, "all_currents": False}
        # its bit lines end at the last row
        ways["badcrossbar"] = lambda: np.ravel(
            compute(x[::-1, None], ohm[::-1], SEGMENT_OHM, **options).currents.output
        )
    seconds, found = in_turn(ways, engine, 1 if n == 256 else 3)
    largest = np.abs(found["ngspice"]).max()
    off = {name: float(np.abs(i - found["ngspice"]).max() / largest) for name, i in found.items()}
    theirs, ours = ELSEWHERE[n]
    there = seconds.get("badcrossbar", seconds["ngspice"] * theirs / ours)
    figures |= {f"read_{n}_{name}_cpu_s": value for name, value in seconds.items() if name != "circuit"}
    figures |= {f"read_{n}_cpu_s": seconds["circuit"], f"read_{n}_off": off["circuit"], f"read_{n}_lu_off": off["lu"]}
    figures[f"read_{n}_over_lu"] = seconds["circuit"] / seconds["lu"]
    figures[f"read_{n}_over_badcrossbar"] = seconds["circuit"] / there
    start = time.perf_counter()
    ways["circuit"]()
    figures[f"linear_read_{n}_s"] = time.perf_counter() - start
    solver = ouro.ArraySolver(empty.resistors(ohm))
    solver.currents(x)
    start = time.process_time()
    solver.currents(rng.uniform(0, 0.3, (40, n)))
    figures[f"read_{n}_next_input_cpu_s"] = (time.process_time() - start) / 40
    start = time.process_time()
    assert solver.matrix_S.shape == (n, n)
    figures[f"read_{n}_matrix_cpu_s"] = time.process_time() - start
    scaled = f"{there:.3g}{'' if 'badcrossbar' in seconds else ', scaled'}"
    return [
        [f"{n} x {n} resistors", seconds["circuit"], seconds["ngspice"], seconds["lu"], scaled, off["circuit"]],
        [f"{n} x {n}, each further input", figures[f"read_{n}_next_input_cpu_s"], "", "", "", ""],
        [f"{n} x {n}, the whole matrix", figures[f"read_{n}_matrix_cpu_s"], "", "", "", ""],
    ]


def _memristors(figures: Figures, engine: Ngspice, seed: int) -> list[object]:
    """A product of 32 x 32 memristors, its sample in ngspice included; off: of ngspice at reltol 1e-6."""
    rng = np.random.default_rng(seed)
    lines = ouro.Lines(r_wl=SEGMENT_OHM, r_bl=SEGMENT_OHM)
    array = ouro.Crossbar(32, 32, ouro.Cell1R(ouro.jart_vcm_v1b(window=True), lines))
    state, x = array.state(rng.uniform(150e-6, 500e-6, (32, 32))), rng.uniform(0, 0.3, 32)
    ways: dict[str, Callable[[], np.ndarray]] = {
        name: lambda name=name: ouro.product(array, x, state, engine, fidelity=name).i_A for name in ("circuit", "full")
    }
    seconds, found = in_turn(ways, engine, 4)
    wave = engine.run(tight(array.product_testbench(x, state)))
    exact = np.array([float(wave[f"i_bl{col}"][0]) for col in range(32)])
    off = {name: float(np.abs(i - exact).max() / exact.max()) for name, i in found.items()}
    figures |= {"jart_32_cpu_s": seconds["circuit"], "jart_32_ngspice_cpu_s": seconds["full"]}
    figures |= {"jart_32_off": off["circuit"], "jart_32_ngspice_off": off["full"]}
    figures["jart_32_over_ngspice"] = seconds["circuit"] / seconds["full"]
    return ["32 x 32 JART, sample included", seconds["circuit"], seconds["full"], "", "", off["circuit"]]


def in_turn(
    ways: dict[str, Callable[[], np.ndarray]], engine: Ngspice, rounds: int
) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """CPU seconds of each way, this process and ngspice's together, and what it found; short ones go thrice a turn."""
    seconds, found = dict.fromkeys(ways, np.inf), {}
    for _ in range(rounds):
        for name, way in ways.items():
            for _again in range(3):
                start = cpu_s(engine)
                found[name] = way()
                took = cpu_s(engine) - start
                seconds[name] = min(seconds[name], took)
                if took > _SHORT_S:
                    break
    return seconds, found


def cpu_s(engine: Ngspice) -> float:
    """CPU time of this process and of an engine's workers so far [s]."""
    ticks = 0
    for one in engine._pool._workers:
        stat = Path(f"/proc/{one._process.pid if one._process else 0}/stat")
        ticks += sum(map(int, stat.read_text().rpartition(")")[2].split()[11:13])) if stat.is_file() else 0
    return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")


def plain_lu(ohm: np.ndarray, x: np.ndarray, segment_ohm: float) -> np.ndarray:
    """Currents of all columns (cols,) [A] as one writes it down with scipy: triplets, minimum degree, one solution."""
    rows, cols = ohm.shape
    word = np.arange(ohm.size).reshape(rows, cols)
    bit, g = ohm.size + word, 1 / segment_ohm
    at_row, at_col, values = [], [], []

    def resistors(a: np.ndarray, b: np.ndarray, conductance: np.ndarray | float) -> None:
        a, b = a.ravel(), b.ravel()
        each = np.broadcast_to(conductance, a.shape)
        at_row.extend([a, b, a, b])
        at_col.extend([a, b, b, a])
        values.extend([each, each, -each, -each])

    resistors(word[:, :-1], word[:, 1:], g)
    resistors(bit[:-1], bit[1:], g)
    resistors(word, bit, 1 / ohm.ravel())
    for ends in (word[:, 0], bit[0]):
        at_row.append(ends)
        at_col.append(ends)
        values.append(np.full(len(ends), g))
    at = (np.concatenate(at_row), np.concatenate(at_col))
    matrix = sp.csc_matrix((np.concatenate(values), at), shape=(2 * ohm.size, 2 * ohm.size))
    source = np.zeros(2 * ohm.size)
    source[word[:, 0]] = x * g
    volts = splu(matrix, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
    return volts.solve(source)[bit[0]] * g
