"""The cells between two cells: what makes them differ is switched on, one thing after the other."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from ...circuit.cell_kinds import Cell, memristor
from ...circuit.cells import Cell1R, Cell1T1R
from ...circuit.compact_cell import CompactCell
from ...circuit.crossbar import Crossbar
from ...circuit.drivers import WriteDriver
from ...circuit.parts import Driver, Lines, Resistor, Transistor
from ...circuit.process import Process
from ...circuit.pulse import SHORTEST_S
from ...circuit.selection import Selection
from ...device.memristor import Memristor
from ...simulation.write_voltages import Pair
from .operand import ComparedDataset


@dataclass(frozen=True)
class Access:
    """An access transistor with the line to its gate, lumped [Ohm, F]."""

    transistor: Transistor
    resistance: float
    capacitance: float
    process: Process


@dataclass(frozen=True)
class Drivers:
    """Line drivers made of transistors."""

    driver: WriteDriver
    process: Process


@dataclass(frozen=True)
class Around:
    """The array around a cell."""

    rows: int
    cols: int
    scheme: str | None
    read_scheme: str | None
    devices: tuple[Memristor | Resistor, ...] | None
    row: int
    col: Sequence[int]
    fidelity: str

    @classmethod
    def of(cls, cell: Selection) -> Around:
        """Return the array that a cell is selected in."""
        array = cell.array
        size = (array.rows, array.cols, array.scheme, array.read_scheme, array.devices)
        return cls(*size, cell.row, tuple(cell.cols), cell.fidelity)

    def build(self, cell: Cell1R | Cell1T1R) -> Selection:
        """Return the selected cell in the same array, made of other cells."""
        array = Crossbar(self.rows, self.cols, cell, self.scheme, self.read_scheme, self.devices)
        return Selection(array, self.row, self.col, self.fidelity)


@dataclass(frozen=True)
class Form:
    """A cell as the values of what can be switched on.

    Attributes
    ----------
    device
        The memristor, of the realisation "compiled" where it has several.
    voltages
        The pair; None: the cell's own one of 60 us.
    edges
        Whose edges the pulses have: "A", "B", or "none", the shortest there are.
    array
        What the cell stands in; None: it is alone.
    model, spice, behavioural
        Form of the model; whether SPICE solves it, and by plain sources.
    resistance
        In the path of the current [Ohm]: line at OE, line at AE, each contact, each driver.
    capacitance
        Of the lines at OE and AE [F].
    access, drivers
        Transistors.
    """

    device: Memristor
    voltages: Pair | None
    edges: str
    array: Around | None
    model: str
    spice: bool
    behavioural: bool
    resistance: tuple[float, float, float, float]
    capacitance: tuple[float, float]
    access: Access | None
    drivers: Drivers | None

    @classmethod
    def of(cls, side: ComparedDataset) -> Form:
        """Return the form of the cell of a compared dataset."""
        cell, recipe = side.cell, side.recipe
        device = memristor(cell)
        plain = _realised(device.replace(read_noise=None) if device.read_noise else device, "compiled")
        voltages = None if recipe.voltages == "60us" else recipe.pair
        edges = "none" if _shortest(side) else side.name
        if isinstance(cell, CompactCell):
            return cls(
                plain, voltages, edges, array=None, model=cell.model, spice=False, behavioural=False,
                resistance=(0.0, cell.resistance, 0.0, 0.0), capacitance=(0.0, 0.0), access=None, drivers=None,
            )  # fmt: skip
        resistance, capacitance = _lines(cell.alone)
        return cls(
            plain,
            voltages,
            edges,
            array=Around.of(cell) if isinstance(cell, Selection) else None,
            model="tud" if device.realisation == "tud" else "full",
            spice=True,
            behavioural=device.realisation == "behavioural",
            resistance=resistance,
            capacitance=capacitance,
            access=_access(cell.alone),
            drivers=_drivers(cell.alone),
        )

    def build(self) -> Cell | CompactCell:
        """Return the cell of the form; its reads are ideal ones, on which no pulse time depends."""
        oe, ae, contact, driver = self.resistance
        if not self.spice:
            return CompactCell(self.device, self.model, oe + ae + 2 * (contact + driver))
        realisation = "tud" if self.model == "tud" else "behavioural" if self.behavioural else "compiled"
        device, (c_oe, c_ae) = _realised(self.device, realisation), self.capacitance
        drives = self.drivers.driver if self.drivers else Driver(driver)
        transistors = self.access or self.drivers
        process = transistors.process if transistors else Process()
        if self.access:
            gate = {"r_wl": self.access.resistance, "c_wl": self.access.capacitance}
            lines = Lines(r_bl=oe, c_bl=c_oe, contact=contact, r_sl=ae, c_sl=c_ae, **gate)
            cell = Cell1T1R(device, lines, drives, self.access.transistor, process=process)
        else:
            lines = Lines(r_bl=oe, c_bl=c_oe, contact=contact, r_wl=ae, c_wl=c_ae)
            cell = Cell1R(device, lines, drives, process=process)
        return self.array.build(cell) if self.array else cell


@dataclass(frozen=True)
class Step:
    """What is switched, and the form of the cell behind it."""

    name: str
    after: Form


_UP = (
    ("model form", ("model",)),
    ("SPICE itself", ("spice",)),
    ("plain sources", ("behavioural",)),
    ("series resistance", ("resistance",)),
    ("line RC", ("capacitance",)),
    ("access transistor", ("access",)),
    ("driver transistors", ("drivers",)),
    ("edges", ("edges",)),
    ("array", ("array",)),
    ("voltages of B", ("voltages",)),
)
"""What is switched from A's value to B's, in this order."""


def chain(a: ComparedDataset, b: ComparedDataset) -> list[Step]:
    """Return the steps that lead from A's cell to B's, one difference switched in each; only those that there are.

    First A's edges, its array and voltages that are not its own 60 us pair are taken away, then each thing is switched
    to what it is in B. Line resistances are those of one segment until the array comes.

    Raises
    ------
    ValueError
        For a circuit as A and a compact cell as B.
    """
    now, end = Form.of(a), dataclasses.replace(Form.of(b), device=Form.of(a).device)
    if now.spice and not end.spice:
        raise ValueError("A is a circuit, B a compact cell: name the compact one first, or compare without the split")
    fits = all(getattr(now, name) == getattr(end, name) for name in ("array", "access", "model", "behavioural"))
    down = (
        ("voltages of A", {"voltages": None}),
        ("edges of A off", {"edges": "none"}),
        ("array of A off", {} if fits else {"array": None}),
    )
    steps = []
    changes = [*down, *((name, {one: getattr(end, one) for one in fields}) for name, fields in _UP)]
    for name, values in changes:
        after = dataclasses.replace(now, **values)
        if after != now:
            steps.append(Step(name, after))
            now = after
    return steps or [Step("same cell", now)]


def _realised(device: Memristor, realisation: str) -> Memristor:
    """Return a device of another realisation; as it is where a text of a user's own is the one that there is."""
    return device if device.realised.text else device.replace(realisation=realisation)


