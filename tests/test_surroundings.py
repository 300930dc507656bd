"""Nothing that lies around takes part: start-up files, working folder, variables of the environment."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

import ouro_spice as ouro
from ouro_spice._util import jit, machine
from ouro_spice.spice import decks, osdi
from ouro_spice.spice.surroundings import surroundings

HOSTILE = "\n".join(
    ["option temp=125", "option reltol=1", "set ngbehavior=psa", "set num_threads=8", "set noinit", "alias op quit",
     "alias tran quit", "set filetype=ascii", "set numdgt=2", "set sourcepath = ( nowhere )", ""]
)  # fmt: skip
CELL = ouro.Cell1T1R(ouro.jart_vcm_v1b(window=True))


@pytest.fixture
def hostile(tmp_path, monkeypatch):
    """A working folder, a home folder and an installation full of start-up files, and variables that name them."""
    cache = machine.cache_folder()
    for name in ("here", "home", "spice", "spice/scripts"):
        (tmp_path / name).mkdir()
        for file in (".spiceinit", "spice.rc", "spinit", "init"):
            (tmp_path / name / file).write_text(HOSTILE)
    variables = {name: str(tmp_path / "spice") for name in ("SPICE_LIB_DIR", "SPICE_SCRIPTS", "SPICE_EXEC_DIR")}
    variables |= {name: str(tmp_path / "here") for name in ("SPICE_USERINIT_DIR", "NGSPICE_INPUT_DIR", "SPICE_PATH")}
    variables |= {"HOME": str(tmp_path / "home"), "SPICE_ASCIIRAWFILE": "1", "NGSPICE_MEAS_PRECISION": "2"}
    variables |= {"OMP_NUM_THREADS": "7", "OMP_DYNAMIC": "true", "LC_ALL": "POSIX", "LANG": "POSIX"}
    variables |= {"TMPDIR": str(tmp_path / "a folder, ü"), "OURO_SPICE_CACHE": str(cache)}
    (tmp_path / "a folder, ü").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("tempfile.tempdir", None)
    return tmp_path


def figures(engine):
    wave = engine.run(CELL.testbench(ouro.Pulse(-0.5, 50e-9), CELL.state(150e-6)))
    array = ouro.Crossbar(rows=2, cols=2, cell=CELL)
    write = ouro.write_array(array.cell_at(1, 1), ouro.Pulse(-0.5, 20e-9), array.state(150e-6), engine=engine)
    return [wave["i_cell"], wave["n_disc"], write.g_after_S, write.energy.frame.to_numpy()]


@pytest.mark.ngspice
def test_cells_and_arrays_in_hostile_surroundings(engine, request):
    """Against those of an engine that was started before there was anything around."""
    expected = figures(engine)
    request.getfixturevalue("hostile")
    with ouro.Ngspice(workers=1) as other:
        found = figures(other)
        (folder,) = Path(os.environ["TMPDIR"]).glob("ouro_spice-*")
    for one, two in zip(found, expected, strict=True):
        assert np.array_equal(one, two)
    assert not folder.exists()


@pytest.mark.ngspice
def test_a_deck_in_hostile_surroundings(tmp_path, request):
    program = machine.ngspice_program()
    places = {path.stem: path for path in decks._workplace(tmp_path / "decks")}
    clean = decks._run(program, places["bench_lines"])
    folder = request.getfixturevalue("hostile")
    for path in (tmp_path / "decks" / ".spiceinit", folder / "here" / "more"):
        path.write_text(HOSTILE)
    assert decks._run(program, places["bench_lines"]) == clean
    assert all(figure.passed for figure in clean)


def test_an_environment_of_its_own(tmp_path):
    (tmp_path / "lib" / "ngspice").mkdir(parents=True)
    (tmp_path / "lib" / "ngspice" / "analog.cm").write_text("")
    folder = tmp_path / "empty"
    folder.mkdir()
    given = {"PATH": "/bin", "HOME": "/home/me", "SPICE_LIB_DIR": "/x", "NGSPICE_INPUT_DIR": "/x", "SPICES": "pepper"}
    found = surroundings(str(folder), tmp_path / "lib" / "libngspice.so", given)
    assert found == {"PATH": "/bin", "HOME": str(folder), "SPICE_SCRIPTS": str(folder), "SPICES": "pepper"}
    assert (folder / "spinit").read_text() == f"* code models\ncodemodel {tmp_path}/lib/ngspice/analog.cm\n"


@pytest.mark.ngspice
def test_compilers_ignore_what_is_set_for_others(tmp_path, monkeypatch):
    path = tmp_path / "ohm.va"
    path.write_text(
        '`include "disciplines.vams"\n`include "value.inc"\nmodule ohm(p, n);\ninout p, n;\nelectrical p, n;\n'
        "`ifdef TWICE\nanalog I(p, n) <+ V(p, n) / (2 * `VALUE);\n`else\nanalog I(p, n) <+ V(p, n) / `VALUE;\n`endif\n"
        "endmodule\n"
    )
    (tmp_path / "value.inc").write_text("`define VALUE 1.0\n")
    first = osdi.compile_verilog_a(path, tmp_path / "one")
    for name, value in {"CC": "false", "CFLAGS": "-ffast-math", "LDFLAGS": "-nosuch", "LANG": "C"}.items():
        monkeypatch.setenv(name, value)
    assert osdi.compile_verilog_a(path, tmp_path / "two").read_bytes() == first.read_bytes()
    others = {osdi.compile_verilog_a(path, tmp_path / "one", macros) for macros in ((), ("TWICE",))}
    (tmp_path / "value.inc").write_text("`define VALUE 2.0\n")
    others.add(osdi.compile_verilog_a(path, tmp_path / "one"))
    assert len(others) == 3
    assert first in others
    with pytest.raises(ValueError, match="macro 'TWICE=0': must be a name"):
        osdi.compile_verilog_a(path, defines=("TWICE=0",))
    with pytest.raises(ValueError, match="cannot be read: No such file"):
        osdi.compile_verilog_a(tmp_path / "nosuch.va")


def test_a_compiler_that_is_off_is_named(monkeypatch):
    """Kernels address memory: as plain Python they would fail in the middle of a simulation."""
    monkeypatch.setattr(jit.numba.config, "DISABLE_JIT", 1)
    with pytest.raises(machine.ToolError, match="NUMBA_DISABLE_JIT"):
        jit.kernel(abs)


def test_no_folder_for_temporary_files(monkeypatch):
    monkeypatch.setattr("tempfile.mkdtemp", lambda **_: (_ for _ in ()).throw(FileNotFoundError(2, "No usable one")))
    with (
        ouro.Ngspice() as engine,
        pytest.raises(machine.ToolError, match=r"no folder for temporary files .*: set TMPDIR"),
    ):
        engine.run(CELL.testbench(ouro.Pulse(-0.5, 20e-9)))
