"""``ouro-spice pulse``: figure, waveform, and a deck that plain ngspice runs to the same end."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import pandas as pd
import pytest
from test_cli import one_line

import ouro_spice as ouro_
from ouro_spice import Cell1R, Cell1T1R, CompactCell, Pulse, jart_vcm_v1b, simulate
from ouro_spice.spice.written_deck import deck

ONE = ("pulse", "--amplitude", "-0.5V", "--width", "50ns", "--start", "150uS")
RESISTIVE = ("--cell", "compact", "--r-bl", "1kOhm")
WINDOWED = jart_vcm_v1b(window=True)


def end_of(path, folder):
    """State and conductance [uS] that plain ngspice prints at the end of a deck, and what else it says."""
    done = subprocess.run(
        [shutil.which("ngspice"), "-n", "-b", str(path)], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = dict(re.findall(r"^(n_disc_end|g_end_us) = (\S+)", done.stdout.lower(), re.MULTILINE))
    return float(found["n_disc_end"]), float(found["g_end_us"]), done.stdout


@pytest.mark.ngspice
def test_a_pulse_is_figure_waveform_deck_and_a_line(ouro, tmp_path):
    done = ouro(*ONE, "--out", tmp_path)
    wave = simulate(Cell1T1R(WINDOWED), Pulse(-0.5, 50e-9), Cell1T1R(WINDOWED).state(150e-6))
    line, where = done.stdout.splitlines()
    start, end, points = re.fullmatch(
        r"(\S+) -> (\S+) uS, \S+ pJ, peak -0\.4\d+ V, \d+ uA at the device, peak \d+ K, OK; (\d+) points", line
    ).groups()
    assert (float(start), float(end)) == (150.0, pytest.approx(wave.g_S * 1e6, abs=0.05))
    assert where == f"results: {tmp_path}"
    assert {path.name for path in tmp_path.iterdir()} == {"pulse.png", "pulse.svg", "waveform.csv", "pulse.cir"}
    table = pd.read_csv(tmp_path / "waveform.csv")
    assert len(table) == int(points) == len(wave.time_s)
    assert {"time_s", "v_cell_V", "i_cell_A", "temperature_K", "g_S"} <= set(table)
    assert table.g_S.iloc[-1] == pytest.approx(wave.g_S, rel=1e-8)
    n_disc, g_uS, said = end_of(tmp_path / "pulse.cir", tmp_path)
    assert n_disc == pytest.approx(wave.end_state.x[0][0], rel=1e-3)
    assert g_uS == pytest.approx(wave.g_S * 1e6, rel=1e-3)
    assert "PASS" in said and "FAIL" not in said
    assert len(list(tmp_path.iterdir())) == 4  # ngspice leaves nothing there


@pytest.mark.ngspice
def test_the_gate_of_a_pulse_and_of_those_of_a_table(ouro, tmp_path):
    done = ouro(*ONE[:2], "1.2V", "--width", "20ns", "--start", "300uS", "--gate", "2V", "--json", "--out", tmp_path)
    cell = Cell1T1R(WINDOWED)
    wave = simulate(cell, Pulse(1.2, 20e-9, gate=2.0), cell.state(300e-6))
    assert json.loads(done.stdout)["g_end_S"] == pytest.approx(wave.g_S, rel=1e-9)
    assert simulate(cell, Pulse(1.2, 20e-9), cell.state(300e-6)).g_S != pytest.approx(wave.g_S, rel=1e-3)
    table = tmp_path / "pulses.csv"
    table.write_text("amplitude_V,width_ns,gate_mV\n1.2,20,2000\n")
    again = ouro("pulse", "--csv", table, "--start", "300uS", "--json", "--out", tmp_path / "table")
    assert json.loads(again.stdout)["g_end_S"] == json.loads(done.stdout)["g_end_S"]


@pytest.mark.ngspice
def test_pulses_of_a_table_with_units_and_a_behavioural_device(ouro, tmp_path):
    """A deck without compiled models, one transient of all pulses."""
    table = tmp_path / "pulses.csv"
    table.write_text("# by hand\nwidth (ns);Amplitude_mV;idle/us\n50;-550;0.02\n100;900;0.01\n")
    done = ouro("pulse", "--csv", table, "--start", "5kOhm", "--cell", "1r", "--realisation", "behavioural", "--json",
                "--out", tmp_path / "out")  # fmt: skip
    found = json.loads(done.stdout)
    cell = Cell1R(WINDOWED.replace(realisation="behavioural"))
    wave = simulate(cell, [Pulse(-0.55, 50e-9, idle=20e-9), Pulse(0.9, 100e-9)], cell.state(200e-6))
    assert found["g_end_S"] == pytest.approx(wave.g_S, rel=1e-9)
    assert (found["pulses"], found["result"], found["note"]) == (2, "OK", "")
    assert found["peak_V"] == pytest.approx(0.9, rel=1e-3)
    n_disc, g_uS, _ = end_of(tmp_path / "out" / "pulse.cir", tmp_path)
    assert n_disc == pytest.approx(wave.end_state.x[0][0], rel=1e-3)
    assert g_uS == pytest.approx(wave.g_S * 1e6, rel=1e-3)


def test_a_compact_cell_has_no_deck_and_an_old_one_goes(ouro, tmp_path):
    (tmp_path / "pulse.cir").write_text("* of before\n")
    done = ouro(*ONE, *RESISTIVE, "--out", tmp_path)
    assert "a compact cell is solved without SPICE: there is no pulse.cir" in done.stdout
    assert {path.name for path in tmp_path.iterdir()} == {"pulse.png", "pulse.svg", "waveform.csv"}
    wave = simulate(CompactCell(WINDOWED, resistance=1e3), Pulse(-0.5, 50e-9), CompactCell(WINDOWED).state(150e-6))
    assert f"150.0 -> {wave.g_S * 1e6:.1f} uS" in done.stdout


def test_a_walk_moves_the_end_with_the_seed(ouro, tmp_path):
    ends = {}
    for seed in (1, 2):
        done = ouro(*ONE, *RESISTIVE, "--walk", "10ns", "--seed", seed, "--json", "--out", tmp_path)
        ends[seed] = json.loads(done.stdout)["g_end_S"]
    assert ends[1] != ends[2]


@pytest.mark.ngspice
def test_the_deck_of_a_walk_says_that_it_has_none():
    cell = Cell1R(WINDOWED.replace(walk=ouro_.Walk(10e-9)))
    text = ouro_.deck(cell, Pulse(-0.5, 50e-9), cell.state(150e-6))
    assert "WITHOUT the cycle-to-cycle walk" in text.splitlines()[1]
    assert "_walk" not in text


@pytest.mark.ngspice
def test_a_deck_holds_what_it_needs_and_plain_numbers(tmp_path):
    cell = Cell1T1R(WINDOWED, transistor=ouro_.Transistor(w=4e-6))
    text = deck(cell, Pulse(-0.5, 50e-9), cell.state(150e-6), cell.state(150e-6))
    assert "W=4e-06 " in text
    assert not re.search(r"\d\.\d{13,}", text)
    assert text.count(".subckt") == 1 and "pmos_io" not in text and "nmos_core" not in text
    path = tmp_path / "other.cir"
    path.write_text(text)
    assert "FAIL" in end_of(path, tmp_path)[2]  # it ends elsewhere than where it began


@pytest.mark.ngspice
def test_decks_of_all_kinds_of_cells_end_where_the_simulation_does(tmp_path):
    """Drivers of transistors, lines, a contact, a wide window without an expected end."""
    cells = (
        Cell1R(WINDOWED, lines=ouro_.Lines(r_bl=500, c_bl=50e-15, contact=20)),
        Cell1R(jart_vcm_v1b(realisation="tud")),
        Cell1T1R(WINDOWED, driver=ouro_.WriteDriver()),
    )
    for cell in cells:
        pulse = Pulse(-0.9, 40e-9)
        wave, path = simulate(cell, pulse, cell.state(150e-6)), tmp_path / "one.cir"
        path.write_text(deck(cell, pulse, cell.state(150e-6)))
        n_disc, g_uS, _ = end_of(path, tmp_path)
        assert n_disc == pytest.approx(wave.end_state.x[0][0], rel=1e-3)
        assert g_uS == pytest.approx(wave.g_S * 1e6, rel=5e-3)  # one polynomial for all of the window


def test_decks_of_what_has_none():
    with pytest.raises(ValueError, match="a compact cell is solved without SPICE"):
        deck(CompactCell(WINDOWED), Pulse(-0.5, 50e-9))  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match="cell = 1 must be a Cell1R"):
        deck(1, Pulse(-0.5, 50e-9))  # pyright: ignore[reportArgumentType]


WRONG = [
    (("--amplitude", "-0.5"), "--width: give a pulse's amplitude and width"),
    ((), "--amplitude and --width: give"),
    (("--amplitude", "1us", "--width", "1us"), "--amplitude 1us: a time, but a voltage [V] is asked"),
    (("--amplitude", "nan", "--width", "1us"), "--amplitude nan: a finite number is asked, a voltage [V]"),
    (("--amplitude", "-inf", "--width", "1us"), "a finite number"),
    (("--amplitude", "0", "--width", "1us"), "--amplitude = 0 must be a finite number other than 0"),
    (("--amplitude", "-500", "--width", "1us"), "--amplitude = -500 is outside its legal range"),
    (("--amplitude", "10mV", "--width", "1us"), "--amplitude = 0.01 V is outside 0.02 .. 20 V"),
    (("--amplitude", "1", "--width", "100"), "--width = 100 s is outside"),
    (("--amplitude", "1", "--width", "50", "--accept-implausible", "--rise", "0"), "--rise = 0 is outside"),
    (("--amplitude", "1", "--width", "50n"), "--width 50n: 'n' is no unit"),
    (("--amplitude", "1", "--width", "1us", "--fall", "1e-20"), "--fall = 1e-20 is outside"),
    (("--amplitude", "1", "--width", "1us", "--gate", "21V"), "--gate = 21 is outside"),
    (("--amplitude", "1", "--width", "1us", "--gate", "1V", "--cell", "1r"), "has no access transistor"),
    (("--amplitude", "1", "--width", "1us", "--start", "0.5S"), "--start = 0.5 S is outside"),
    (("--amplitude", "1", "--width", "1us", "--start", "9uS"), "--start 9 uS: the device can have"),
    (("--amplitude", "1", "--width", "1us", "--walk", "-1ns"), "--walk: step_s"),
    (("--amplitude", "1", "--width", "1us", "--w", "1"), "w = 1 is outside its legal range"),
    (("--amplitude", "1", "--width", "1us", "--cell", "1r", "--r-sl", "1"), "--r-sl does not apply to --cell 1r"),
    (("--amplitude", "1", "--width", "1us", "--csv", "x.csv"), "--csv, and --amplitude"),
    (("--csv", "nosuch.csv"), "nosuch.csv"),
    (("--csv", ""), "--csv is empty"),
]
TABLES = [
    ("", "no column is amplitude with a unit of V, such as amplitude_V"),
    ("amplitude_V\n1\n", "no column is width with a unit of s, such as width_ns"),
    ("amplitude,width_ns\n1,1\n", "the column 'amplitude' tells no unit"),
    ("amplitude_V,amplitude_mV,width_s\n1,1,1\n", "are all amplitude"),
    ("amplitude_V,width_ns\n", "no rows"),
    ("amplitude_V,width_ns\n1,x\n", "line 2: 'x' in the column 'width_ns'"),
    ("amplitude_V,width_ns\n1,nan\n", "line 2: 'nan'"),
    ("amplitude_V,width_ns\n1,50\n0,50\n", "line 3: amplitude = 0 must be"),
    ("amplitude_V,width_s\n1,50\n", "line 2: width = 50 s is outside"),
    ("amplitude_V,width_ns,rise_s\n1,50,-1\n", "line 2: rise = -1 is outside"),
    ("amplitude (V),width_ns\nmV,ns\n1,50\n", "is told in mV: which of the units is right"),
]


def test_bad_input_is_one_line_and_leaves_nothing(ouro, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for given, message in WRONG:
        done = ouro("pulse", *given, "--out", "out")
        assert done.returncode == 2 and message in one_line(done), given
    for text, message in TABLES:
        (tmp_path / "t.csv").write_text(text)
        done = ouro("pulse", "--csv", "t.csv", "--out", "out")
        assert done.returncode == 2 and message in one_line(done), text
    (tmp_path / "t.csv").unlink()
    (tmp_path / "file").touch()
    done = ouro(*ONE, "--out", "file")
    assert done.returncode == 1 and "--out: cannot write to file" in one_line(done)
    assert {path.name for path in tmp_path.rglob("*.*")} == set()


def test_too_many_pulses_are_refused(ouro, tmp_path):
    rows = "\n".join(["amplitude_V,width_ns", *["1,50"] * 10_001])
    (tmp_path / "t.csv").write_text(rows)
    assert "10000 at most" in one_line(ouro("pulse", "--csv", tmp_path / "t.csv", "--out", tmp_path / "out"))


@pytest.mark.ngspice
def test_a_file_is_a_waveform(ouro, tmp_path):
    file, out = tmp_path / "drive.csv", tmp_path / "out"
    file.write_text("time_ns,volts_V\n0,0\n2,-0.5\n52,-0.5\n54,0\n70,0.9\n90,0\n", "utf-8")
    done = ouro("pulse", "--waveform", file, "--gate", "2V", "--start", "200uS", "--json", "--out", out)
    shape = ouro_.Pwl([0, 2e-9, 52e-9, 54e-9, 70e-9, 90e-9], (0, -0.5, -0.5, 0, 0.9, 0), gate=2.0)
    wave = simulate(Cell1T1R(WINDOWED), shape, Cell1T1R(WINDOWED).state(200e-6))
    assert json.loads(done.stdout)["g_end_S"] == pytest.approx(wave.g_S, rel=1e-6)
    assert "a waveform of 6 points over 90ns, -500mV to 900mV" in (out / "pulse.cir").read_text("utf-8")
    for wrong in (("--csv", file), ("--width", "1ns"), ("--rise", "1ns")):
        done = ouro("pulse", "--waveform", file, *wrong, "--out", out)
        assert done.returncode == 2
        assert "--waveform" in one_line(done)
