"""The verbs of the flow, each on one memristor: what it is to do, and a sentence where it cannot."""

from __future__ import annotations

import dataclasses
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import numpy as np
from _grid_devices import Kind

import ouro_spice as ouro
from ouro_spice._util import machine
from ouro_spice.compact import characteristics
from ouro_spice.dataset.checking import check_dataset
from ouro_spice.dataset.recipe import Recipe
from ouro_spice.prediction.specification import Specification, Stage
from ouro_spice.programming.tuning import rank
from ouro_spice.provenance.manifest import describe
from ouro_spice.reporting.comparison_page import write_comparison
from ouro_spice.simulation.write_voltages import traverses
from ouro_spice.spice.ngspice import Ngspice

SAME_G = 1e-3
"""Compact model against circuit, part by part against the whole: relative, of a conductance."""

SAME_J = 0.01
"""The same of an energy."""

JART_WORDS = re.compile(r"\bN_?disc|n_disc|\bNinit|JART|oxygen|vacanc", re.IGNORECASE)
"""What no page or message on another memristor may say."""


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
        """What the records say, in few bins."""
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


# ---- one pulse


def _moves(case: Case, cell, pair: ouro.Pair) -> str:
    low, high = np.sort(characteristics.conductance(case.kind.device, np.array(case.kind.device.bounds)))
    waves = [ouro.simulate(cell, case.pulse(0.1, up, pair), cell.state(case.middle_S)) for up in (True, False)]
    up, down = (wave.g_S for wave in waves)
    assert low * 0.999 < down < 0.99 * case.middle_S < 1.01 * case.middle_S < up < high * 1.001, f"SET to {up:g}, RESET to {down:g} S"
    assert all(wave.energy_J > 0 for wave in waves)
    return f"{down * 1e6:.0f} .. {up * 1e6:.0f} uS"


def simulate_compact(case: Case) -> str:
    return _moves(case, case.compact, case.pair)


def simulate_1r(case: Case) -> str:
    return _moves(case, case.one, case.pair)


def simulate_1t1r(case: Case) -> str:
    return _moves(case, case.access, case.access_pair)


def compact_is_1r(case: Case) -> str:
    gap_g, gap_j = 0.0, 0.0
    for up, share in ((True, 0.2), (False, 0.2), (True, 0.5)):
        waves = [
            ouro.simulate(cell, case.pulse(share, up), cell.state(case.middle_S), engine=case.engine)
            for cell in (case.compact, case.one)
        ]
        gap_g = max(gap_g, abs(waves[0].g_S / waves[1].g_S - 1))
        gap_j = max(gap_j, abs(waves[0].energy_J / waves[1].energy_J - 1))
    assert gap_g < SAME_G and gap_j < SAME_J, f"g {gap_g:.1e}, energy {gap_j:.1e}"
    return f"dg/g {gap_g:.0e}"


def read_live(case: Case) -> str:
    cell = ouro.live(case.one, case.one.state(case.middle_S))
    before = cell.g_S
    said, moved = cell.read() / before - 1, cell.g_S / before - 1
    assert abs(said) < 0.02, f"a read of {said:+.1%}"
    assert abs(moved) < (0.02 if case.kind.moves_in_reads else 1e-4), f"a read moves g by {moved:+.1e}"
    return f"{said:+.1e}, moves {moved:+.0e}"


def resume(case: Case) -> str:
    gaps = []
    for cell in (case.one, case.any):
        one, two = case.pulse(0.1), case.pulse(0.2, up=False)
        start = cell.state(case.middle_S)
        whole = ouro.simulate(cell, [one, two], start)
        first = ouro.simulate(cell, one, start)
        second = ouro.simulate(cell, two, first.state)
        cut_s = one.rise + one.width / 3
        half = ouro.simulate(cell, [one, two], ouro.simulate(cell, one, start, stop_s=cut_s).state, start_s=cut_s)
        gaps += [abs(other.g_S / whole.g_S - 1) for other in (second, half)]
        gaps.append(abs((first.energy_J + second.energy_J) / whole.energy_J - 1))
    assert max(gaps) < SAME_G, f"gaps {gaps}"
    return f"{max(gaps):.0e}"


# ---- pairs and records


def pair(case: Case) -> str:
    cells = (case.one, case.access)
    pairs = [ouro.pair(cell, case.kind.total_s, case.engine) for cell in cells] if case.kind.given else [
        case.pair, case.access_pair
    ]  # fmt: skip
    for cell, one in zip(cells, pairs, strict=True):
        for way in traverses(cell, one, case.engine):
            gap = abs(way.time_s / case.kind.total_s - 1) if way else np.inf
            assert gap < 0.02, f"a traverse of {gap:+.1%} more than asked for"
    return "; ".join(f"{one.v_set:.2f}, {one.v_reset:.2f} V" for one in pairs)


