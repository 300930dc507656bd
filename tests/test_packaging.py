"""What is shipped: a wheel with models, netlists and configurations inside, found by an installed package."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("ouro_spice", "verilog_a", "netlists", "training")
FILES = ("pyproject.toml", "README.md", "LICENSE")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """A wheel, built without a network from a copy, so that the repository stays clean."""
    copy = tmp_path_factory.mktemp("source")
    ignore = shutil.ignore_patterns("__pycache__", "osdi", "*.raw", "*.osdi")
    for folder in SOURCES:
        shutil.copytree(ROOT / folder, copy / folder, ignore=ignore)
    for file in FILES:
        shutil.copyfile(ROOT / file, copy / file)
    out = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet", "--no-index", "--no-deps"]
    subprocess.run([*pip, "--no-build-isolation", "--wheel-dir", out, copy], check=True, capture_output=True, text=True)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The wheel, unpacked like an installed package."""
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def python(code, folder, cwd):
    """Run Python somewhere else than in the repository, `folder` first on its path."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=cwd, env=os.environ | {"PYTHONPATH": str(folder)}, check=True,
        capture_output=True, text=True,
    )  # fmt: skip
    return done.stdout.split()


@pytest.mark.parametrize(
    "pattern",
    ["verilog_a/*.va", "netlists/*.cir", "netlists/lib/*.lib", "training/*.toml", "training/checkpoints/*.npz"],
)
def test_the_wheel_holds_every_file_of_the_repository(wheel, pattern):
    there = {str(path.relative_to(ROOT)) for path in ROOT.glob(pattern)}
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert there
    assert {f"ouro_spice/{name}" for name in there} <= names


def test_the_wheel_holds_all_modules_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    modules = {str(path.relative_to(ROOT)) for kind in ("*.py", "*.c") for path in (ROOT / "ouro_spice").rglob(kind)}
    assert modules <= set(names)
    assert {name.split("/")[0] for name in names} == {"ouro_spice", wheel.name.rsplit("-", 3)[0] + ".dist-info"}
    assert not [name for name in names if name.endswith((".osdi", ".raw", ".pyc")) or "/tests/" in name]


def test_an_installed_package_finds_its_own_files(installed, tmp_path):
    code = (
        "import ouro_spice; from ouro_spice._util import assets; from ouro_spice.experiment import main_job; "
        "main_job.configuration(); "
        "print(ouro_spice.__file__, *(assets.folder(n) for n in ('verilog_a', 'netlists', 'training')), "
        "assets.library('mos_130'), *assets.decks(), assets.verilog_a('jart_vcm_v1b'))"
    )
    paths = [Path(word) for word in python(code, installed, tmp_path)]
    assert len(paths) >= 7
    for path in paths:
        assert path.exists()
        assert path.is_relative_to(installed / "ouro_spice")


@pytest.mark.ngspice
def test_an_installed_package_simulates(installed, tmp_path):
    """Its models compile and its libraries are found by ngspice."""
    code = (
        "import ouro_spice as ouro; cell = ouro.Cell1T1R(ouro.jart_vcm_v1b(window=True)); "
        "print(ouro.__file__, ouro.simulate(cell, ouro.Pulse(-1.0, 1e-7)).g_S)"
    )
    where, g = python(code, installed, tmp_path)
    assert Path(where).is_relative_to(installed)
    assert float(g) > 100e-6


def test_the_command_is_declared(installed):
    (points,) = installed.glob("*.dist-info/entry_points.txt")
    assert "ouro-spice = ouro_spice.cli:main" in points.read_text()


def test_the_working_copy_uses_the_files_at_its_root(tmp_path):
    code = (
        "from ouro_spice._util import assets; print(*(assets.folder(n) for n in ('verilog_a', 'netlists', 'training')))"
    )
    assert python(code, "", tmp_path) == [str(ROOT / name) for name in ("verilog_a", "netlists", "training")]


def test_the_version_is_written_the_same_everywhere(wheel):
    import ouro_spice

    assert wheel.name.split("-")[1] == ouro_spice.__version__
    assert f"\nversion: {ouro_spice.__version__}\n" in (ROOT / "CITATION.cff").read_text()
    newest = next(line for line in (ROOT / "CHANGELOG.md").read_text().splitlines() if line.startswith("## "))
    assert newest == f"## {ouro_spice.__version__}"


def test_the_constraints_do_not_pin_the_project_itself():
    """A pin of another version would leave nothing to install in a fresh clone."""
    names = [line.partition("==")[0].lower() for line in (ROOT / "constraints.txt").read_text().splitlines()]
    assert "numpy" in names and not {"ouro-spice", "ouro_spice"} & set(names)


def test_building_left_the_repository_clean(wheel):
    assert wheel.exists()
    assert not [path for path in (ROOT / "build").glob("*") if path.name != "check"]  # `make check` writes there
