"""Write ``crossbar_*.csv``: linear crossbars with resistive lines, solved by badcrossbar and confirmed independently.

    python tests/reference/make_crossbar.py

Needs numpy, scipy and badcrossbar (the optional dependencies "reference"), and nothing of ouro_spice. badcrossbar draws
its arrays with cairo and imports it at once; where it is not there, an empty module stands in for it.

badcrossbar drives word lines before column 0, as we do, and grounds bit lines behind the LAST row. Here they are driven
before row 0: it gets the rows in reverse order, and its cell voltages and currents are reversed back.
"""

from __future__ import annotations

import csv
import logging
import sys
import types
from pathlib import Path

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent))

from linear_crossbar import drawn  # noqa: E402

ARRAYS = {  # name: seed, rows, columns, lowest and highest word-line voltage [V]
    "1x1": (1, 1, 1, 0.0, 0.3),
    "5x4": (2, 5, 4, 0.0, 0.3),
    "5x4_signed": (3, 5, 4, -0.3, 0.3),
    "32x32": (4, 32, 32, 0.0, 0.3),
    "32x32_signed": (5, 32, 32, -0.3, 0.3),
    "64x64": (6, 64, 64, 0.0, 0.3),
}
SEGMENTS = ((0, 0), (2, 0), (0, 3), (2, 3))
"""Resistance of a segment of word line and of bit line [Ohm]."""

AGREEMENT = 1e-12
"""The two solutions differ by at most this, relative to the largest value of the array."""


def by_badcrossbar(resistances, v_wl, r_wl, r_bl):
    """Bit-line currents (cols,) [A], cell voltages and currents (rows, cols) [V, A]."""
    try:
        import cairo  # noqa: F401
    except ImportError:
        sys.modules["cairo"] = types.ModuleType("cairo")
    import badcrossbar

    logging.disable()
    found = badcrossbar.compute(v_wl[::-1, None], resistances[::-1], r_i_word_line=r_wl, r_i_bit_line=r_bl)
    currents, voltages = found.currents, found.voltages
    v_cell = (voltages.word_line - voltages.bit_line).reshape(resistances.shape)[::-1]
    return currents.output.reshape(-1), v_cell, currents.device.reshape(resistances.shape)[::-1]


def by_nodes(resistances, v_wl, r_wl, r_bl):
    """The same by nodal analysis in our own order of rows; a line without resistance is one node with its driver."""
    rows, cols = resistances.shape
    size = rows * cols
    word, bit = np.arange(size).reshape(rows, cols), size + np.arange(size).reshape(rows, cols)
    word_driver, bit_driver = 2 * size + np.arange(rows), 2 * size + rows + np.arange(cols)
    known = np.concatenate([v_wl, np.zeros(cols)])
    branches = []  # from, to, conductance
    if r_wl:
        chain = np.hstack([word_driver[:, None], word])
        branches.append((chain[:, :-1].ravel(), chain[:, 1:].ravel(), np.full(size, 1 / r_wl)))
    else:
        word = np.repeat(word_driver[:, None], cols, axis=1)
    if r_bl:
        chain = np.vstack([bit_driver, bit])
        branches.append((chain[1:].ravel(), chain[:-1].ravel(), np.full(size, 1 / r_bl)))
    else:
        bit = np.repeat(bit_driver[None], rows, axis=0)
    branches.append((word.ravel(), bit.ravel(), (1 / resistances).ravel()))
    start, end, conductance = (np.concatenate(parts) for parts in zip(*branches, strict=True))
    volts = _solved(start, end, conductance, 2 * size, known)
    v_cell = (volts[word] - volts[bit]).astype(float)
    # Kirchhoff's law along the whole bit line: all that the cells bring leaves at the driver
    i_cell = v_cell / resistances
    return i_cell.sum(axis=0), v_cell, i_cell


def _solved(start, end, conductance, free, known):
    """All node voltages; the first `free` nodes are unknown, and those without a branch stay at 0 V."""
    nodes = free + len(known)
    branch = np.arange(len(start))
    incidence = sparse.csr_array(
        (np.repeat([1.0, -1.0], len(start)), (np.tile(branch, 2), np.concatenate([start, end]))), (len(start), nodes)
    )
    laplacian = (incidence.T @ sparse.diags_array(conductance) @ incidence).tocsr()
    used = np.flatnonzero(laplacian.diagonal()[:free])
    volts = np.concatenate([np.zeros(free), known]).astype(np.longdouble)
    if not len(used):
        return volts
    lu = splu(laplacian[used][:, used].tocsc())
    for _ in range(4):  # residuals in extended precision, from branch currents
        current = conductance * (volts[start] - volts[end])
        residual = np.zeros(nodes, np.longdouble)
        np.add.at(residual, start, current)
        np.subtract.at(residual, end, current)
        volts[used] -= lu.solve(residual[used].astype(float))
    return volts


def write(name, head, rows):
    with (FOLDER / name).open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([head, *rows])


def main():
    cases, currents, cells = [], [], []
    for array, numbers in ARRAYS.items():
        resistances, v_wl = drawn(*numbers)
        sums = (f"{(1 / resistances).sum():.17g}", f"{v_wl.sum():.17g}")
        for r_wl, r_bl in SEGMENTS:
            case = f"{array}_wl{r_wl}_bl{r_bl}"
            reference = by_badcrossbar(resistances, v_wl, r_wl, r_bl)
            deviations = [
                np.abs(one - two).max() / np.abs(two).max()
                for one, two in zip(reference, by_nodes(resistances, v_wl, r_wl, r_bl), strict=True)
            ]
            print(f"{case:24} bit lines {deviations[0]:.1e}   cell voltages {deviations[1]:.1e}", end="")
            print(f"   cell currents {deviations[2]:.1e}")
            if max(deviations) > AGREEMENT:
                raise SystemExit(f"{case}: badcrossbar and the nodal analysis differ by {max(deviations):.1e}")
            i_bl, v_cell, i_cell = reference
            cases.append((case, *numbers, r_wl, r_bl, *sums))
            currents += [(case, j, f"{i:.17g}") for j, i in enumerate(i_bl)]
            if resistances.shape == (5, 4):
                for (i, j), volts in np.ndenumerate(v_cell):
                    cells.append((case, i, j, f"{volts:.17g}", f"{i_cell[i, j]:.17g}"))
    head = ("case", "seed", "rows", "cols", "v_low_V", "v_high_V", "r_wl_Ohm", "r_bl_Ohm")
    write("crossbar_cases.csv", (*head, "conductance_sum_S", "v_wl_sum_V"), cases)
    write("crossbar_currents.csv", ("case", "column", "i_bl_A"), currents)
    write("crossbar_cells.csv", ("case", "row", "column", "v_cell_V", "i_cell_A"), cells)


if __name__ == "__main__":
    main()