def _lines(cell: Cell1R | Cell1T1R) -> tuple[tuple[float, float, float, float], tuple[float, float]]:
    """Return the resistances [Ohm] and capacitances [F] in the path of a single cell's current, as `Form` has them."""
    lines = cell.lines
    ae, c_ae = (lines.r_sl, lines.c_sl) if isinstance(cell, Cell1T1R) else (lines.r_wl, lines.c_wl)
    driver = cell.driver.resistance if isinstance(cell.driver, Driver) else 0.0
    return (lines.r_bl, ae, lines.contact, driver), (lines.c_bl, c_ae)


def _access(cell: Cell1R | Cell1T1R) -> Access | None:
    """Return the access transistor of a single cell; None where there is none."""
    if not isinstance(cell, Cell1T1R):
        return None
    return Access(cell.transistor, cell.lines.r_wl, cell.lines.c_wl, cell.process)


def _drivers(cell: Cell1R | Cell1T1R) -> Drivers | None:
    """Return the drivers of a single cell that are made of transistors; None where they are ideal."""
    return Drivers(cell.driver, cell.process) if isinstance(cell.driver, WriteDriver) else None


def _shortest(side: ComparedDataset) -> bool:
    """Return whether all pulses of a dataset have the shortest edges that there are."""
    edges = side.data.frame[["rise_s", "fall_s"]].to_numpy(float)
    return bool((edges <= SHORTEST_S).all())
