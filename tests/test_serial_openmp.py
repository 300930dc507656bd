"""The stand-ins for OpenMP in worker processes: same results, and never a failure where they cannot be had."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import ouro_spice as ouro
from ouro_spice._util import machine
from ouro_spice.spice import serial_openmp, worker_process
from ouro_spice.spice.serial_openmp import StandIns, preloaded, stand_ins

CELL = ouro.Cell1T1R(ouro.jart_vcm_v1b(window=True, walk=ouro.Walk()))


def library(folder: Path, *names: str) -> Path:
    """A file with some names in its table of strings."""
    path = folder / "libngspice.so"
    path.write_bytes(b"\x7fELF\0" + b"".join(name.encode() + b"\0" for name in names))
    return path


@pytest.mark.ngspice
def test_the_same_waveform_with_and_without_them(engine, monkeypatch, tmp_path):
    """The cache lies in a folder whose name the loader would split."""
    pulses = [ouro.Pulse(-0.8, 50e-9), ouro.Pulse(1.0, 50e-9)]
    waves, loaded = [], []
    (tmp_path / "two words: ü").mkdir()
    monkeypatch.setenv("LD_PRELOAD", "")
    for found in (StandIns(None, ""), serial_openmp._stand_ins(*key(), tmp_path / "two words: ü")):
        monkeypatch.setattr(worker_process, "stand_ins", lambda _, found=found: found)
        with ouro.Ngspice(workers=1) as own:
            waves.append(ouro.simulate(CELL, pulses, seed=3, engine=own))
            maps = Path(f"/proc/{own._pool._workers[0]._process.pid}/maps").read_text()
        loaded.append("serial_openmp" in maps)
    assert loaded == [False, True]
    one, two = waves
    assert one.state == two.state
    assert one.energy_J == two.energy_J
    assert all(np.array_equal(one[name], two[name]) for name in one.traces)


def key() -> tuple[Path, int, int]:
    """The library of this machine and what says that it has changed."""
    path = machine.shared_library() or Path()
    return path, path.stat().st_mtime_ns, path.stat().st_size


def test_what_has_no_stand_in_is_left_to_openmp(tmp_path):
    assert stand_ins(library(tmp_path, "GOMP_parallel", "GOMP_sections_start")) == (
        None, "not used: ngspice calls GOMP_sections_start, which has no stand-in",
    )  # fmt: skip
    assert stand_ins(library(tmp_path, "__kmpc_fork_call")).path is None
    assert "without OpenMP" in stand_ins(library(tmp_path, "printf", "my_omp_get_wtime")).found
    assert stand_ins(tmp_path / "nosuch.so").found.startswith("not built: ")


def test_without_a_compiler_that_works_there_are_none(tmp_path, monkeypatch):
    path = library(tmp_path, "GOMP_parallel")
    monkeypatch.setenv("OURO_SPICE_CACHE", str(tmp_path / "cache"))
    for compiler, word in ((None, "no cc on PATH"), ("/bin/false", "/bin/false ended with 1")):
        serial_openmp._stand_ins.cache_clear()
        monkeypatch.setattr(machine, "linker", lambda compiler=compiler: compiler)
        assert stand_ins(path) == (None, f"not built: {word}")
    monkeypatch.setenv("OURO_SPICE_CACHE", str(path / "below a file"))
    assert stand_ins(path).found.startswith("not built: ")
    serial_openmp._stand_ins.cache_clear()


def test_what_is_preloaded_stays(tmp_path):
    given = {"LD_PRELOAD": "/x/libother.so"}
    assert preloaded(StandIns(None, ""), tmp_path, given) == given
    found = preloaded(StandIns(tmp_path / "some where.so", ""), tmp_path, given)
    assert found == {"LD_PRELOAD": "./serial_openmp.so:/x/libother.so"}
    assert (tmp_path / "serial_openmp.so").readlink() == tmp_path / "some where.so"