def extract_1r(case: Case) -> str:
    return _records(case, case.one)


def extract_1t1r(case: Case) -> str:
    return _records(case, case.access)


def _records(case: Case, cell) -> str:
    frame = case.extract(cell, 8, d2d="ten_percent").frame
    assert (frame.result == "OK").all(), dict(frame.result.value_counts())
    reached = frame.loc[frame.outcome == "reached"]
    assert frame.device.nunique() == len(frame) and len(reached) >= len(frame) / 2
    assert np.all(reached.energy_J > 0) and np.all(reached.t_pulse_s.abs() < 4.01 * case.kind.total_s)
    return f"{len(reached)} of {len(frame)}"


def fit_network(case: Case) -> str:
    stages = (Stage("time", epochs=20), Stage("band", epochs=4))
    predictor = ouro.PulsePredictor.fit(case.data, Specification(stages))
    rows = case.data.reached()
    said = predictor.predict(rows.g_sense_start_S.to_numpy(), (rows.g_target_S - rows.g_sense_start_S).to_numpy())
    assert np.all(np.isfinite(said)) and np.all(np.sign(said) == np.sign(rows.t_pulse_s.to_numpy()))
    predictor.save(case.folder_for("network") / "one.npz")
    return f"{len(rows)} records"


def fit_table(case: Case) -> str:
    rows = case.data.reached()
    said = case.table.predict(rows.g_sense_start_S.to_numpy(), (rows.g_target_S - rows.g_sense_start_S).to_numpy())
    off = float(np.median(np.abs(np.log(said / rows.t_pulse_s.to_numpy()))))
    assert off < 1.0, f"times off by exp({off:.2f})"
    return f"x{np.exp(off):.2f}"


# ---- writes


def _target(case: Case) -> float:
    low, high = case.one.window_S
    return float(np.clip(1.5 * case.middle_S, low * 1.1, high * 0.9))


def _programmers(case: Case, pair: ouro.Pair) -> list:
    width = case.kind.total_s / 50
    return [ouro.FixedPulse(pair, width), ouro.ISPP(pair, width=width, start=0.9, step=0.02)]


def write_verify(case: Case) -> str:
    counts = []
    for cell, pair_ in ((case.one, case.pair), (case.access, case.access_pair)):
        for programmer in _programmers(case, pair_):
            history = ouro.write_verify(cell, programmer, _target(case), 0.1, state=cell.state(case.middle_S / 1.5))
            assert history.outcome.name == "REACHED", f"{programmer.name}: {history.outcome.name} {history.detail}"
            assert history.energy_J > 0
            counts.append(len(history.pulses))
    return f"{' '.join(map(str, counts))} pulses"


def write_many(case: Case) -> str:
    return _fleet(case, case.any, 8)


def fleet_1t1r(case: Case) -> str:
    return _fleet(case, case.access, 3)


def _fleet(case: Case, cell, n: int) -> str:
    cells, targets = case.fleet(cell, n)
    pair_ = case.access_pair if cell.gated else case.pair
    histories = ouro.write_many(cells, _programmers(case, pair_)[0], targets, 0.15, 60)
    reached = sum(one.outcome.name == "REACHED" for one in histories)
    assert reached >= n - 1, [one.outcome.name for one in histories]
    return f"{reached} of {n}"


def write_by_table(case: Case) -> str:
    histories = ouro.write_many(case.fleet(case.any, 8)[0], case.table, [_target(case)] * 8, 0.15)
    reached = [one for one in histories if one.outcome.name == "REACHED"]
    assert len(reached) >= 6, [one.outcome.name for one in histories]
    return f"{len(reached)} of 8, {np.mean([len(one.pulses) for one in reached]):.1f} pulses"


def knows_model(case: Case) -> str:
    nominal = ouro.nominal_times(case.any, case.pair, None if case.kind.has_kernels else case.engine)
    counts = []
    for programmer in (ouro.ModelTime(nominal), ouro.Posterior(nominal, width=case.kind.total_s / 50)):
        history = ouro.write_verify(case.any, programmer, _target(case), 0.1, state=case.any.state(case.middle_S / 1.5))
        assert history.outcome.name == "REACHED", f"{programmer.name}: {history.outcome.name} {history.detail}"
        counts.append(len(history.pulses))
    return f"{' '.join(map(str, counts))} pulses"


