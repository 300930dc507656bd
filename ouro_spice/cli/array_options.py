"""The options that describe an array, what it holds and what it is sent, for every command that takes one."""

from __future__ import annotations

import dataclasses
import enum
import functools
import inspect
import typing
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from .._util.checks import check_amplitude, check_range, check_width
from .._util.number_words import read_number
from ..circuit.cells import Cell1R, Cell1T1R
from ..circuit.crossbar import Crossbar
from ..circuit.pulse import Pulse
from ..device.state import State
from .cells import TOTAL_S, CellOptions, takes_a_cell
from .output import Seed, option
from .quantity import quantity

_WIDTH_S = 1e-6


class Direction(enum.Enum):
    """Of a pulse whose amplitude is not given."""

    SET = "set"
    RESET = "reset"


class Fidelities(enum.Enum):
    """Which memristors follow their state equation."""

    FULL = "full"
    FROZEN = "frozen"
    CIRCUIT = "circuit"


class ReadFidelities(enum.Enum):
    """Name the solver of reads and products."""

    FULL = "full"
    CIRCUIT = "circuit"


@dataclass(frozen=True)
class ArrayOptions:
    """Size, lines that are not selected, devices that differ, conductances at the start."""

    rows: Annotated[int, typer.Option(min=1, help="Word lines.")] = 8
    cols: Annotated[int, typer.Option(min=1, help="Bit lines.")] = 8
    scheme: Annotated[
        str | None, option("Lines that are not selected, 1r: half, third, grounded, floating.")
    ] = None  # fmt: skip
    d2d: Annotated[str | None, option("Devices that differ, by this law: ten_percent, in_use or yu.")] = None
    g: Annotated[str | None, option("Conductance of all cells, as 150uS, or the word random.")] = None
    g_map: Annotated[Path | None, option("Conductances [S], CSV, a line a word line.")] = None
    seed: Seed = 0

    def build(self, cell: CellOptions, reading: bool = False) -> Crossbar:
        """Return the array; `scheme` is that of reads where these are what is done.

        Raises
        ------
        ValueError
            For a compact cell, or a scheme or law that is none.
        """
        import numpy as np

        described = cell.build()
        if not isinstance(described, Cell1R | Cell1T1R):
            raise ValueError(f"--cell {cell.cell.value}: an array is made of 1r or 1t1r cells")
        scheme, read_scheme = (None, self.scheme) if reading else (self.scheme, None)
        array = Crossbar(self.rows, self.cols, described, scheme, read_scheme)
        return array if self.d2d is None else array.draw(np.random.default_rng(self.seed), self.d2d)

    def start(self, array: Crossbar, high: bool) -> State:
        """Return the state at the start.

        Where no conductances are given all cells are at the high or low end of their window.

        Raises
        ------
        ValueError
            For both options at once, a file that is no map of the array, or a conductance that a cell cannot have.
        """
        import numpy as np

        from .._util.tables.number_map import read_map

        if self.g is not None and self.g_map is not None:
            raise ValueError("--g and --g-map: give one of them")
        if self.g_map is not None:
            values = read_map(self.g_map, array.rows, array.cols)
            try:
                return array.state(values)
            except ValueError as error:
                raise ValueError(f"{self.g_map}: {error}") from error
        bounds = array.ensemble.bounds
        if self.g is None:
            return array.state().moved(bounds[int(high)])
        if self.g == "random":
            low, top = array.ensemble.ranges_S
            shares = np.random.default_rng((self.seed, 1)).uniform(size=array.size)
            return array.state((low + shares * (top - low)).reshape(array.rows, array.cols))
        try:
            value = read_number("--g", self.g, "S")
        except ValueError as error:
            raise ValueError(f"{error}, or the word random") from None
        return array.state(value)


@dataclass(frozen=True)
class PulseOptions:
    """The pulse; its amplitude is searched where it is not given."""

    amplitude: Annotated[
        float | None,
        quantity(
            "V",
            "At the driver, SET negative. By default that at which the cell alone crosses its window in the width, "
            "see `ouro-spice pair`.",
        ),
    ] = None
    direction: Annotated[Direction, typer.Option(help="Where no amplitude is given.")] = Direction.SET
    width: Annotated[float, quantity("s", "Time at full amplitude.", default=_WIDTH_S)] = _WIDTH_S
    rise: Annotated[float, quantity("s", "Rise.", default=Pulse.rise)] = Pulse.rise
    fall: Annotated[float, quantity("s", "Fall.", default=Pulse.fall)] = Pulse.fall
    accept_implausible: Annotated[
        bool, typer.Option("--accept-implausible", help="Take a width above 1 s, or an amplitude below 20 mV.")
    ] = False

    @property
    def resets(self) -> bool:
        """Return whether the pulse is a RESET."""
        return self.direction is Direction.RESET if self.amplitude is None else self.amplitude > 0

    def build(self, cell: Cell1R | Cell1T1R) -> Pulse:
        """Return the pulse; ValueError for a value out of range, or where no amplitude crosses the window in time."""
        wanted = Pulse(self.amplitude or 0.0, self.width, self.rise, self.fall)
        check_width("--width", self.width, accept=self.accept_implausible)
        if self.amplitude is not None:
            if self.amplitude:
                check_amplitude("--amplitude", self.amplitude, accept=self.accept_implausible)
            return wanted
        check_range("without --amplitude, --width", self.width, *TOTAL_S, "s")
        from ..simulation.write_voltages import pair

        found = pair(cell, self.width)
        return dataclasses.replace(wanted, amplitude=found.v_reset if self.resets else found.v_set)


def takes_an_array(*kinds: type) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return a decorator: the command gets the options of a cell and of these kinds behind its own.

    It gets a `CellOptions` and an object of each kind as its first arguments.
    """

    def decorated(command: Callable[..., None]) -> Callable[..., None]:
        own = list(inspect.signature(command, eval_str=True).parameters.values())[1 + len(kinds) :]
        more = [one for kind in kinds for one in _parameters(kind)]

        @functools.wraps(command)
        def run(cell: CellOptions, **options: Any) -> None:
            given = [kind(**{f.name: options.pop(f.name) for f in dataclasses.fields(kind)}) for kind in kinds]
            command(cell, *given, **options)

        first = inspect.Parameter("cell", inspect.Parameter.POSITIONAL_OR_KEYWORD)
        every = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in own] + more
        vars(run)["__signature__"] = inspect.Signature([first, *every])
        del run.__wrapped__
        return takes_a_cell(run)

    return decorated


def _parameters(kind: type) -> list[inspect.Parameter]:
    """Return the options of a kind as parameters of a command."""
    hints = typing.get_type_hints(kind, include_extras=True)
    return [
        inspect.Parameter(f.name, inspect.Parameter.KEYWORD_ONLY, default=f.default, annotation=hints[f.name])
        for f in dataclasses.fields(kind)
    ]
