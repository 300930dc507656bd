"""The command line as a user meets it: a process with exit codes, one clear line, and nothing left behind."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

import ouro_spice
from ouro_spice import Cell1R, Cell1T1R, CompactCell, Process, jart_vcm_v1b, pair
from ouro_spice._util import assets, machine
from ouro_spice.cli import main
from ouro_spice.cli.cells import CellOptions, Kind, Realised

# a test run in the background hands down that SIGINT is ignored
MAIN = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n{}"
MAIN += "from ouro_spice.cli import main; main({!r})"
# `sim` without its decks: the extraction comes at once


def command(*arguments, before=""):
    return [sys.executable, "-c", MAIN.format(before, [str(argument) for argument in arguments])]


@dataclass(frozen=True)
class Done:
    """What a command left: exit code and output."""

    returncode: int
    stdout: str
    stderr: str


def process(*arguments, before="", **environment):
    """Run the command line as a process of its own, behind other statements; never with a traceback."""
    words = command(*arguments, before=before)
    done = subprocess.run(
        words, capture_output=True, text=True, stdin=subprocess.DEVNULL, env=os.environ | environment, check=False
    )
    assert "Traceback" not in done.stderr
    return Done(done.returncode, done.stdout, done.stderr)


def here(capsys):
    """A function that runs the command line in this process, which is quicker; all that it raises is its exit code."""

    def run(*arguments):
        with pytest.raises(SystemExit) as stop:
            main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return Done(stop.value.code or 0, printed.out, printed.err)

    return run


def one_line(done) -> str:
    """The only line on standard error."""
    (line,) = done.stderr.splitlines()
    assert line.startswith("ouro-spice: ")
    return line


@pytest.fixture
def empty_path(tmp_path):
    """A folder for PATH in which there is nothing but the linker."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "cc").symlink_to(shutil.which("cc"))
    return folder


def program(path, text):
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


# ---- doctor


def checks(done):
    """What ``doctor --json`` printed, its form checked."""
    report = json.loads(done.stdout)
    assert set(report) == {"ok", "checks"}
    for check in report["checks"]:
        assert set(check) == {"name", "ok", "found", "remedy"}
        assert type(check["ok"]) is bool
        assert check["found"]
        assert check["ok"] or check["remedy"]
    assert report["ok"] is all(check["ok"] for check in report["checks"])
    assert done.returncode == (0 if report["ok"] else 1)
    assert done.stderr == ""
    return {check["name"]: check for check in report["checks"]}


@pytest.mark.ngspice
def test_doctor_finds_everything_here():
    done = process("doctor", "--json")
    found = checks(done)
    assert done.returncode == 0
    assert {"ngspice", "shared library", "openvaf", "linker", "PySpice", "torch", "OSDI"} <= set(found)
    assert "0.5 mA" in found["OSDI"]["found"]
    assert f"version {machine.ngspice_version(machine.ngspice_program())}" in found["ngspice"]["found"]


@pytest.mark.ngspice
def test_doctor_in_words(ouro):
    done = ouro("doctor")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert len(lines) >= 7
    assert all(line.startswith("ok ") for line in lines)


def test_doctor_without_ngspice_says_how_to_get_it(ouro, empty_path):
    done = ouro("doctor", "--json", PATH=str(empty_path))
    assert done.returncode == 1
    ngspice = checks(done)["ngspice"]
    assert not ngspice["ok"]
    assert ngspice["found"] == "not on PATH"
    assert "install ngspice" in ngspice["remedy"]


def test_doctor_in_words_names_the_remedy_below_what_is_missing(ouro, empty_path):
    done = ouro("doctor", PATH=str(empty_path))
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    (at,) = (k for k, line in enumerate(lines) if line.split()[:2] == ["MISSING", "ngspice"])
    assert "-> install ngspice" in lines[at + 1]


@pytest.mark.parametrize(("says", "found"), [("ngspice-39 : Circuit level simulation program", "version 39"),
                                             ("no number here", "version unknown")])  # fmt: skip
