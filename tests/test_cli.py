"""The command line as a user meets it: a process with exit codes, one clear line, and nothing left behind."""

from __future__ import annotations

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

from ouro_spice import machine
from ouro_spice.cli import main

# a test run in the background hands down that SIGINT is ignored
MAIN = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n{}"
MAIN += "from ouro_spice.cli import main; main({!r})"
# `sim` without its decks: the extraction comes at once
NO_DECKS = "import ouro_spice.sim; ouro_spice.sim.judge = lambda *_: []\n"


def command(*arguments, before=""):
    return [sys.executable, "-c", MAIN.format(before, [str(argument) for argument in arguments])]


@dataclass(frozen=True)
class Done:
    """What a command left: exit code and output."""

    returncode: int
    stdout: str
    stderr: str


def process(*arguments, **environment):
    """Run the command line as a process of its own; never with a traceback."""
    done = subprocess.run(
        command(*arguments), capture_output=True, text=True, stdin=subprocess.DEVNULL, env=os.environ | environment,
        check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def ouro(capsys, monkeypatch):
    """Run the command line in this process, which is quicker; all that it raises is its exit code."""

    def run(*arguments, **environment):
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
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


def test_an_unknown_model_is_a_wrong_command_line():
    done = process("osdi", "jart_vcm_v9")
    assert done.returncode == 2
    assert one_line(done) == "ouro-spice: no model 'jart_vcm_v9'; there is jart_tud, jart_vcm_v1b"


@pytest.mark.parametrize("model", ["../README", "", "jart_vcm_v1b.va", "/etc/passwd"])
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
def test_an_output_folder_that_cannot_be_is_a_wrong_command_line(ouro, tmp_path, name, place):
    (tmp_path / "file").write_text("mine")
    done = ouro(name, "--out", tmp_path / place)
    assert done.returncode == 2
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


def test_help_lists_the_commands(ouro):
    done = ouro("--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert all(name in done.stdout for name in ("doctor", "osdi", "decks", "sim"))


def test_an_old_ngspice_stops_the_decks_with_a_remedy(ouro, empty_path, tmp_path):
    program(empty_path / "ngspice", "echo '** ngspice-39'")
    done = ouro("decks", "--out", tmp_path / "out", PATH=str(empty_path))
    assert done.returncode == 1
    assert "version 39: install ngspice" in one_line(done)


# ---- a whole command, and its output in a pipe


@pytest.mark.ngspice
def test_output_in_a_pipe_is_free_of_bars_and_colours(tmp_path):
    done = process("decks", "--out", tmp_path / "out")
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    assert "\r" not in done.stdout
    assert "PASS" in done.stdout
    assert "FAIL" not in done.stdout


@pytest.mark.ngspice
def test_json_is_all_there_is_on_standard_output(ouro, tmp_path):
    done = ouro("decks", "--json", "--out", tmp_path / "out")
    assert (done.returncode, done.stderr) == (0, "")
    figures = json.loads(done.stdout)["decks"]
    assert len(figures) >= 5
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
        lambda: child.poll() is not None or (list(out.glob("dataset-*/manifest.json")) and workers(child) >= 2),
        "the extraction",
    )
    time.sleep(0.3)
    assert child.poll() is None, child.communicate()


@pytest.mark.ngspice
@pytest.mark.parametrize("send", [os.kill, os.killpg], ids=["process", "group"])
def test_ctrl_c_ends_an_extraction_cleanly(tmp_path, start, send):
    """To the process alone or, as a terminal does, to all of its group."""
    child = start("sim", "--out", tmp_path, "--workers", 2, before=NO_DECKS)
    extracting(child, tmp_path)
    send(child.pid, signal.SIGINT)
    out, err = child.communicate()
    assert (child.returncode, out) == (130, "")
    assert err == "ouro-spice: interrupted; what was finished is kept, run again to go on\n"
    wait_for(lambda: not alive(child.pid), "the end of all processes", 5)
    assert not any((tmp_path / name).exists() for name in ("report.html", "results.json"))
    assert not list(tmp_path.rglob("*.part"))


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
    child = start("sim", "--out", tmp_path, "--workers", 2, before=NO_DECKS)
    extracting(child, tmp_path)
    child.kill()
    child.communicate()
    wait_for(lambda: not alive(child.pid), "the end of its workers", 5)
