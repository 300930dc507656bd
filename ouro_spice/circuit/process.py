"""The transistors of a circuit: the shipped 130 nm-class models, or the models of a process of your own."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from .. import assets
from ..checks import check_range
from . import library as files
from .parts import Transistor

SHIPPED = "mos_130"
"""The library of ``netlists/lib`` that is taken where none is given."""

_BEHAVIOURS = ("hs", "hsa", "ps", "psa", "lt", "lta", "ltps", "ltpsa", "spe", "ki", "kia", "all")


@dataclass(frozen=True)
class Process:
    """Where the transistors come from, how they are called and what they stand.

    Parameters
    ----------
    library, corner
        A file of models and the section of it; the whole file where the corner is None. None: the shipped library,
        with corners tt, ff and ss.
    nmos, pmos, core_nmos, core_pmos
        Names of the models: access and input/output transistors, and core transistors.
    kind
        "model": an element ``m..`` of a model; "subckt": an element ``x..`` of a subcircuit with ports drain, gate,
        source, bulk and parameters W and L.
    unit_m
        What the library counts W and L in [m]; 1e-6 for micrometres.
    gate_V, l_min, w_min
        Highest gate voltage [V], least length and width [m] of access and input/output transistors.
    core_V, core_l_min, core_w_min
        The same of core transistors.
    includes
        Files that are read before the library: a path, or a path with a section.
    osdi
        Compiled Verilog-A models that the library needs.
    behaviour
        Another SPICE's dialect that the library is written in: ngspice's ``ngbehavior``, "hsa" for most of them.

    Raises
    ------
    ValueError
        For a path that is no file, a section that its file lacks, a model that the shipped library lacks.
    """

    library: str | Path | None = None
    corner: str | None = "tt"
    nmos: str = "nmos_io"
    pmos: str = "pmos_io"
    core_nmos: str = "nmos_core"
    core_pmos: str = "pmos_core"
    kind: str = "model"
    unit_m: float = 1.0
    gate_V: float = 3.6
    l_min: float = 0.35e-6
    w_min: float = 0.4e-6
    core_V: float = 1.32
    core_l_min: float = 0.13e-6
    core_w_min: float = 0.16e-6
    includes: tuple[str | Path | tuple[str | Path, str], ...] = ()
    osdi: tuple[str | Path, ...] = ()
    behaviour: str | None = None

    def __post_init__(self) -> None:
        self._check_numbers()
        if self.kind not in ("model", "subckt"):
            raise ValueError(f"kind = {self.kind!r}: must be 'model' or 'subckt'")
        if self.behaviour is not None and self.behaviour not in _BEHAVIOURS:
            raise ValueError(f"behaviour = {self.behaviour!r}: there is {', '.join(_BEHAVIOURS)}")
        if self.library is None:
            self._check_shipped()
        else:
            self._keep("library", _file("library", self.library, self.corner))
        for name in ("includes", "osdi"):
            if isinstance(getattr(self, name), (str, Path)):
                raise ValueError(f"{name} = {getattr(self, name)!r}: must be a tuple of paths")
        self._keep("includes", tuple(_include(entry) for entry in self.includes))
        self._keep("osdi", tuple(_file("osdi", path, None) for path in self.osdi))

    def _keep(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    def _check_numbers(self) -> None:
        check_range("unit_m", self.unit_m, 1e-12, 1.0, "m")
        for name in ("gate_V", "core_V"):
            check_range(name, getattr(self, name), 0.1, 20, "V")
        for name in ("l_min", "w_min", "core_l_min", "core_w_min"):
            check_range(name, getattr(self, name), 1e-9, 1e-4, "m")
        for name in ("nmos", "pmos", "core_nmos", "core_pmos"):
            if not re.fullmatch(r"[A-Za-z_][\w.$-]*", str(getattr(self, name))):
                raise ValueError(f"{name} = {getattr(self, name)!r}: must be the name of a model")

    def _check_shipped(self) -> None:
        corners, models = _shipped()
        if self.corner not in corners:
            raise ValueError(f"corner = {self.corner!r}: {SHIPPED}.lib has the corners {', '.join(corners)}")
        if self.kind != "model" or self.unit_m != 1.0:
            raise ValueError(f"kind = {self.kind!r}, unit_m = {self.unit_m:g}: {SHIPPED}.lib has models, in metres")
        for name in ("nmos", "pmos", "core_nmos", "core_pmos"):
            there = [model for model, polarity in models.items() if polarity == name.removeprefix("core_")]
            if getattr(self, name) not in there:
                raise ValueError(f"{name} = {getattr(self, name)!r}: {SHIPPED}.lib has {', '.join(there)}")

    def lines(self) -> list[str]:
        """Netlist lines that load it: the shipped library as text, a library of your own by its path."""
        loaded = [_load(path, section) for path, section in self.includes]
        if self.library is not None:
            return [*loaded, _load(self.library, self.corner)]
        sections = files.sections(assets.library_text(SHIPPED))
        corner = [line for line in sections[self.corner].splitlines() if line.startswith(".param")]
        return [*loaded, *corner, sections["cards"]]

    def transistor(
        self,
        name: str,
        nodes: tuple[str, str, str, str],
        w: float,
        l: float,  # noqa: E741 - a gate length
        polarity: str = "n",
        core: bool = False,
    ) -> str:
        """The netlist line of a transistor.

        Parameters
        ----------
        name
            Without the letter of its kind.
        nodes
            Drain, gate, source, bulk.
        w, l
            Width and length [m].
        polarity, core
            "n" or "p"; whether it is a core transistor.

        Raises
        ------
        ValueError
            For another polarity, a W or L below the process's minimum.
        """
        if polarity not in ("n", "p"):
            raise ValueError(f"polarity = {polarity!r}: must be 'n' or 'p'")
        self._check_size(w, l, core)
        model = getattr(self, f"{'core_' if core else ''}{polarity}mos")
        unit = self.unit_m
        words = [*nodes, model, f"W={w / unit:.17g}", f"L={l / unit:.17g}"]
        if self.kind == "subckt":
            return " ".join([f"x{name}", *words])
        # source and drain reach half a micrometre beyond the gate
        area, edge = w * 0.5e-6 / unit**2, (2 * w + 1e-6) / unit
        words += [f"AD={area:.17g}", f"AS={area:.17g}", f"PD={edge:.17g}", f"PS={edge:.17g}"]
        return " ".join([f"m{name}", *words])

    def _check_size(self, w: float, l: float, core: bool = False) -> None:  # noqa: E741
        for name, value in (("w", w), ("l", l)):
            least = getattr(self, f"{'core_' if core else ''}{name}_min")
            if value < least * (1 - 1e-9):
                raise ValueError(f"transistor's {name} = {value:g} m is below the process's minimum of {least:g} m")

    def check(self, transistor: Transistor) -> None:
        """Raise ValueError for an access transistor that the process cannot make, or whose gate it does not stand."""
        self._check_size(transistor.w, transistor.l)
        for name in ("v_set", "v_reset", "v_read"):
            if getattr(transistor, name) > self.gate_V:
                volts = f"gate voltage {name} = {getattr(transistor, name):g} V"
                raise ValueError(f"{volts} is above the process limit gate_V = {self.gate_V:g} V")

    @property
    def portable(self) -> dict[str, object]:
        """All values, files without the folders they lie in."""
        values = dataclasses.asdict(self)
        values["library"] = Path(self.library).name if self.library else None
        values["includes"] = [[Path(path).name, section] for path, section in self.includes]
        values["osdi"] = [Path(path).name for path in self.osdi]
        return values

    @property
    def hashes(self) -> dict[str, str]:
        """SHA-256 of the content by file name: a library with its includes, its compiled models."""
        compiled = {Path(path).name: assets.sha256(Path(path)) for path in self.osdi}
        if self.library is None:
            own = {f"{SHIPPED}.lib": assets.sha256(assets.library(SHIPPED))}
            if self.includes:
                own["includes"] = files.digest(self.includes)
            return own | compiled
        entries = (*self.includes, (self.library, self.corner))
        return {Path(self.library).name: files.digest(entries)} | compiled

    def identity(self) -> list[str]:
        """What stands for the lines of `lines` in a hash: the same on every machine, wherever the files lie."""
        if self.library is None and not self.includes and not self.osdi:
            return self.lines()
        return [f"* {name} {digest}" for name, digest in self.hashes.items()] + [f"* {self.corner} {self.behaviour}"]

    def blame(self, log: Sequence[str]) -> list[str]:
        """What a simulator's log says about a model that the library lacks: one line, or none."""
        names = {name.lower() for name in (self.nmos, self.pmos, self.core_nmos, self.core_pmos)}
        for line in log:
            refused = re.search(r"unknown subckt:|can't find (?:model|subcircuit)|unknown model", line, re.IGNORECASE)
            missing = [word for word in re.split(r"[\s'\",]+", line.lower()) if word in names]
            if refused and missing:
                where = f"{self.library or SHIPPED + '.lib'}, corner {self.corner}"
                kind = "a subcircuit" if self.kind == "subckt" else "a model"
                return [f"error: {where}, has no {missing[0]!r} that is {kind}"]
        return []


