"""The stand-alone decks: they pass, other solutions confirm their targets, and a failure never looks like success."""

from __future__ import annotations

import dataclasses
import math
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import oracle
import pytest
from scipy.interpolate import PchipInterpolator
from scipy.optimize import brentq

from ouro_spice._util import assets, machine
from ouro_spice.reporting import deck_figures
from ouro_spice.spice import decks, osdi, raw_file

DECKS = [path.stem for path in assets.decks()]
COMPILED = [path.stem for path in assets.decks() if "pre_osdi" in path.read_text()]
WINDOW = (0.06, 1.98975)


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    out = tmp_path_factory.mktemp("with a space")
    return out, decks.run_decks(out)


@pytest.fixture(scope="module")
def figures(ran):
    return {(figure.name, figure.figure): figure for figure in ran[1]}


@pytest.fixture
def netlists(tmp_path):
    """A folder like `netlists`, to run decks in by hand."""
    shutil.copytree(assets.folder("netlists") / "lib", tmp_path / "lib")
    (tmp_path / "osdi").mkdir()
    (tmp_path / "osdi" / "jart_vcm_v1b.osdi").symlink_to(osdi.compiled_model("jart_vcm_v1b"))
    return tmp_path


def changed(folder, deck, *changes) -> Path:
    """A copy of a deck with words replaced."""
    text = (assets.folder("netlists") / f"bench_{deck}.cir").read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = folder / f"bench_{deck}.cir"
    path.write_text(text)
    return path


