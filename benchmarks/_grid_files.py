"""Verbs of arrays, and of what is written down: decks, datasets, pages, manifests, sentences of mistakes."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
from _grid_case import Case
from _grid_writes import programmers, target

import ouro_spice as ouro
from ouro_spice._util import machine
from ouro_spice.dataset.checking import check_dataset
from ouro_spice.provenance.manifest import describe
from ouro_spice.reporting.comparison_page import write_comparison

JART_WORDS = re.compile(r"\bN_?disc|n_disc|\bNinit|JART|oxygen|vacanc", re.IGNORECASE)
"""What no page or message on another memristor may say."""


# ---- arrays


def _array(case: Case, fidelity: str) -> tuple[ouro.ArrayWrite, np.ndarray]:
    array = case.array()
    start = array.state(case.middle_S)
    write = ouro.write_array(array.cell_at(1, 1, fidelity), case.pulse(0.2), start)
    return write, write.g_after_S


def array_full(case: Case) -> str:
    _, ends = _array(case, "full")
    assert ends[1, 1] > 1.02 * case.middle_S
    # half the voltage is worth half a pulse without a threshold, and nothing below one
    others = ends[[0, 0, 1], [0, 1, 0]] / case.middle_S - 1
    assert np.all(others < ends[1, 1] / case.middle_S - 1), others
    return f"written {ends[1, 1] / case.middle_S - 1:+.0%}, beside {np.abs(others).max():.0e}"


def array_frozen(case: Case) -> str:
    _, full = _array(case, "full")
    _, frozen = _array(case, "frozen")
    gap = float(np.max(np.abs(frozen / full - 1)))
    assert gap < 5e-3, f"{gap:.1e}"
    return f"{gap:.0e}"


def array_1t1r(case: Case) -> str:
    array = ouro.Crossbar(2, 2, case.access)
    start = array.state(case.middle_S)
    cell = ouro.live(array.cell_at(1, 1), start)
    before = cell.read()
    cell.apply(case.pulse(0.2, pair=case.access_pair))
    after = cell.read()
    assert abs(before / case.middle_S - 1) < 0.05 and after > 1.02 * before, (before, after)
    return f"{before / case.middle_S - 1:+.1e}, then {after / before - 1:+.0%}"


def product(case: Case) -> str:
    found = ouro.product(case.array(), [0.1, 0.05], case.array().state(case.middle_S))
    gap = float(np.abs(found.i_A / found.ideal_A - 1).max())
    # sinh in the netlist of a user's own: conductances are those at the read voltage
    assert gap < (0.1 if case.kind.name in ("jart_vcm", "yakopcic") else 1e-6), gap
    return f"{gap:.0e}"


def sneak(case: Case) -> str:
    array = case.array()
    found = ouro.sneak(array, 1, 1, array.state(case.middle_S))
    assert found.reading_S > found.g_S * 0.98 and abs(found.own_A / found.g_S) > 0
    return f"sneak {found.sneak_A * 1e6:+.2g} uA"


def disturb(case: Case) -> str:
    array = case.array()
    start = array.state(case.middle_S)
    # all cells in SPICE, or those that are not selected without it
    ways = [ouro.disturb(array.cell_at(1, 1), case.pulse(0.02), 4, start, explicit=True)]
    if case.kind.has_kernels:
        ways.append(ouro.disturb(array.cell_at(1, 1), case.pulse(0.02), 4, start))
    ends = [one.g_S[-1] for one in ways]
    assert np.nanmax(np.abs(ends[-1] / ends[0] - 1)) < 2e-3, ends
    return f"{np.abs(ends[0][0, 0] / case.middle_S - 1):.0e}"


def draw(case: Case) -> str:
    array = case.array().draw(np.random.default_rng(1))
    state = array.state(case.middle_S)
    ends = array.g_map_S(ouro.simulate(array.cell_at(0, 1), case.pulse(0.2), state).end_state)
    assert ends[0, 1] > 1.01 * case.middle_S
    return "4 devices"


def positions(case: Case) -> str:
    array = ouro.Crossbar(2, 2, case.access)
    found = ouro.sweep_positions(
        array, case.pulse(0.2, pair=case.access_pair), array.state(case.middle_S), 2, workers=1
    )
    assert np.all(found.change_S > 0)
    return f"{len(found.frame)} places"


# ---- decks, files, pages


def deck(case: Case) -> str:
    for cell, pulse in ((case.one, case.pulse(0.1)), (case.access, case.pulse(0.1, pair=case.access_pair))):
        path = case.folder_for("deck") / "one.cir"
        path.write_text(ouro.deck(cell, pulse))
        ran = subprocess.run(
            [machine.ngspice_program(), "-b", str(path)], cwd=path.parent, capture_output=True, text=True, timeout=120
        )
        said = re.search(r"g_end_us = (\S+)", ran.stdout, re.IGNORECASE)
        assert ran.returncode == 0 and said, (ran.stdout + ran.stderr)[-300:]
        start = cell.state()
        gap = float(said[1]) * 1e-6 / ouro.simulate(cell, pulse, start).g_S - 1
        assert abs(gap) < 0.01, f"the deck ends {gap:+.1%} beside the flow"
    return "1R, 1T1R"


def compare(case: Case) -> str:
    first, second = (case.any, case.one) if case.kind.has_kernels else (case.one, case.access)
    a, b = (case.extract(cell, 6, case.folder_for("side")) for cell in (first, second))
    named = {} if case.kind.has_kernels else {"cell_a": first, "cell_b": second}
    found = ouro.compare(a, b, n_split=3, workers=1, **named)
    for path in write_comparison(found, case.folder_for("compare")).values():
        if path.suffix == ".html":
            _page(case, path)
    ratio = float(10 ** np.nanmedian(found.frame.log10_ratio))
    assert not case.kind.has_kernels or abs(ratio - 1) < 0.02, f"the circuit takes {ratio:.3f} of the compact time"
    return f"t_B/t_A {ratio:.3f}"


def report(case: Case) -> str:
    cell = case.any
    histories = [
        ouro.write_verify(cell, one, target(case), 0.1, state=cell.state(case.middle_S))
        for one in programmers(case, case.pair)
    ]
    sizes = [_page(case, ouro.report(what, case.folder_for("page") / "page.html")) for what in (histories, case.data)]
    return " ".join(f"{size // 1000} kB" for size in sizes)


def _page(case: Case, path: Path) -> int:
    text = path.read_text()
    plain = re.sub(r"<(script|style)\b.*?</\1>|<[^>]+>", " ", text, flags=re.DOTALL)
    plain = re.sub(r"[\w/]+\.py&quot;", "", plain)  # the hashes of the code that made it name every file
    found = set() if case.kind.name == "jart_vcm" else {one.group() for one in JART_WORDS.finditer(plain)}
    assert not found, f"a page on {case.kind.name} says {sorted(found)}"
    return len(text)


def spread(case: Case) -> str:
    device = case.kind.device
    drawn = device.draw(np.random.default_rng(3), 50)
    assert len({repr(one.parameters) for one in drawn}) == 50
    windows = np.array([ouro.Cell1R(one).window_S for one in drawn[:8]])
    assert np.all(windows[:, 0] < windows[:, 1])
    return str(device.spread_law("ten_percent"))[:24]


def rebuilt(case: Case) -> str:
    cells = [case.one, case.access, *([case.compact] if case.kind.has_kernels else [])]
    for cell in cells:
        assert ouro.rebuilt(describe(cell)) == cell
    return f"{len(cells)} cells"


def journal(case: Case) -> str:
    folder = case.folder_for("records")
    whole = case.extract(case.any, 6, folder)
    found = check_dataset(folder)
    assert not found.findings, found.findings
    kept = {path.name: path.read_bytes() for path in folder.glob("*.parquet")}
    for path in list(folder.glob("*.parquet"))[:1]:
        path.unlink()
    again = case.extract(case.any, 6, folder)
    assert (again.frame.t_pulse_s == whole.frame.t_pulse_s).all()
    assert {path.name: path.read_bytes() for path in folder.glob("*.parquet")} == kept, "other bytes"
    assert (ouro.PulseDataset.load(folder).frame.g_end_S == whole.frame.g_end_S).all()
    shutil.rmtree(folder)
    return "checked, resumed"


def words(case: Case) -> str:
    """Check what mistakes say: no word of another family, a unit beside each number."""
    said = []
    cell, device = case.any, case.kind.device
    name = next(iter(device.parameters))
    for call in (
        lambda: cell.state(10.0),
        lambda: device.replace(nonsense=1.0),
        lambda: device.replace(**{name: float("nan")}),
        lambda: ouro.simulate(cell, case.pulse(0.1), ouro.State((1e9,))),
        lambda: ouro.simulate(cell, case.pulse(0.1), ouro.State(((0.1, 0.2),))),
    ):
        try:
            call()
        except ValueError as error:
            said.append(str(error))
        else:
            raise AssertionError("a mistake is taken")
    assert "S" in said[0] and all("\n" not in one for one in said)
    wrong = [] if case.kind.name == "jart_vcm" else [one for one in said if JART_WORDS.search(one)]
    assert not wrong, wrong
    return f"{len(said)} sentences"
