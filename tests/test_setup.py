"""Setting up: a script that parses, make targets that exist, no host written down, benchmarks with their options."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BENCHMARKS = sorted(path for path in (ROOT / "benchmarks").glob("[a-z]*.py"))
FOLDERS = (".ci", "benchmarks", "examples", "netlists", "ouro_spice", "tests", "training", "verilog_a")
TEXT = {".py", ".md", ".toml", ".txt", ".sh", ".cir", ".lib", ".va", ".csv", ".yml", ".yaml", ".cfg", ""}


def shipped_files():
    """Every text file of the repository, at its root and below its folders."""
    paths = [path for path in ROOT.iterdir() if path.is_file()]
    for folder in FOLDERS:
        paths += [path for path in (ROOT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return [path for path in paths if path.suffix in TEXT]


# ---- setup.sh


@pytest.mark.parametrize("shell", [name for name in ("sh", "dash", "bash") if shutil.which(name)])
def test_the_script_parses(shell):
    subprocess.run([shell, "-n", ROOT / "setup.sh"], check=True, capture_output=True)


def test_scripts_may_be_executed():
    for name in ("setup.sh", ".ci/run"):
        assert os.access(ROOT / name, os.X_OK), name


def test_the_script_is_plain_sh():
    """Debian's sh is dash: no arrays, no [[ ]], no function keyword."""
    text = (ROOT / "setup.sh").read_text()
    assert text.startswith("#!/bin/sh\n")
    assert not re.search(r"\[\[ |^function |<<<|\$'", text, re.MULTILINE)


def test_what_the_script_asks_for_is_what_the_package_asks_for():
    from ouro_spice._util import machine

    text = (ROOT / "setup.sh").read_text()
    assert f"MIN_NGSPICE={machine.MIN_NGSPICE}\n" in text
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["requires-python"] == ">=3.11"
    assert "sys.version_info < (3, 11)" in text


# ---- hosts


def test_no_host_of_a_registry_or_mirror_is_written_down():
    """Packages come from wherever this machine's pip and apt are told to look."""
    # in parts, so that this file does not hold them itself
    names = "deb debian, security debian, archive ubuntu, ports ubuntu, pypi org, pypi python, files pythonhosted"
    names += ", download pytorch, conda anaconda, repo anaconda, registry npmjs, test pypi, mirrors kernel, ghcr io"
    hosts = [name.replace(" ", ".") for name in names.split(", ")]
    found = []
    for path in shipped_files():
        text = path.read_text(encoding="utf-8").lower()
        found += [f"{path.relative_to(ROOT)}: {host}" for host in hosts if host in text]
        if path.name != Path(__file__).name and re.search(r"--(?:extra-)?index-url|--find-links", text):
            found.append(f"{path.relative_to(ROOT)}: an index of packages")
    assert found == []


# ---- make


def test_every_make_target_is_known_to_make():
    text = (ROOT / "Makefile").read_text()
    (phony,) = re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    assert {"sim", "test", "lint", "bench", "doctor", "decks"} <= set(phony.split())
    for target in phony.split():
        subprocess.run(["make", "--dry-run", "--always-make", target], cwd=ROOT, check=True, capture_output=True)


def test_ci_runs_lint_and_tests():
    text = (ROOT / ".ci" / "run").read_text()
    assert "make lint" in text
    assert "make test" in text
    assert "--ngspice required" in (ROOT / "Makefile").read_text()


# ---- benchmarks


def test_there_are_benchmarks():
    assert BENCHMARKS


@pytest.mark.parametrize("path", BENCHMARKS, ids=lambda path: path.name)
def test_a_benchmark_has_the_common_options(path, tmp_path):
    done = subprocess.run([sys.executable, path, "--help"], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert all(option in done.stdout for option in ("--json", "--quick", "--check"))
    assert list(tmp_path.iterdir()) == []