def by_hand(path, cwd=None):
    done = subprocess.run(
        ["ngspice", "-b", str(path)],
        cwd=cwd or path.parent,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.returncode, done.stdout + done.stderr


def verdicts(log):
    return [figure.passed for figure in decks.parse_results("x", log)]


# ---- the decks


@pytest.mark.ngspice
def test_every_deck_passes(ran):
    out, found = ran
    judged = [f"bench_{figure.name}" for figure in found]
    assert set(judged) == set(DECKS) and len(set(DECKS)) == len(DECKS) > 1
    assert all(judged.count(deck) >= 2 for deck in DECKS)
    assert all(figure.passed for figure in found), [figure for figure in found if not figure.passed]
    assert all(abs(f.value - f.target) <= f.tolerance and f.unit for f in found)
    assert all((out / "decks" / f"{deck}.raw").is_file() for deck in DECKS)


@pytest.mark.ngspice
@pytest.mark.parametrize("deck", DECKS)
def test_from_the_root_and_from_the_folder(netlists, deck):
    path = shutil.copy(assets.folder("netlists") / f"{deck}.cir", netlists)
    elsewhere = netlists / "elsewhere"
    elsewhere.mkdir()
    for start, cwd in ((f"{deck}.cir", netlists), (f"../{deck}.cir", elsewhere), (path, elsewhere)):
        code, log = by_hand(start, cwd)
        assert code == 0 and all(verdicts(log)) and verdicts(log), log
    assert (elsewhere / f"{deck}.raw").is_file()


@pytest.mark.parametrize("path", assets.decks(), ids=lambda path: path.stem)
def test_house_rules(path):
    text = path.read_text()
    assert "SPDX-License-Identifier: GPL-3.0-or-later" in text
    assert ".options reltol=1e-4 trtol=1" in text and "set num_threads=1" in text
    for word in ("* Shows:", "* You may change:", "* Targets:", "* Run:"):
        assert word in text
    assert f"write {path.stem}.raw" in text


# ---- the targets: each by another solution than the deck's


@pytest.mark.ngspice
def test_independent_triangle(figures, reference_columns):
    sweep = reference_columns("triangle_1p5V_1Vps.csv")
    apart = np.append(np.diff(sweep["t_s"]) > 0, True)
    t, v, i = (sweep[name][apart] for name in ("t_s", "V", "I_A"))
    slope = np.diff(np.log(np.abs(i) + 1e-30)) / np.diff(t)
    middle = (v[1:] + v[:-1]) / 2
    v_set = middle[np.argmax(np.where(middle < -0.2, slope, -np.inf))]
    v_reset = middle[np.argmin(np.where(middle > 0.3, slope, np.inf))]
    assert figures["iv_triangle", "v_set"].target == pytest.approx(v_set, abs=1e-4)
    assert figures["iv_triangle", "v_reset"].target == pytest.approx(v_reset, abs=1e-4)


@pytest.mark.ngspice
def test_independent_kinetics(figures, reference_table):
    rows = {row["V"]: row for row in reference_table("programming_constV_summary.csv") if "window" in row["case"]}
    found = [f for f in figures.values() if f.name.endswith("_kinetics")]
    assert len(found) == 12
    for figure in found:
        _, what, volts = figure.figure.split("_")
        row = rows[(-1 if figure.name.startswith("set") else 1) * float(volts.removesuffix("V"))]
        assert figure.target == pytest.approx(row["t_total_s" if what == "full" else "t_300uS"], rel=1e-4)
        assert figure.tolerance == pytest.approx(0.005 * figure.target)
    assert oracle.Jart().conductance(0.28208893) == pytest.approx(300e-6, rel=1e-6)


@pytest.mark.ngspice
def test_independent_pulse_train(figures):
    model, n, targets = oracle.Jart(), WINDOW[0], {}
    for number in range(1, 41):
        volts = -0.4143 if number <= 20 else 0.8540
        _, path = oracle.integrate(model, (0, 2e-9, 3.002e-6, 3.004e-6), (0, volts, volts, 0), n, WINDOW, rtol=1e-7)
        n = path[-1]
        targets[f"g_{number}"] = model.conductance(n) * 1e6
    for (deck, name), figure in figures.items():
        if deck == "pulse_train":
            assert figure.target == pytest.approx(targets[name], rel=2e-4), name
            assert figure.tolerance <= 0.0102 * figure.target


@dataclasses.dataclass(frozen=True)
class _BehindPath(oracle.Jart):
    """The device behind everything else of the 1T1R cell; `v` is the voltage of the whole, signed as V(AE, OE)."""

    path: object = None

    def inside(self, v, n):
        """V(AE, OE) [V] at which device and path carry the same current."""
        return brentq(lambda u: u + self.path(self.current(u, n)) - v, v, 0, xtol=1e-9, rtol=1e-12)

    def rate(self, v, n):
        return super().rate(self.inside(v, n), n) if abs(v) > 1e-6 else 0.0


def transistor_path(folder, gate, source, sweep):
    """Voltage lost outside the device over its current, from a DC sweep of the transistor alone."""
    deck = folder / "path.cir"
    deck.write_text(f"""the access path without the device
.lib lib/mos_130.lib tt
maccess ae wl sl 0 nmos_io W=4u L=0.35u AD=2p AS=2p PD=9u PS=9u
vwl wl 0 {gate}
vsl sl_driver 0 {source}
rsl sl_driver sl 125
vae ae 0 0
.options reltol=1e-7 abstol=1e-14 temp=19.85
.control
set num_threads=1
set numdgt=12
dc vae {sweep}
wrdata path.txt i(vae)
quit 0
.endc
.end
""")
    assert by_hand(deck)[0] == 0
    v_ae, current = np.loadtxt(folder / "path.txt").T  # the device's current flows from ae to oe: out of the transistor
    order = np.argsort(current)
    inner = PchipInterpolator(current[order], v_ae[order])
    low, high = inner.x[0], inner.x[-1]

    def lost(i):
        inside = min(max(i, low), high)
        return source - float(inner(inside)) + 125 * i + (i - inside) * 1e5

    return lost


@pytest.mark.ngspice
def test_independent_write_1t1r(figures, netlists):
    write = _BehindPath(path=transistor_path(netlists, 1.3, 0, "0 1.6 2m"))
    times, n = (0, 2e-9, 102e-9, 104e-9), WINDOW[0]
    _, n_plateau = oracle.integrate(write, times[:3], (0, -1.2, -1.2), n, WINDOW, rtol=1e-6)
    _, n_after = oracle.integrate(write, times[2:], (-1.2, 0), n_plateau[-1], WINDOW, rtol=1e-6)
    v_cell = write.inside(-1.2, n_plateau[-1])
    read = _BehindPath(path=transistor_path(netlists, 3.3, 0.2, "0 0.2 1m"))
    sensed = read.current(read.inside(0.2, n_after[-1]), n_after[-1]) / 0.2
    expected = {
        "n_disc_after": n_after[-1],
        "i_cell": -write.current(v_cell, n_plateau[-1]),
        "v_lost": 1.2 + v_cell,
        "g_sense": sensed,
    }
    for name, value in expected.items():
        figure = figures["write_1t1r", name]
        assert figure.target == pytest.approx(value, rel=2e-4), name
        assert figure.tolerance <= 0.0052 * figure.target


def stated_figures():
    """The figures in the head of the library, by model; names and units as in the deck's results."""
    head = [line.split() for line in assets.library("mos_130").read_text().splitlines() if line.startswith("* ")]
    names = ("vth", "idsat", "ioff", "swing", "cg")
    return {
        (name, words[1]): float(value)
        for words in head
        if re.fullmatch(r"[np]mos_(core|io)", words[1]) and len(words) == 7
        for name, value in zip(names, words[2:], strict=True)
    }


def gate_charge_F(folder, model, supply, length):
    """Gate capacitance [F] from the charge that a ramp of 20 mV around the supply voltage moves."""
    deck = folder / "charge.cir"
    deck.write_text(f"""charge of a gate
.lib lib/mos_130.lib tt
m1 0 g 0 0 {model} W=10u L={length}
vg g 0 pwl(0 {supply * 0.99} 10n {supply * 1.01})
.options reltol=1e-6
.control
set num_threads=1
tran 10p 10n
wrdata charge.txt i(vg)
quit 0
.endc
.end
""")
    assert by_hand(deck)[0] == 0
    time_s, current = np.loadtxt(folder / "charge.txt").T
    return abs(np.trapezoid(current, time_s) / (supply * 0.02))


@pytest.mark.ngspice
def test_independent_mosfets(ran, figures, netlists):
    """Targets are what the library states; values come again from the waveform, the capacitance from a charge."""
    stated, width_um = stated_figures(), 10
    assert len(stated) == 20
    plots = raw_file.read_raw(ran[0] / "decks" / "bench_mosfets.raw")[1::2]
    for model, plot in zip(("nmos_core", "pmos_core", "nmos_io", "pmos_io"), plots, strict=True):
        supply, length = (1.2, 0.13) if "core" in model else (3.3, 0.35)
        gate, lin, sat = (plot[name] for name in ("v(gate)", "i(lin)", "i(sat)"))
        per_square = 1e-9 * width_um / length
        low, high = np.interp(np.log([per_square, 10 * per_square]), np.log(sat), gate)
        charge = gate_charge_F(netlists, model, supply if model[0] == "n" else -supply, f"{length}u")
        again = {
            "vth": np.interp(np.log(100 * per_square), np.log(lin), gate),
            "idsat": np.interp(supply, gate, sat) * 1e6 / width_um,
            "ioff": sat[0] * 1e9 / width_um,
            "swing": (high - low) * 1e3,
            "cg": charge * 1e15 / width_um,
        }
        for name, value in again.items():
            figure = figures["mosfets", f"{name}_{model}"]
            assert figure.target == stated[name, model]
            assert figure.value == pytest.approx(value, rel=5e-3), figure
            assert figure.tolerance == pytest.approx(0.05 * figure.target)


# ---- lines, drivers, sense path


class Ladder:
    """The far end of a line of n segments behind a source resistance, after a linear rise from 0 to 1 V in 1 ps."""

    def __init__(self, n, source_ohm, load_s=0.0, r=2e3, c=200e-15):
        first, along = 1 / (source_ohm + r / n), n / r
        left = np.array([first] + [along] * (n - 1))
        right = np.array([along] * (n - 1) + [load_s])
        matrix = np.diag(left[1:], 1) + np.diag(left[1:], -1) - np.diag(left + right)
        self.rates, modes = np.linalg.eigh(matrix * n / c)
        final = np.linalg.solve(matrix, -first * np.eye(n)[0])
        self.level, self.shares = final[-1], -modes[-1] * (modes.T @ final)

    def at(self, time_s, rise_s=1e-12):
        """Voltage some time after the source begins to rise [V]."""

        def integral(t):
            t = np.maximum(np.atleast_1d(t), 0)
            return self.level * t + (self.shares / self.rates) @ np.expm1(np.outer(self.rates, t))

        return (integral(time_s) - integral(np.asarray(time_s) - rise_s)) / rise_s

    def passes(self, volts):
        """When the voltage is reached, after the middle of the source's rise [s]."""
        return brentq(lambda t: self.at(t)[0] - volts, 1e-12, 2e-9, xtol=1e-17) - 0.5e-12


@pytest.mark.ngspice
def test_independent_lines(figures):
    line, free = Ladder(64, 100), Ladder(64, 0)
    time_s = np.linspace(0.2e-9, 0.8e-9, 6001)
    expected = {
        "half_16": Ladder(16, 100).passes(0.5),
        "half_64": line.passes(0.5),
        "rise_64": line.passes(0.9) - line.passes(0.1),
        "level": 20e3 / (20e3 + 2e3 + 100),
        "peak": np.max(free.at(time_s) - free.at(time_s - 0.301e-9)),
    }
    assert Ladder(64, 100, 1 / 20e3).level == pytest.approx(expected["level"])
    for name, value in expected.items():
        assert figures["lines", name].target == pytest.approx(value, rel=1e-5), name
        assert figures["lines", name].tolerance <= 0.0052 * value
    # the endless fine line
    assert free.passes(0.5) == pytest.approx(0.379 * 0.4e-9, rel=0.02)
    assert free.passes(0.9) - free.passes(0.1) == pytest.approx(0.9 * 0.4e-9, rel=0.02)


def static(folder, elements, sweep, vector):
    """A vector over the swept source, from a DC sweep of a circuit with drivers or a sense path."""
    includes = "".join(f".include lib/{name}.lib\n" for name in ("mos_130_io", "write_driver", "wl_driver", "sense"))
    deck = folder / "static.cir"
    deck.write_text(f"""static
.lib lib/mos_130.lib tt
{includes}vdd vdd 0 3.3
{elements}
.options reltol=1e-6 abstol=1e-15 temp=19.85
.control
set num_threads=1
set numdgt=12
dc {sweep}
let wanted = {vector}
wrdata static.txt wanted
quit 0
.endc
.end
""")
    assert by_hand(deck)[0] == 0
    return np.loadtxt(folder / "static.txt").T


@pytest.mark.ngspice
def test_independent_write_driver(figures, netlists):
    """Resistances from the currents at a swept voltage of the line; the loaded level where they meet the load line."""
    driver = "vpp vpp 0 {}\nx1 bl {} vdd vpp vdd 0 {}\nvbl bl 0 0"
    found = {}
    for name, level, current, kind in (
        ("r_0.3v", 0.3, 0.5e-3, "write_driver"),
        ("r_1.2v", 1.2, 0.5e-3, "write_driver"),
        ("r_2.0v", 2.0, 0.5e-3, "write_driver"),
        ("r_wl_2.0v", 2.0, 0.1e-3, "wl_driver"),
    ):
        on = driver.format(level, "vdd", kind)
        on = on.replace("vdd vpp vdd 0 wl", "vpp vdd 0 wl")
        volts, out = static(netlists, on, f"vbl {level - 0.1} {level} 0.5m", "i(vbl)")
        found[name] = (level - np.interp(current, out[::-1], volts[::-1])) / current
        if name == "r_1.2v":
            found["level"] = brentq(lambda v, x=volts, y=out: np.interp(v, x, y) - v / 2e3, 1.11, 1.2)
    volts, out = static(netlists, driver.format(1.2, "0", "write_driver"), "vbl 0 0.1 0.5m", "-i(vbl)")
    found["r_down"] = np.interp(0.5e-3, out, volts) / 0.5e-3
    for name, value in found.items():
        figure = figures["write_driver", name]
        assert figure.target == pytest.approx(value, rel=5e-3), name
        assert figure.value == pytest.approx(value, rel=1e-3), name
        assert figure.tolerance <= 0.051 * figure.target


@pytest.mark.ngspice
def test_independent_sense(figures, netlists):
    """Clamp and mirror at rest under a current source, without lines, switches in time or a source line."""
    circuit = """vcm vcm 0 0.9
x1 bl out vdd 0 vcm vdd 0 sense
vout out 0 0.9
iin 0 bl 0"""
    for name, micro in (("1ua", 1), ("10ua", 10), ("100ua", 100)):
        _, volts = static(netlists, circuit, f"iin {micro}u {1.01 * micro}u {micro}u", "v(bl)").reshape(2, -1)[:, :1]
        _, out = static(netlists, circuit, f"iin {micro}u {1.01 * micro}u {micro}u", "-i(vout)").reshape(2, -1)[:, :1]
        clamp, gain = figures["sense", f"clamp_{name}"], figures["sense", f"gain_{name}"]
        assert clamp.value == pytest.approx(1e3 * (volts[0] - 0.9), rel=0.02, abs=0.01), name
        assert gain.value == pytest.approx(out[0] / (micro * 1e-6), abs=3e-4), name
        assert abs(clamp.tolerance) <= max(0.051 * abs(clamp.target), 0.021)
        assert gain.tolerance <= 1.1e-3


# ---- failures


@pytest.mark.ngspice
@pytest.mark.parametrize(
    ("deck", "old", "new", "wrong"),
    [
        ("iv_triangle", "-0.663967 1.165138", "-0.660 1.165138", {"v_set"}),
        ("set_kinetics", "9.1744e-3", "9.2744e-3", {"t_full_0.342V"}),
        ("write_1t1r", "3.06790e-4", "3.2e-4", {"g_sense"}),
        ("mosfets", "( 85 88 85 88 )", "( 85 93 85 88 )", {"swing_pmos_core"}),
        ("lines", "0.904977", "0.954977", {"level"}),
        ("write_driver", "28.1 48.9", "28.1 54.5", {"r_1.2v"}),
        ("sense", "1.0063 1.0026", "1.0063 1.0047", {"gain_10ua"}),
    ],
)
def test_a_wrong_target_fails(netlists, deck, old, new, wrong):
    code, log = by_hand(changed(netlists, deck, (old, new)))
    assert code == 1
    assert {f.figure for f in decks.parse_results(deck, log) if not f.passed} == wrong


@pytest.mark.ngspice
@pytest.mark.parametrize(
    ("deck", "old", "new"),
    [
        # aborts at -1 V, after V_SET
        ("iv_triangle", "\nvcell", "\nbstuck q 0 i=(v(ae) < -1) ? 1 : 1m*v(q)\nvcell"),
        ("pulse_train", "tran 100n $stop", "tran 100n 127u"),  # ends early
        ("reset_kinetics", "Ninit=1.9897", "Ninit=0.01"),  # the crossings are not there
        ("write_1t1r", "xcell ae oe jart_vcm", "xcell ae oe nosuch"),  # no circuit at all
        ("set_kinetics", "tran $&max_step", "* tran"),  # nothing is simulated
        ("mosfets", "mos_130.lib tt", "mos_130.lib sf"),  # no such corner
        ("mosfets", "  dc vgate", "* dc vgate"),  # nothing is swept
        ("lines", "tran 1p $stop 0 2p", "tran 1p 3.5n 0 2p"),  # ends early
        ("write_driver", "mos_130.lib tt", "mos_130.lib sf"),  # no such corner
        ("sense", "tran 0.1n", "* tran 0.1n"),  # nothing is simulated
    ],
)
def test_a_failed_simulation_never_passes(netlists, deck, old, new):
    code, log = by_hand(changed(netlists, deck, (old, new)))
    assert code == 1
    assert not any(verdicts(log)), log


@pytest.mark.ngspice
@pytest.mark.parametrize("deck", COMPILED)
def test_without_the_model(netlists, deck):
    (netlists / "osdi" / "jart_vcm_v1b.osdi").unlink()
    code, log = by_hand(changed(netlists, deck.removeprefix("bench_")))
    assert code == 1 and "make setup" in log and "RESULT" not in log


def only(monkeypatch, *paths):
    monkeypatch.setattr(assets, "decks", lambda: list(paths))


@pytest.mark.ngspice
def test_the_runner_turns_failures_into_figures(netlists, monkeypatch, tmp_path):
    silent = netlists / "bench_silent.cir"
    silent.write_text("silent\nr1 a 0 1\n.control\nquit 0\n.endc\n.end\n")
    crash = netlists / "bench_crash.cir"
    good = "RESULT name=crash_x value=1 target=1 tolerance=1 unit=V verdict=PASS"
    crash.write_text(f"crash\nr1 a 0 1\n.control\necho {good}\nquit 3\n.endc\n.end\n")
    hang = netlists / "bench_hang.cir"
    hang.write_text("hang\nr1 a 0 1\n.control\nshell exec sleep 20\n.endc\n.end\n")
    only(monkeypatch, silent, crash, hang)
    monkeypatch.setattr(decks, "TIMEOUT_S", 1.0)
    counted = []
    bar = type("Bar", (), {"advance": lambda self, steps, failures: counted.append((steps, failures))})()
    found = decks.run_decks(tmp_path / "out", progress=bar)
    assert [(f.name, f.figure, f.passed) for f in found if not f.passed] == [
        (name, "run", False) for name in ("silent", "crash", "hang")
    ]
    assert all(math.isnan(f.value) for f in found if not f.passed)
    assert counted == [(1, 1)] * 3
    assert "stopped after 1 s" in (tmp_path / "out" / "decks" / "bench_hang.log").read_text()


@pytest.mark.parametrize(
    "words",
    [
        "name=a_x value=nan target=1 tolerance=1 unit=V verdict=PASS",
        "name=a_x value=1 target=1 tolerance=1 unit=V verdict=FAIL",
        "name=a_x value=1 target=1 tolerance=1 unit=V verdict=pass",
        "name=a_x value=one target=1 tolerance=1 unit=V verdict=PASS",
        "name=a_x value= target=1 tolerance=1 unit=V verdict=PASS",
        "name=a_x value=1 target=1 unit=V verdict=PASS",
        "value=1 target=1 tolerance=1 unit=V verdict=PASS",
        "",
    ],
)
def test_what_cannot_be_read_has_failed(words):
    (figure,) = decks.parse_results("a", f"chatter\nRESULT {words}\nmore")
    assert not figure.passed


def test_a_result_line():
    (figure,) = decks.parse_results(
        "a", "RESULT name=a_x value=1.5E-3 target=1e-3 tolerance=1e-3 unit=uS verdict=PASS\n"
    )
    assert figure == decks.DeckFigure("a", "x", 1.5e-3, 1e-3, 1e-3, "uS", True)


def test_without_ngspice(monkeypatch, tmp_path):
    monkeypatch.setattr(machine, "ngspice_program", lambda: None)
    with pytest.raises(machine.ToolError, match="install ngspice"):
        decks.run_decks(tmp_path)
    monkeypatch.setattr(machine, "ngspice_program", lambda: "/usr/bin/ngspice")
    monkeypatch.setattr(machine, "ngspice_version", lambda program: 39)
    with pytest.raises(machine.ToolError, match="version 39"):
        decks.run_decks(tmp_path)


@pytest.mark.ngspice
def test_an_interrupt_kills_ngspice(tmp_path):
    hang = tmp_path / "bench_hang.cir"
    hang.write_text("hang\nr1 a 0 1\n.control\ndowhile 1\necho beat >> pulse\nshell sleep 0.05\nend\n.endc\n.end\n")
    script = f"""
from pathlib import Path
from ouro_spice._util import assets
from ouro_spice.spice import decks
assets.decks = lambda: [Path({str(hang)!r})]
decks.run_decks(Path({str(tmp_path / "out")!r}))
"""
    child = subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.DEVNULL, start_new_session=True)
    pulse = tmp_path / "out" / "decks" / "pulse"
    deadline = time.monotonic() + 20
    while not pulse.is_file() and time.monotonic() < deadline:
        time.sleep(0.05)
    child.send_signal(signal.SIGINT)
    assert child.wait(10) != 0
    beats = pulse.read_text()
    time.sleep(0.3)
    assert pulse.read_text() == beats != ""


# ---- pictures


@pytest.mark.ngspice
def test_pictures(ran):
    out, _ = ran
    written = deck_figures.draw(out)
    assert [path.stem for path in written] == DECKS
    assert all(path.read_bytes()[:4] == b"\x89PNG" for path in written)


@pytest.mark.ngspice
def test_a_waveform_cut_short_is_drawn_plainly(netlists, tmp_path):
    folder = tmp_path / "out" / "decks"
    folder.mkdir(parents=True)
    by_hand(changed(netlists, "pulse_train", ("tran 100n $stop", "tran 100n 1u")), cwd=folder)
    assert len(deck_figures.draw(tmp_path / "out")) == 1
    (plot,) = raw_file.read_raw(folder / "bench_pulse_train.raw")
    assert plot["time"][-1] == pytest.approx(1e-6) and len(plot["v(ae)"]) == len(plot["time"])
