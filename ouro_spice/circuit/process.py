"""The transistors of a circuit: the shipped 130 nm-class models, or the models of a process of your own."""

from __future__ import annotations

import dataclasses
import hashlib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from .._util import assets
from .._util.checks import check_range
from . import model_library as files
from . import process_files
from .parts import Transistor, check_gate

SHIPPED = "mos_130"
"""The library of ``netlists/lib`` that is taken where none is given."""

UNSAID = {"init": None, "params": (), "w_max": None, "allow_commands": False}
"""Values that a description leaves out: older descriptions lack them."""

_BEHAVIOURS = ("hs", "hsa", "ps", "psa", "lt", "lta", "ltps", "ltpsa", "spe", "ki", "kia", "all")


@dataclass(frozen=True)
class Process:
    """Where the transistors come from, how they are called and what they stand.

    Parameters
    ----------
    library, corner
        A file of models and its section, None: the whole file; no file: the shipped library, corners tt, ff and ss.
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
        Compiled Verilog-A models that the library needs: native code, which runs with your rights.
    behaviour
        Another SPICE's dialect that the library is written in: ngspice's ``ngbehavior``, "hsa" for most of them.
    init
        A file of ngspice commands that come before the netlist, as a PDK's ``.spiceinit``. No other one is ever read.
    params
        Parameters ``{name: number}`` that are set behind the library, over what it sets itself.
    w_max
        Widest transistor that the models are made for [m]; wider ones become parallel fingers of equal width.
    allow_commands
        Whether a library may hold commands, which ngspice executes; they can start any program.

    Raises
    ------
    ValueError
        For a file, section or shipped model that is not there, a library that lacks an include or holds commands.
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
    includes: tuple[str | Path | tuple[str | Path, str | None], ...] = ()
    osdi: tuple[str | Path, ...] = ()
    behaviour: str | None = None
    init: str | Path | None = None
    params: Mapping[str, float] | tuple[tuple[str, float], ...] = ()
    w_max: float | None = None
    allow_commands: bool = False

    def __post_init__(self) -> None:
        self._check_numbers()
        if self.kind not in ("model", "subckt"):
            raise ValueError(f"kind = {self.kind!r}: must be 'model' or 'subckt'")
        if self.behaviour is not None and self.behaviour not in _BEHAVIOURS:
            raise ValueError(f"behaviour = {self.behaviour!r}: there is {', '.join(_BEHAVIOURS)}")
        if self.library is None:
            self._check_shipped()
        else:
            self._keep("library", process_files.file("library", self.library, self.corner))
        for name in ("includes", "osdi"):
            if not isinstance(getattr(self, name), (tuple, list)):
                raise ValueError(f"{name} = {getattr(self, name)!r}: must be a tuple of paths")
        self._keep("includes", tuple(process_files.include(entry) for entry in self.includes))
        self._keep("osdi", tuple(process_files.file("osdi", path) for path in self.osdi))
        self._keep("params", process_files.params(self.params))
        if self.init is not None:
            self._keep("init", process_files.file("init", self.init))
            process_files.commands(self.init)
        if not isinstance(self.allow_commands, bool):
            raise ValueError(f"allow_commands = {self.allow_commands!r}: must be True or False")
        self._check_content()

    def _keep(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    def _check_numbers(self) -> None:
        check_range("unit_m", self.unit_m, 1e-12, 1.0, "m")
        for name in ("gate_V", "core_V"):
            check_range(name, getattr(self, name), 0.1, 20, "V")
        for name in ("l_min", "w_min", "core_l_min", "core_w_min"):
            check_range(name, getattr(self, name), 1e-9, 1e-4, "m")
        if self.w_max is not None:
            check_range("w_max", self.w_max, 2 * max(self.w_min, self.core_w_min), 1.0, "m")
        for name in ("nmos", "pmos", "core_nmos", "core_pmos"):
            if not re.fullmatch(r"[A-Za-z_][\w.$-]*", f"{getattr(self, name) or ''}", re.ASCII):
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

    @property
    def entries(self) -> tuple[files.Entry, ...]:
        """Return the files of your own that are read, in their order, with their sections."""
        own = () if self.library is None else ((str(self.library), self.corner),)
        return (*map(process_files.entry, self.includes), *own)

    @property
    def pspice(self) -> bool:
        """Return whether ``.lib`` is an include, as in the dialects of PSpice and LTspice."""
        return (self.behaviour or "")[:2] in ("ps", "lt")

    @property
    def scan(self) -> files.Scan:
        """Return what the files of your own hold, summed up."""
        return files.scan(self.entries, self.pspice)

    def _check_content(self) -> None:
        """Raise ValueError where files of your own lack something, or hold commands that are not allowed."""
        if self.pspice and any(section for _, section in self.entries):
            raise ValueError(
                f"behaviour = {self.behaviour!r}: that dialect knows no sections; corner=None takes a whole file"
            )
        command = self.scan.command
        if command and not self.allow_commands:
            raise ValueError(
                f"{command}: ngspice would execute it, and it can start any program; take it out, or "
                "say allow_commands=True if you trust it"
            )

    def lines(self) -> list[str]:
        """Return the netlist lines that load the models: the shipped ones as text, a library by its path."""
        self._check_content()  # files may have changed
        loaded = [_load(path, section) for path, section in self.entries]
        if self.library is None:
            sections = files.sections(assets.library_text(SHIPPED))
            corner = [line for line in sections[str(self.corner)].splitlines() if line.startswith(".param")]
            loaded += [*corner, sections["cards"]]
        return [*loaded, *(f".param {name}={value:.17g}" for name, value in self.params)]  # the last one counts

    @property
    def commands(self) -> str:
        """Return the text of `init`, "" without one."""
        return process_files.commands(self.init) if self.init else ""

    def transistor(
        self,
        name: str,
        nodes: tuple[str, str, str, str],
        w: float,
        l: float,  # noqa: E741 - a gate length
        polarity: str = "n",
        core: bool = False,
    ) -> str:
        """Return the netlist line of a transistor; of one wider than `w_max` the lines of its fingers.

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
        n = self.fingers(w)
        names = [name] if n == 1 else [f"{name}_{k}" for k in range(n)]
        return "\n".join(self._element(one, nodes, model, w / n, l) for one in names)

    def fingers(self, w: float) -> int:
        """Return the number of parallel fingers of a transistor of width `w` [m]; some libraries ignore ``m=``."""
        return 1 if self.w_max is None else max(1, math.ceil(w / self.w_max * (1 - 1e-9)))

    def _element(self, name: str, nodes: tuple[str, ...], model: str, w: float, l: float) -> str:  # noqa: E741
        """Return the netlist line of one finger."""
        unit = self.unit_m
        words = [*nodes, model, f"W={w / unit:.17g}", f"L={l / unit:.17g}"]
        if self.kind == "subckt":
            return " ".join([f"x{name}", *words])
        # source and drain reach half a micrometre beyond the gate
        area, edge = w * 0.5e-6 / unit**2, (2 * w + 1e-6) / unit
        words += [f"AD={area:.17g}", f"AS={area:.17g}", f"PD={edge:.17g}", f"PS={edge:.17g}"]
        return " ".join([f"m{name}", *words])

    def _check_size(self, w: float, l: float, core: bool = False) -> None:  # noqa: E741
        """Raise ValueError for a width or length [m] below the process's minimum."""
        for name, value in (("w", w), ("l", l)):
            least = getattr(self, f"{'core_' if core else ''}{name}_min")
            if value < least * (1 - 1e-9):
                raise ValueError(f"transistor's {name} = {value:g} m is below the process's minimum of {least:g} m")

    def check(self, transistor: Transistor) -> None:
        """Raise ValueError for an access transistor that the process cannot make, or whose gate it does not stand."""
        self._check_size(transistor.w, transistor.l)
        for name in ("v_set", "v_reset", "v_read"):
            check_gate(name, getattr(transistor, name), self.gate_V)

    @property
    def portable(self) -> dict[str, object]:
        """Return all values, files without their folders; those of `UNSAID` only where they are not the defaults."""
        values = dataclasses.asdict(self)
        values["init"] = Path(self.init).name if self.init else None
        values["params"] = [list(pair) for pair in self.params] or ()
        values["library"] = Path(self.library).name if self.library else None
        values["includes"] = [[Path(path).name, section] for path, section in map(process_files.entry, self.includes)]
        values["osdi"] = [Path(path).name for path in self.osdi]
        return {name: value for name, value in values.items() if name not in UNSAID or value != UNSAID[name]}

    @property
    def hashes(self) -> dict[str, str]:
        """Return the SHA-256 of each file by its name: library with includes, compiled models, commands."""
        compiled = {Path(path).name: assets.sha256(Path(path)) for path in self.osdi}
        if self.init:
            compiled["init"] = hashlib.sha256(self.commands.encode()).hexdigest()
        if self.library is None:
            own = {f"{SHIPPED}.lib": assets.text_sha256(assets.library(SHIPPED))}
            if self.includes:
                own["includes"] = self.scan.digest
            return own | compiled
        return {Path(self.library).name: self.scan.digest} | compiled

    @property
    def content(self) -> tuple[str, ...]:
        """Return hashes of what its files hold now: results from before a change are not taken any more."""
        return tuple(self.identity()) if self.entries or self.osdi or self.init else ()

    def identity(self) -> list[str]:
        """Return what stands for `lines` in a hash: the same on every machine, wherever the files lie."""
        if self.library is None and not self.includes and not self.osdi and not self.init:
            return self.lines()
        params = [f"* {name}={value:.17g}" for name, value in self.params]
        content = [f"* {name} {digest}" for name, digest in self.hashes.items()]
        return [*content, f"* {self.corner} {self.behaviour}", *params]


def _load(path: str, section: str | None) -> str:
    return f".include {path}" if section is None else f".lib {path} {section}"


def _shipped() -> tuple[list[str], dict[str, str]]:
    """Return the corners of the shipped library, and the types of its models by name."""
    return _contents(assets.library_text(SHIPPED))


@lru_cache(maxsize=8)
def _contents(text: str) -> tuple[list[str], dict[str, str]]:
    sections = files.sections(text)
    models = dict(re.findall(r"^\.model (\w+) ([np]mos)", sections["cards"], re.MULTILINE))
    return [name for name in sections if name != "cards"], models