def test_doctor_with_another_ngspice_than_asked_for(ouro, empty_path, says, found):
    program(empty_path / "ngspice", f"echo '** {says}'")
    done = ouro("doctor", "--json", PATH=str(empty_path))
    assert done.returncode == 1
    ngspice = checks(done)["ngspice"]
    assert not ngspice["ok"]
    assert found in ngspice["found"]
    assert f"ngspice >= {machine.MIN_NGSPICE}" in ngspice["remedy"]


def test_doctor_with_a_library_path_that_leads_nowhere(ouro):
    done = ouro("doctor", "--json", NGSPICE_LIBRARY_PATH="/nowhere/libngspice.so")
    assert done.returncode == 1
    found = checks(done)
    assert not found["shared library"]["ok"]
    assert "NGSPICE_LIBRARY_PATH=/nowhere/libngspice.so" in found["shared library"]["found"]
    assert "NGSPICE_LIBRARY_PATH" in found["shared library"]["remedy"]
    assert not found["OSDI"]["ok"]


def test_doctor_with_a_library_that_is_none(ouro, tmp_path):
    (tmp_path / "libngspice.so").write_text("no library at all")
    done = ouro("doctor", "--json", NGSPICE_LIBRARY_PATH=str(tmp_path / "libngspice.so"))
    assert done.returncode == 1
    assert not checks(done)["OSDI"]["ok"]


def test_doctor_with_a_compiler_that_does_not_run(ouro, empty_path, tmp_path):
    (empty_path / "openvaf-r").write_bytes(b"\x7fELF no program")
    (empty_path / "openvaf-r").chmod(0o755)
    done = ouro("doctor", "--json", PATH=str(empty_path), OURO_SPICE_CACHE=str(tmp_path / "cache"))
    assert done.returncode == 1
    assert not checks(done)["OSDI"]["ok"]


# ---- osdi


@pytest.mark.ngspice
def test_osdi_prints_the_path_of_the_compiled_model(ouro, tmp_path):
    done = ouro("osdi", "jart_vcm_v1b", "--link", tmp_path / "links")
    assert (done.returncode, done.stderr) == (0, "")
    path = Path(done.stdout.strip())
    assert path.is_file()
    assert (tmp_path / "links" / "jart_vcm_v1b.osdi").resolve() == path.resolve()
    assert ouro("osdi", "jart_vcm_v1b").stdout == done.stdout


@pytest.mark.ngspice
def test_osdi_compiles_a_file_of_ones_own(ouro, tmp_path):
    path = tmp_path / "own.va"
    path.write_text(
        '`include "disciplines.vams"\nmodule own(p, n);\ninout p, n;\nelectrical p, n;\n'
        "analog I(p, n) <+ V(p, n) / 2.5;\n`ifndef OHM\nnothing\n`endif\nendmodule\n"
    )
    cache = {"OURO_SPICE_CACHE": str(tmp_path / "cache")}
    done = ouro("osdi", path, "--define", "OHM", "--link", tmp_path / "links", **cache)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "links" / "own.osdi").resolve() == Path(done.stdout.strip()).resolve()
    done = ouro("osdi", path, **cache)
    assert done.returncode == 1
    assert "own.va does not compile" in done.stderr
    for arguments, words in (
        ((path, "--define", "OHM=2"), "macro 'OHM=2': must be a name"),
        (("jart_tud", "--define", "A"), "--define is for a Verilog-A file of yours; 'jart_tud' is none"),
        ((tmp_path / "nosuch.va",), "no model"),
    ):
        done = ouro("osdi", *arguments, **cache)
        assert done.returncode == 2
        assert words in one_line(done)


def test_an_unknown_model_is_a_wrong_command_line():
    done = process("osdi", "jart_vcm_v9")
    assert done.returncode == 2
    known = ", ".join(sorted(path.stem for path in assets.folder("verilog_a").glob("*.va")))
    assert one_line(done) == f"ouro-spice: no model 'jart_vcm_v9'; there is {known}"


