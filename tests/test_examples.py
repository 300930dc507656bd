"""Examples: every script runs as it is, from anywhere, warnings included; the first from stdin too."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("[0-9]*.py"))  # others take minutes: `make check` runs them
PYTHON = [sys.executable, "-W", "error"]


BRIEFLY = """
import runpy
from ouro_spice.prediction import specification
specification._STEPS = 300
runpy.run_path({!r}, run_name="__main__")
"""
"""Run a script whose network learns for fewer steps; blocks of the documentation learn in full in `make check`."""

MEANWHILE = re.compile(r".+: \d+ of \d+, \d+ s.*|compiling the kernels, once .*")
"""What a slow machine, or one that has no kernels yet, says while it works."""


def arguments(path):
    """What Python is given: the script as it is, unless it trains a network."""
    return ["-c", BRIEFLY.format(str(path))] if ".fit(" in path.read_text(encoding="utf-8") else [str(path)]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """All scripts, each in an empty folder of its own; two at a time, for they wait for single threads much."""
    jobs = {path.name: (arguments(path), None) for path in EXAMPLES}
    jobs["stdin"] = (["-"], EXAMPLES[0].read_text(encoding="utf-8"))
    folders = {name: tmp_path_factory.mktemp(name.replace(".", "_")) for name in jobs}

    def run(name):
        given, text = jobs[name]
        return subprocess.run([*PYTHON, *given], input=text or "", cwd=folders[name], capture_output=True, text=True)

    with ThreadPoolExecutor(2) as threads:
        done = dict(zip(jobs, threads.map(run, jobs), strict=True))
    return {name: (done[name], folders[name]) for name in jobs}


def test_there_are_examples():
    assert [path.name[:3] for path in EXAMPLES][:5] == ["01_", "02_", "03_", "04_", "05_"]


@pytest.mark.ngspice
@pytest.mark.parametrize("name", [path.name for path in EXAMPLES])
def test_an_example_runs_from_another_folder(runs, name):
    done, _ = runs[name]
    assert done.returncode == 0, done.stderr
    assert not [line for line in done.stderr.splitlines() if not MEANWHILE.fullmatch(line)]
    assert done.stdout.strip()


@pytest.mark.ngspice
def test_an_example_runs_from_stdin(runs):
    """Worker processes do not import the program that started them: no main guard is needed."""
    (done, _), (script, _) = runs["stdin"], runs[EXAMPLES[0].name]
    assert done.returncode == 0, done.stderr
    assert done.stdout == script.stdout


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_is_a_short_plain_script(path):
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert ast.get_docstring(tree)
    assert "__main__" not in text
    assert len(text.splitlines()) <= 60
