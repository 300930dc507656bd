"""``ouro-spice array`` as a user meets it."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
from test_cli import MAIN, here, one_line

from ouro_spice import Result, SimulationError, jart_vcm_v1b, pair
from ouro_spice.circuit.cells import Cell1R

SMALL = ("--rows", 2, "--cols", 3, "--cell", "1r", "--r-bl", 5, "--r-wl", 5)
QUICK = (*SMALL, "--amplitude", -0.5, "--width", 1e-7)


@pytest.fixture
def ouro(capsys):
    return here(capsys)


def answer(done):
    """What ``--json`` printed."""
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


# ---- each command


@pytest.mark.ngspice
def test_write_from_a_map_to_a_map(ouro, tmp_path):
    path, g = tmp_path / "g.csv", np.linspace(110e-6, 500e-6, 6).reshape(2, 3)
    np.savetxt(path, g, delimiter=",")
    found = answer(ouro("array", "write", *QUICK, "--g-map", path, "--row", 0, "--col", 1, "--out", tmp_path, "--json"))
    (cell,) = found["selected"]
    assert (cell["row"], cell["col"], found["amplitude_V"]) == (0, 1, -0.5)
    assert cell["g_before_S"] == pytest.approx(g[0, 1], rel=1e-6)
    assert cell["g_after_S"] > 1.2 * g[0, 1]
    after = np.loadtxt(tmp_path / "g_after.csv", delimiter=",")
    assert after[0, 1] == pytest.approx(cell["g_after_S"], rel=1e-4)
    assert after[1, 2] == pytest.approx(g[1, 2], rel=1e-6)
    assert sum(found["energy_J"].values()) == pytest.approx(found["total_J"])
    names = {path.name for path in tmp_path.iterdir()}
    assert {
        "write_conductance.png",
        "write_voltage.csv",
        "write_energy.png",
        "write_delay.csv",
        "summary.json",
    } <= names
    assert not [name for name in names if name.startswith(".")]


@pytest.mark.ngspice
@pytest.mark.usefixtures("blank_pictures")
def test_the_amplitude_is_that_of_the_cell_alone_unless_given(ouro, tmp_path):
    size = ("--rows", 1, "--cols", 2, "--cell", "1r", "--direction", "reset")
    found = answer(ouro("array", "write", *size, "--out", tmp_path, "--json"))
    assert found["amplitude_V"] == pytest.approx(pair(Cell1R(jart_vcm_v1b(window=True)), 1e-6).v_reset, rel=1e-6)
    (cell,) = found["selected"]
    assert (cell["row"], cell["col"]) == (0, 1)
    # from the high end of the window to the low one
    assert cell["g_before_S"] > 540e-6 and cell["g_after_S"] < 110e-6


@pytest.mark.ngspice
@pytest.mark.usefixtures("blank_pictures")
def test_write_of_a_row_in_words(ouro, tmp_path):
    differing = ("--g", "random", "--d2d", "ten_percent")
    done = ouro("array", "write", *QUICK, "--col", "0,2", *differing, "--fidelity", "frozen", "--out", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert all(word in done.stdout for word in ("1,0", "1,2", "drivers", "fidelity frozen"))


@pytest.mark.ngspice
@pytest.mark.usefixtures("blank_pictures")
def test_random_conductances_come_from_the_seed(ouro, tmp_path):
    def run(seed):
        found = ouro("array", "product", *SMALL, "--g", "random", "--seed", seed, "--out", tmp_path, "--json")
        return answer(found)["i_A"]

    assert run(1) == run(1) != run(2)


@pytest.mark.ngspice
@pytest.mark.usefixtures("blank_pictures")
def test_read_of_one_cell_and_of_all(ouro, tmp_path):
    options = (*SMALL, "--scheme", "floating", "--out", tmp_path)
    one = answer(ouro("array", "read", *options, "--row", 0, "--col", 0, "--json"))
    assert (one["positions"], one["read_scheme"], one["clipped"]) == (1, "floating", 0)
    assert one["worst_sneak_A"] > 1e-5
    every = answer(ouro("array", "read", *options, "--json"))
    assert every["positions"] == 6
    assert (tmp_path / "sneak.png").is_file() and (tmp_path / "sneak.csv").is_file()


@pytest.mark.ngspice
@pytest.mark.usefixtures("blank_pictures")
def test_a_clipped_reading_is_reported_and_warned_of(ouro, tmp_path):
    size = ("--rows", 1, "--cols", 2, "--row", 0, "--bits", 6, "--adc-top", 200e-6)
    done = ouro("array", "read", *size, "--out", tmp_path, "--json")
    assert done.returncode == 0
    assert one_line(done) == "ouro-spice: warning: 1 of 1 readings clipped: the ADC's range is 0 to 200 uS"
    assert json.loads(done.stdout)["clipped"] == 1


@pytest.mark.ngspice
@pytest.mark.usefixtures("blank_pictures")
def test_disturb_and_its_classes(ouro, tmp_path):
    done = ouro("array", "disturb", *QUICK, "--amplitude", -0.8, "--n", 100, "--out", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert all(word in done.stdout for word in ("row", "column", "unselected", "100 pulses of -0.8000 V"))
    found = json.loads((tmp_path / "summary.json").read_text())
    assert found["classes"]["row"]["worst_relative"] > 1e-4 > abs(found["classes"]["unselected"]["worst_relative"])


@pytest.mark.ngspice
@pytest.mark.usefixtures("blank_pictures")
def test_position(ouro, tmp_path):
    found = answer(ouro("array", "position", *QUICK, "--positions", 2, "--workers", 1, "--out", tmp_path, "--json"))
    assert found["positions"] == 4
    assert found["v_start_least_V"] < found["v_start_largest_V"] < 0.5


@pytest.mark.ngspice
@pytest.mark.usefixtures("blank_pictures")
def test_product_in_words(ouro, tmp_path):
    done = ouro("array", "product", *SMALL, "--inputs", "0.2,0", "--g", 3e-4, "--out", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "devices alone" in done.stdout
    full = ouro("array", "product", *SMALL, "--inputs", "0.2,0", "--fidelity", "full", "--out", tmp_path)
    fidelities = [one.stdout.splitlines()[-2] for one in (done, full)]
    assert fidelities[0].startswith("fidelity circuit, a sample within ") and fidelities[1] == "fidelity full"


# ---- what is wrong


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("write", "--cell", "tud"), "an array is made of 1r or 1t1r cells"),
        (("write", "--scheme", "half"), "an array of Cell1T1R has row"),
        (("write", "--cell", "1r", "--scheme", "fifth"), "has half, third, grounded, floating"),
        (("write", "--row", "8"), "row = 8: the array has the rows 0 .. 7"),
        (("write", "--col", "1,x"), "--col 1,x: a bit line"),
        (("write", "--col", "1,1"), "each once"),
        (("write", "--g", "much"), "--g much: no number; a conductance [S] is asked, as 220uS, or the word random"),
        (("write", "--g", "1"), "g_S[0, 0] = 1e+06 uS is outside the range"),
        (("write", "--g", "2e-4", "--g-map", "x"), "give one of them"),
        (("write", "--g-map", "nowhere.csv"), "nowhere.csv: No such file"),
        (("write", "--d2d", "luck"), "luck"),
        (("write", "--amplitude", "50"), "amplitude = 50 is outside its legal range"),
        (("write", "--width", "0"), "width = 0 is outside its legal range"),
        (("read", "--bits", "0"), "bits = 0"),
        (("product", "--inputs", "a"), "--inputs a: numbers"),
        (("product", "--inputs", "1,0"), "must be (8,)"),
        (("product", "--cell", "1t1r", "--fidelity", "circuit"), "simulated by ngspice alone"),
    ],
)
def test_wrong_arguments(ouro, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    done = ouro("array", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in one_line(done)


@pytest.mark.parametrize(("text", "message"), [("1e-4,2e-4\n", "1 x 2 values"), ("1e-4,a,2e-4\n" * 2, "'a' in row 0"),
                                               ("1e-4,3,2e-4\n" * 2, "g_S[0, 0] = 100 uS is outside")])  # fmt: skip
def test_a_map_that_is_none_of_the_array(ouro, tmp_path, text, message):
    path = tmp_path / "g.csv"
    path.write_text(text)
    done = ouro("array", "write", *SMALL, "--g-map", path, "--out", tmp_path / "out")
    assert (done.returncode, done.stdout) == (2, "")
    assert str(path) in one_line(done) and message in one_line(done)


def test_a_width_that_no_pair_crosses_the_window_in_is_named_as_it_was_given(ouro, tmp_path):
    done = ouro("array", "write", *SMALL, "--width", 100, "--accept-implausible", "--out", tmp_path / "out")
    assert done.returncode == 2
    assert "without --amplitude, --width = 100" in one_line(done) and "total_s" not in done.stderr


def test_the_parser_refuses_what_is_no_choice(ouro):
    for arguments in (("--fidelity", "some"), ("--rows", "0"), ("--direction", "up")):
        done = ouro("array", "write", *arguments)
        assert done.returncode == 2 and arguments[0] in done.stderr


def failing(*_, **__):
    raise SimulationError(Result.TIMESTEP, "* the deck\n", ("note: it runs", "Error: timestep too small"))


def interrupted(*_, **__):
    raise KeyboardInterrupt


def test_a_simulation_that_fails_leaves_deck_and_log(ouro, tmp_path, monkeypatch):
    monkeypatch.setattr("ouro_spice.array.array_write.write_array", failing)
    done = ouro("array", "write", *QUICK, "--out", tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "too small" in one_line(done)
    assert f"deck and log: {tmp_path / 'failed.cir'}, {tmp_path / 'failed.log'}" in one_line(done)
    assert (tmp_path / "failed.cir").read_text() == "* the deck\n"
    assert "timestep too small" in (tmp_path / "failed.log").read_text()
    assert len(list(tmp_path.iterdir())) == 2


def test_ctrl_c_leaves_nothing(ouro, tmp_path, monkeypatch):
    monkeypatch.setattr("ouro_spice.array.array_write.write_array", interrupted)
    done = ouro("array", "write", *QUICK, "--out", tmp_path)
    assert (done.returncode, one_line(done)) == (130, "ouro-spice: interrupted")
    assert list(tmp_path.iterdir()) == []


def test_help_is_quick():
    before = "import sys, atexit\nheavy = ('torch', 'matplotlib', 'numba', 'PySpice', 'pandas')\n"
    before += "atexit.register(lambda: print([name for name in heavy if name in sys.modules]))\n"
    code = MAIN.format(before, ["array", "write", "--help"])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    for option in ("--rows", "--scheme", "--g-map", "--fidelity", "--amplitude", "--v-gate-set"):
        assert option in done.stdout