@pytest.mark.parametrize("model", ["../README", "jart_vcm_v1b.va", "/etc/passwd"])
def test_a_model_is_a_name_and_no_path(ouro, model):
    done = ouro("osdi", model)
    assert done.returncode == 2
    assert "no model" in one_line(done)


@pytest.mark.ngspice
def test_osdi_without_a_linker_says_what_to_install(tmp_path):
    (tmp_path / "bin").mkdir()
    done = process("osdi", "jart_vcm_v1b", PATH=str(tmp_path / "bin"), OURO_SPICE_CACHE=str(tmp_path / "cache"))
    assert done.returncode == 1
    assert "no 'cc' on PATH; install gcc" in one_line(done)
    assert list((tmp_path / "cache").iterdir()) == []


@pytest.mark.ngspice
def test_osdi_with_a_cache_that_cannot_be_written_to(tmp_path):
    (tmp_path / "file").write_text("")
    done = process("osdi", "jart_vcm_v1b", OURO_SPICE_CACHE=str(tmp_path / "file" / "below"))
    assert done.returncode == 1
    assert "set OURO_SPICE_CACHE" in one_line(done)


# ---- wrong command lines


@pytest.mark.parametrize("name", ["sim", "decks"])
@pytest.mark.parametrize("place", ["file", "file/below/it"])
def test_an_output_folder_that_cannot_be_is_the_machines_fault(ouro, tmp_path, name, place):
    (tmp_path / "file").write_text("mine")
    done = ouro(name, "--out", tmp_path / place)
    assert done.returncode == 1
    assert one_line(done).startswith(f"ouro-spice: --out: cannot write to {tmp_path / place}")
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize(
    "arguments",
    [
        ("sim", "--no-such-option"),
        ("no-such-command",),
        ("sim", "--seed", "-1"),
        ("sim", "--seed", "x"),
        ("sim", "--workers", "0"),
        ("osdi",),
        ("doctor", "superfluous"),
    ],
)
def test_what_the_parser_refuses_is_a_wrong_command_line(ouro, arguments):
    done = ouro(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Usage" in done.stderr


@pytest.mark.parametrize("arguments", [("extract", "--out", ""), ("extract", "--out="), ("train", ""), ("osdi", "")])
def test_an_empty_argument_is_a_variable_that_is_not_set(ouro, arguments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = ouro(*arguments)
    assert done.returncode == 2 and "empty: is a variable of the shell not set?" in one_line(done)
    assert list(tmp_path.iterdir()) == []


def test_the_version(ouro):
    done = ouro("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"ouro-spice {ouro_spice.__version__}\n", "")


def test_closed_streams_and_the_command_line_as_a_module(tmp_path):
    """In one shell: what is printed goes nowhere, and no file gets a closed stream's number."""
    module = f"{sys.executable} -m ouro_spice"
    lines = f"{module} --version <&- >&- 2>&-; echo $?; {module} --version >/dev/full; echo $?"
    done = subprocess.run(["bash", "-c", lines], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.stdout.split() == ["0", "1"]
    (line,) = done.stderr.splitlines()
    assert line.startswith("ouro-spice: cannot") and "No space left on device" in line


def test_help_lists_the_commands(ouro):
    done = ouro("--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert all(name in done.stdout for name in ("doctor", "osdi", "decks", "sim", "pair"))


def test_an_old_ngspice_stops_the_decks_with_a_remedy(ouro, empty_path, tmp_path):
    program(empty_path / "ngspice", "echo '** ngspice-39'")
    done = ouro("decks", "--out", tmp_path / "out", PATH=str(empty_path))
    assert done.returncode == 1
    assert "version 39: install ngspice" in one_line(done)


# ---- pair


@pytest.mark.ngspice
def test_pair_finds_the_amplitudes_of_the_reference(ouro):
    done = ouro("pair", "--total", "60e-6", "--cell", "1r", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert (found["cell"], found["by"], found["total_s"]) == ("1r", "amplitude", 60e-6)
    assert (found["v_set_V"], found["v_reset_V"]) == pytest.approx((-0.4143, 0.8540), abs=3e-4)
    assert (found["set_s"], found["reset_s"]) == pytest.approx((60e-6, 60e-6), rel=0.005)
    assert (found["device_set_V"], found["device_reset_V"]) == pytest.approx((found["v_set_V"], found["v_reset_V"]))
    assert found["gate_set_V"] is found["gate_reset_V"] is None
    assert 100e-6 < found["peak_set_A"] < found["peak_reset_A"] < 1e-3


@pytest.mark.ngspice
def test_pair_by_gate(ouro):
    voltages = ("--v-set", "-0.6", "--v-reset", "1.3")
    done = ouro("pair", "--by", "gate", *voltages, "--r-bl", "50", "--v-gate-set", "2.0", "--json")
    found = json.loads(done.stdout)
    assert (found["by"], found["v_set_V"], found["v_reset_V"]) == ("gate", -0.6, 1.3)
    assert 0.6 < found["gate_set_V"] < found["gate_reset_V"] < 3.3
    assert (found["set_s"], found["reset_s"]) == pytest.approx((60e-6, 60e-6), rel=0.005)


@pytest.mark.ngspice
def test_pair_as_a_table(ouro):
    done = ouro("pair", "--total", "1e-6")
    assert (done.returncode, done.stderr) == (0, "")
    assert "driver (V)" in done.stdout
    rows = [[word.strip("+") for word in line.split() if word != "\u2502"] for line in done.stdout.splitlines()]
    for direction in ("SET", "RESET"):
        (row,) = (row for row in rows if direction in row)
        assert row[2] == "3.3000"
        assert float(row[3]) == pytest.approx(1.0, rel=0.005)
        assert abs(float(row[4])) < abs(float(row[1]))


@pytest.mark.parametrize(("kind", "model"), [("compact", "full"), ("reduced", "reduced"), ("tud", "tud")])
def test_pair_of_a_compact_cell_counts_both_drivers_and_lines(ouro, kind, model):
    done = ouro("pair", "--cell", kind, "--driver", "50", "--r-bl", "30", "--r-wl", "20", "--json")
    found = json.loads(done.stdout)
    expected = pair(CompactCell(jart_vcm_v1b(window=True), model, resistance=150.0))
    assert (found["v_set_V"], found["v_reset_V"]) == (expected.v_set, expected.v_reset)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--total", "0"), "--total = 0 is outside its legal range"),
        (("--total", "nan"), "--total nan: a finite number is asked, a time [s]"),
        (("--by", "gate"), "--by gate needs --v-set and --v-reset"),
        (("--by", "gate", "--v-set", "-1"), "--by gate needs --v-reset"),
        (("--v-set", "-1"), "--v-set: only with --by gate"),
        (("--cell", "1r", "--by", "gate", "--v-set", "-1", "--v-reset", "1"), "a Cell1R has no gate voltage"),
        (("--by", "gate", "--v-set", "1", "--v-reset", "1"), "v_set = 1 is outside its legal range"),
        (("--cell", "compact", "--w", "1e-6"), "--w does not apply to --cell compact"),
        (("--cell", "tud", "--realisation", "compiled"), "--realisation does not apply to --cell tud"),
        (("--cell", "1r", "--r-sl", "1"), "--r-sl does not apply to --cell 1r"),
        (("--r-bl", "-1"), "r_bl = -1 is outside its legal range"),
        (("--w", "20"), "w = 20 is outside its legal range"),
        (("--corner", "xx"), "has the corners tt, ff, ss"),
        (("--v-gate-set", "5"), "above the process limit gate_V = 3.6 V"),
    ],
)
def test_pair_with_wrong_arguments(ouro, arguments, message):
    done = ouro("pair", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in one_line(done)


@pytest.mark.parametrize("arguments", [("--cell", "2r"), ("--by", "luck"), ("--v-set", "x"), ("--realisation", "none")])
def test_pair_with_words_that_are_none_of_its_own(ouro, arguments):
    done = ouro("pair", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert arguments[0] in done.stderr


@pytest.mark.ngspice
def test_pair_that_is_not_there_says_why(ouro):
    done = ouro("pair", "--by", "gate", "--v-set", "-0.3", "--v-reset", "1.3")
    assert done.returncode == 2
    assert "no gate voltage up to" in one_line(done)


def test_options_describe_the_cell_and_leave_the_rest_to_it():
    device = jart_vcm_v1b(window=True)
    assert CellOptions().build() == Cell1T1R(device)
    assert CellOptions(Kind.R1).build() == Cell1R(device)
    given = CellOptions(realisation=Realised.BEHAVIOURAL, r_sl=7.0, c_wl=1e-15, driver=10.0, w=5e-6, v_gate_reset=3.0)
    given = dataclasses.replace(given, corner="ss", contact=4.0)
    cell = given.build()
    assert cell.device.realisation == "behavioural"
    plain = Cell1T1R(device)
    assert cell.lines == dataclasses.replace(plain.lines, r_sl=7.0, c_wl=1e-15, contact=4.0)
    assert cell.process == Process(corner="ss")
    assert cell.driver.resistance == 10.0
    assert cell.transistor == dataclasses.replace(plain.transistor, w=5e-6, v_reset=3.0)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (("pair", "--help"), 0),
        (("program", "--target", "nan"), 2),
        (("pulse", "--width", "1us"), 2),
        (("sim", "--out", "/dev/null/x"), 1),
        (("train", "data", "--out", "/dev/null/x"), 1),
    ],
)
def test_help_and_wrong_arguments_import_nothing_heavy(given, code):
    before = "import sys, atexit\nheavy = ('torch', 'matplotlib', 'numba', 'PySpice', 'pandas', 'scipy', 'rich')\n"
    before += "atexit.register(lambda: print([name for name in heavy if name in sys.modules]))\n"
    done = subprocess.run(command(*given, before=before), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (code, "[]")


# ---- a whole command, and its output in a pipe


TWO_DECKS = ("bench_iv_triangle", "bench_sense")
"""Which decks commands run here: others run all of them."""


@pytest.mark.ngspice
def test_output_in_a_pipe_is_free_of_bars_and_colours(tmp_path):
    two = f"decks = [path for path in assets.decks() if path.stem in {TWO_DECKS}]\nassets.decks = lambda: decks\n"
    done = process("decks", "--out", tmp_path / "out", before=f"from ouro_spice._util import assets\n{two}")
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    assert "\r" not in done.stdout
    assert done.stdout.count("PASS") == 2
    assert "FAIL" not in done.stdout


@pytest.mark.ngspice
@pytest.mark.usefixtures("blank_pictures")
def test_json_is_all_there_is_on_standard_output(ouro, tmp_path, monkeypatch):
    two = tuple(path for path in assets.decks() if path.stem in TWO_DECKS)
    monkeypatch.setattr(assets, "decks", lambda: two)
    done = ouro("decks", "--json", "--out", tmp_path / "out")
    assert (done.returncode, done.stderr) == (0, "")
    figures = json.loads(done.stdout)["decks"]
    assert len({figure["name"] for figure in figures}) == 2 and len(figures) >= 5
    assert all(set(figure) == {"name", "figure", "value", "target", "unit", "pass"} for figure in figures)


# ---- interrupts


def alive(group: int) -> list[str]:
    """Command lines of the processes of a process group; zombies are not alive."""
    if Path("/proc/self/stat").exists():
        return [line for stat in Path("/proc").glob("[0-9]*/stat") if (line := _in_group(stat, group))]
    listed = subprocess.run(["ps", "-axo", "pgid=,stat=,command="], capture_output=True, text=True, check=True).stdout
    rows = (line.split(None, 2) for line in listed.splitlines())
    return [row[2] for row in rows if int(row[0]) == group and "Z" not in row[1]]


def _in_group(stat: Path, group: int) -> str:
    try:
        state, _, pgrp = stat.read_text().rpartition(")")[2].split()[:3]
        line = stat.with_name("cmdline").read_text().replace("\0", " ")
    except OSError:  # it ended meanwhile
        return ""
    return (line or "?") if int(pgrp) == group and state != "Z" else ""


def wait_for(condition, what, seconds=60.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"{what} did not come in {seconds:g} s"
        time.sleep(0.02)


@pytest.fixture
def start():
    """Start a command in a process group of its own; the group ends with the test."""
    started = []

    def begin(*arguments, before=""):
        child = subprocess.Popen(
            command(*arguments, before=before),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(child)
        return child

    yield begin
    for child in started:
        if alive(child.pid):
            os.killpg(child.pid, signal.SIGKILL)
        child.communicate()


def workers(child) -> int:
    return sum("worker.py" in line for line in alive(child.pid))


def extracting(child, out):
    """Wait until the records are being simulated."""
    wait_for(
        lambda: child.poll() is not None or ((out / "manifest.json").is_file() and workers(child) >= 2),
        "the extraction",
    )
    time.sleep(0.3)
    assert child.poll() is None, child.communicate()


@pytest.mark.ngspice
@pytest.mark.parametrize("send", [os.kill, os.killpg], ids=["process", "group"])
def test_ctrl_c_ends_an_extraction_cleanly(tmp_path, start, send):
    """To the process alone or, as a terminal does, to all of its group."""
    child = start("extract", "--cell", "1r", "--n", 5000, "--out", tmp_path, "--workers", 2)
    extracting(child, tmp_path)
    send(child.pid, signal.SIGINT)
    out, err = child.communicate()
    assert (child.returncode, out) == (130, "")
    assert err == "ouro-spice: interrupted; what was finished is kept, run again to go on\n"
    wait_for(lambda: not alive(child.pid), "the end of all processes", 5)
    assert not any((tmp_path / name).exists() for name in ("report.html", "results.json"))
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_other_signals_end_work_as_ctrl_c_does(capsys, monkeypatch, number, code):
    """In this process: the signal comes while a command works; afterwards its handler is what it was."""
    given = signal.signal(number, signal.SIG_DFL)  # under nohup the tests ignore SIGHUP, and so would the command
    try:
        monkeypatch.setattr("ouro_spice.spice.doctor.examine", lambda: os.kill(os.getpid(), number) or time.sleep(5))
        done = here(capsys)("doctor")
        assert (done.returncode, done.stdout, done.stderr) == (code, "", "ouro-spice: interrupted\n")
        assert signal.getsignal(number) is signal.SIG_DFL
    finally:
        signal.signal(number, given)


@pytest.mark.ngspice
def test_ctrl_c_ends_the_decks_cleanly(tmp_path, start):
    child = start("sim", "--out", tmp_path)
    (tmp_path / "report.html").write_text("an old report")
    (tmp_path / "results.json").write_text("{}")
    wait_for(lambda: list((tmp_path / "decks").glob("*.log")), "the first deck")
    os.killpg(child.pid, signal.SIGINT)
    out, err = child.communicate()
    assert (child.returncode, out) == (130, "")
    assert err == "ouro-spice: interrupted; what was finished is kept, run again to go on\n"
    wait_for(lambda: not alive(child.pid), "the end of all processes", 5)
    assert not any((tmp_path / name).exists() for name in ("report.html", "results.json"))


@pytest.mark.ngspice
def test_workers_of_a_killed_program_end(tmp_path, start):
    child = start("extract", "--cell", "1r", "--out", tmp_path, "--workers", 2)
    extracting(child, tmp_path)
    child.kill()
    child.communicate()
    wait_for(lambda: not alive(child.pid), "the end of its workers", 5)


def test_an_interrupt_that_is_lost_comes_again():
    """In a callback of C code the exception goes nowhere."""
    from ouro_spice._util.progress import progress
    from ouro_spice.cli.process import stoppable

    handler = signal.getsignal(signal.SIGINT)
    with stoppable() as came, progress("work", 2) as bar:
        with contextlib.suppress(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(1)
        with pytest.raises(KeyboardInterrupt):
            bar.advance()
        bar.advance()
    assert not came and signal.getsignal(signal.SIGINT) is handler
