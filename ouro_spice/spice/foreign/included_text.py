"""A model's text with all that it includes in its place: one text, wherever the files lie."""

from __future__ import annotations

import re
from pathlib import Path

from ...circuit import model_library
from ...device.foreign.description import Description

_DEPTH = 20
_VERILOG = re.compile(r'^[ \t]*`include[ \t]*"([^"\n]+)"[^\n]*$', re.MULTILINE)
_SPICE = re.compile(r"^[ \t]*\.(?:inc|lib)[^\n]*$", re.IGNORECASE | re.MULTILINE)
_COMMAND = re.compile(r"^[ \t]*(\.control|\*#|\.csparam)|\b(d_process|d_cosim)\b", re.IGNORECASE | re.MULTILINE)


def model_text(description: Description, folder: Path) -> str:
    """Return the text of a model beside its description.

    Raises
    ------
    ValueError
        For a file that is not there or no text, one that includes itself, and commands, which ngspice would execute.
    """
    path = folder / Path(description.model_file).expanduser()
    try:
        text = _verilog(path, ()) if description.kind == "verilog_a" else _spice(path, None, ())
    except ValueError as error:
        raise ValueError(f"{description.file}: [model] file = {description.model_file!r}: {error}") from None
    command = _COMMAND.search(text) if description.kind == "subckt" else None
    if command:
        raise ValueError(
            f"{description.file}: [model] file = {description.model_file!r}: it holds {command[0].strip()!r}, which "
            "ngspice would execute: take it out"
        )
    return text


def _read(path: Path, above: tuple[Path, ...]) -> str:
    if path.resolve() in above or len(above) > _DEPTH:
        raise ValueError(f"{path.name} includes itself")
    return model_library.read(path)


def _verilog(path: Path, above: tuple[Path, ...]) -> str:
    """Return a Verilog-A text; includes that are not there are the compiler's own."""
    text, chain = _read(path, above), (*above, path.resolve())

    def included(match: re.Match[str]) -> str:
        inner = path.parent / match[1]
        return _verilog(inner, chain) if inner.is_file() else match[0]

    return _VERILOG.sub(included, text)


def _spice(path: Path, section: str | None, above: tuple[Path, ...]) -> str:
    """Return a SPICE text, or a section of it."""
    whole, chain = _read(path, above), (*above, path.resolve())
    text = whole
    if section is not None:
        found = model_library.sections(whole).get(section.lower())
        if found is None:
            raise ValueError(f"{path.name} has no section {section!r}")
        text = found

    def included(match: re.Match[str]) -> str:
        for name, inner in model_library.references(match[0]):
            place = path.parent / Path(name).expanduser()
            if not place.is_file():
                raise ValueError(f"{path.name} includes {name!r}, which is no file")
            return _spice(place, inner, chain)
        return match[0]

    # the end of a deck inside a subcircuit would be the end of all
    return re.sub(r"^[ \t]*\.end[ \t]*$", "", _SPICE.sub(included, text), flags=re.IGNORECASE | re.MULTILINE)