def noise_free(case: Case) -> str:
    times = ouro.noise_free(case.one, case.pair, case.engine)
    target = _target(case)
    change = np.array([target - case.middle_S])
    time_s = float(np.abs(times(np.array([case.middle_S]), change))[0])
    pulse = ouro.Pulse(case.pair.amplitude(float(change[0])), time_s)
    end = ouro.simulate(case.one, pulse, case.one.state(case.middle_S)).g_S
    assert abs(end / target - 1) < 0.03, f"ends {end / target - 1:+.1%} beside its target"
    return f"{end / target - 1:+.1e}"


def trials(case: Case) -> str:
    found = ouro.trials(case.any, case.pair, 40, 3, widths=16, d2d="ten_percent", start="nominal", workers=1)
    floor = found.floor(0.2, folds=3)
    table = ouro.Table.fit(found, 0.2)
    assert np.all(np.isfinite(floor.t_s)) and np.all(np.isfinite(table.log_time))
    return f"{len(found.g_S)} pairs"


def tune(case: Case) -> str:
    cells, targets = case.fleet(case.any, 6)
    width = case.kind.total_s / 50
    some = [ouro.FixedPulse(case.pair, width * share) for share in (0.5, 1, 2)]
    best, rows = rank(some, cells.copy, targets, 0.2)  # as tune does, without its warning of so few candidates
    assert len(rows) == 3 and rows[0]["success"] > 0.5, rows
    return f"{best.width * 1e9:.0f} ns"


def deploy(case: Case) -> str:
    cells, targets = case.fleet(case.any, 6)
    found = ouro.deploy(cells, case.table.predict, targets, case.pair)
    small = ouro.small_updates(case.fleet(case.any, 4)[0], case.table.predict, case.pair, (5e-6, 20e-6))
    assert found.shares() and len(small.rows())
    return "attempts, increments"


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
        ouro.write_verify(cell, one, _target(case), 0.1, state=cell.state(case.middle_S))
        for one in _programmers(case, case.pair)
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
    """What mistakes say: no word of another family, a unit beside each number."""
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


def long_times(case: Case) -> str:
    cell = case.one
    rest = dataclasses.replace(case.pulse(0.1), idle=3e8)
    short = ouro.simulate(cell, case.pulse(0.1), cell.state(case.middle_S))
    ends = [short.g_S, ouro.simulate(cell, rest, cell.state(case.middle_S)).g_S]
    assert abs(ends[1] / ends[0] - 1) < SAME_G, f"ten years of rest: {ends[1] / ends[0] - 1:+.1e}"
    return f"{ends[1] / ends[0] - 1:+.0e}"


Verb = Callable[[Case], str]

VERBS: dict[str, Verb] = {
    "simulate, compact": simulate_compact,
    "simulate, 1R": simulate_1r,
    "simulate, 1T1R": simulate_1t1r,
    "compact against 1R": compact_is_1r,
    "live read": read_live,
    "A then B = A + B": resume,
    "ten years of rest": long_times,
    "pair": pair,
    "extract, 1R, D2D": extract_1r,
    "extract, 1T1R, D2D": extract_1t1r,
    "network": fit_network,
    "table": fit_table,
    "write_verify, 1R, 1T1R": write_verify,
    "write_many": write_many,
    "write_many, 1T1R": fleet_1t1r,
    "write_many by table": write_by_table,
    "model time, posterior": knows_model,
    "noise_free": noise_free,
    "trials": trials,
    "tune": tune,
    "deploy, small updates": deploy,
    "array write, full": array_full,
    "array write, frozen": array_frozen,
    "array read, 1T1R": array_1t1r,
    "product": product,
    "sneak": sneak,
    "disturb": disturb,
    "array, drawn": draw,
    "positions": positions,
    "deck, ngspice -b": deck,
    "compare": compare,
    "report": report,
    "spread": spread,
    "manifest, rebuilt": rebuilt,
    "check, resume a dataset": journal,
    "sentences of mistakes": words,
}
"""Every verb of the flow, in its order."""

REFUSALS = {
    ("foreign", "simulate, compact"): "can be followed without SPICE",
    ("foreign", "compact against 1R"): "can be followed without SPICE",
    ("foreign", "array write, frozen"): "can be held still",
    ("zhang", "pair"): "the time jumps over it",
    ("foreign", "manifest, rebuilt"): "a model of your own",
}
"""What a verb must say where it cannot, by the memristor's family."""