def _file(name: str, path: str | Path, section: str | None) -> str:
    """The absolute path of a file; ValueError where it is none or lacks the section."""
    place = Path(path).expanduser().absolute()
    if not place.is_file():
        raise ValueError(f"{name} = {str(path)!r}: no such file")
    if re.search(r"[\s'\"]", str(place)):
        raise ValueError(f"{name} = {str(path)!r}: ngspice reads no path with spaces; set a link to its folder")
    if section is not None:
        there = files.sections(files.read(place))
        if str(section).lower() not in there:
            found = ", ".join(sorted(there)) or "no sections; corner=None takes the whole file"
            raise ValueError(f"corner = {section!r}: {place.name} has {found}")
    return str(place)


def _include(entry: str | Path | tuple[str | Path, str]) -> files.Entry:
    path, section = entry if isinstance(entry, tuple) else (entry, None)
    return _file("includes", path, section), section


def _load(path: str, section: str | None) -> str:
    return f".include {path}" if section is None else f".lib {path} {section}"


def _shipped() -> tuple[list[str], dict[str, str]]:
    """Corners of the shipped library, and its models with their types."""
    return _contents(assets.library_text(SHIPPED))


@lru_cache(maxsize=8)
def _contents(text: str) -> tuple[list[str], dict[str, str]]:
    sections = files.sections(text)
    models = dict(re.findall(r"^\.model (\w+) ([np]mos)", sections["cards"], re.MULTILINE))
    return [name for name in sections if name != "cards"], models
