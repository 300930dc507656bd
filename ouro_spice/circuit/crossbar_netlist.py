"""The netlist of an array: drivers, lines as RC ladders, cells, and where everything is recorded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ..device.foreign.verilog_text import VerilogText
from ..device.memristor import Memristor
from ..device.state import State
from ..device.state_variable import StateVariable
from .array_protocol import Array
from .drivers import Drive, drive, libraries, wrappers
from .memristor_group import MemristorGroup
from .parts import Driver, Resistor
from .pulse import PWL
from .testbench import Record

LineVoltages = Mapping[str, PWL | None]
"""Voltage of each line's driver by name: ``wl3``, ``bl0``, ``sl0``; None where the line floats."""

Walks = Mapping[int, Mapping[str, PWL]]

BULK = "bulk"
"""Node of all bulks, behind 1 Ohm: its voltage in V is the current in A that flows out of them.

A source of 0 V in its place would stop the transients of large arrays that begin under voltage: the rounding of all
charges over a tiny first step is a current, and Newton's method checks that of a source against abstol.
"""


def dissected(rows: range, cols: range) -> Iterator[tuple[int, int]]:
    """Yield the cells of an array in the order of nested dissection: one half, the other half, then what lies between.

    Nodes are numbered as the netlist names them, and the order in which KLU eliminates them, by minimum degree, takes
    that number where degrees are equal: in this order its factors of a large array are a fifth cheaper than row by row.
    """
    if len(rows) * len(cols) <= 1:
        yield from ((row, col) for row in rows for col in cols)
    elif len(rows) >= len(cols):
        half = len(rows) // 2
        yield from dissected(rows[:half], cols)
        yield from dissected(rows[half + 1 :], cols)
        yield from ((rows[half], col) for col in cols)
    else:
        half = len(cols) // 2
        yield from dissected(rows, cols[:half])
        yield from dissected(rows, cols[half + 1 :])
        yield from ((row, cols[half]) for row in rows)


@dataclass
class ArrayNetlist:
    """The netlist of an array under way.

    Parameters
    ----------
    array
        What is built.
    drives
        Voltages of all lines.
    state
        Where the memristors stand.
    walks
        Walks of some of them.
    active
        Places of the memristors that follow their state equation; the others are held still. None: all. Where a row of
        1T1R cells has none, its gates are held at 0 V: that row's word line is left out.
    paths
        What is at lines beside their drivers.
    follow
        Whether drivers made of transistors follow the voltages, see `drivers.drive`; beside paths they do.
    """

    array: Array
    drives: LineVoltages
    state: State
    walks: Walks
    active: frozenset[int] | None = None
    paths: tuple[Drive, ...] = ()
    follow: bool = False
    elements: list[str] = field(default_factory=list)
    nodes: list[str] = field(default_factory=list)
    driven: list[Drive] = field(default_factory=list)

    def __post_init__(self) -> None:
        array = self.array
        memristors = (device for device in array.devices or (array.cell.device,) if isinstance(device, Memristor))
        self.memristors = MemristorGroup(next((device.realised for device in memristors), None))
        self._grounded = set() if self.active is None or not array.gated else self._quiet_rows(self.active)
        self.lines = {name: self._line(name) for name in array.lines if name not in self._grounded}
        for name in self._grounded:
            self.lines[name] = ["0"] * array.cols
        self._ends = {end: [""] * array.size for end in ("ae", "oe")}
        for row, col in dissected(range(array.rows), range(array.cols)):
            self._cell(row * array.cols + col)
        if array.gated:
            self.elements.append(f"r{BULK} {BULK} 0 1")
        self.parts = (*self.driven, *self.paths)

    def _quiet_rows(self, active: frozenset[int]) -> set[str]:
        """Return the word lines of rows without an active memristor whose gates stay at 0 V."""
        busy = {k // self.array.cols for k in active}
        gates = {name: self.drives[name] for name in (f"wl{row}" for row in range(self.array.rows) if row not in busy)}
        return {name for name, pwl in gates.items() if pwl is not None and not any(pwl.volts)}

    def _line(self, name: str) -> list[str]:
        """Add a driver and its line; return the line's node at each cell."""
        kind, lines = name[:2], self.array.cell.lines
        count = self.array.cols if kind == "wl" else self.array.rows
        r, c = getattr(lines, f"r_{kind}"), getattr(lines, f"c_{kind}")
        driver = self.array.cell.driver
        gate = self.array.gated and kind == "wl"
        one = drive(driver, name, self.drives[name], gate, follow=(self.follow or bool(self.paths)) and not gate)
        self.driven.append(one)
        self.elements += one.elements
        node, nodes = one.node, []
        if self.drives[name] is None and isinstance(driver, Driver) and not driver.resistance:
            self.nodes.append(node)  # nothing holds it
        for k in range(count):
            resistance = r + (one.resistance if k == 0 else 0.0)
            if resistance > 0:
                before, node = node, f"{name}_{k}"
                self.elements.append(f"r{node} {before} {node} {resistance:.17g}")
                self.nodes.append(node)
            elif k == 0 and isinstance(driver, Driver) and driver.resistance > 0:
                # it floats: the node behind the driver's resistance, which belongs to the state, keeps its name
                before, node = node, f"{name}_{k}"
                self.elements.append(f"vshort{name} {before} {node} 0")
                self.nodes.append(node)
            if c > 0:
                self.elements.append(f"c{name}_{k} {node} 0 {c:.17g}")
            nodes.append(node)
        return nodes

    def _cell(self, k: int) -> None:
        """Add the cell at a place: contacts, access transistor, device."""
        array = self.array
        row, col = divmod(k, array.cols)
        name = f"{row}_{col}"
        oe = self._contact(f"oe{name}", self.lines[f"bl{col}"][row])
        t = array.cell.access
        if t is not None:
            ae = f"ae{name}"
            self.nodes.append(ae)
            source = self._contact(f"source{name}", self.lines[f"sl{col}"][row])
            gate = self.lines[f"wl{row}"][col]
            self.elements.append(array.cell.process.transistor(f"access{name}", (ae, gate, source, BULK), t.w, t.l))
        else:
            ae = self._contact(f"ae{name}", self.lines[f"wl{row}"][col])
        self._ends["ae"][k], self._ends["oe"][k] = ae, oe
        device = array.device_at(k)
        if isinstance(device, Resistor):
            self.elements.append(f"rcell{name} {ae} {oe} {device.resistance:.17g}")
            return
        still = self.active is not None and k not in self.active
        try:
            self.memristors.add(device, self.state.x[k], f"cell{name}", ae, oe, self.walks.get(k), still)
        except ValueError as error:
            raise ValueError(f"cell ({row}, {col}): {error}") from error

    def _contact(self, node: str, line: str) -> str:
        """Return the device's own node behind a contact, which is added, or the line itself."""
        contact = self.array.cell.lines.contact
        if contact == 0:
            return line
        self.elements.append(f"rcontact_{node} {line} {node} {contact:.17g}")
        self.nodes.append(node)
        return node

    def strangers(self) -> list[str]:
        """Return the nodes of the state that this circuit lacks, but for those of lines that are held or left out."""
        known = set(self.state_nodes)
        held = {f"{name}_driver" for name in self.array.lines}
        left_out = tuple(f"{name}_" for name in self._grounded)
        return [
            node
            for node in self.state.volts
            if node not in known and node not in held and not (left_out and node.startswith(left_out))
        ]

    # ---- what a testbench needs

    @property
    def netlist(self) -> tuple[str, ...]:
        """Return all lines of the netlist."""
        shared = wrappers(self.array.cell.process, self.array.cell.driver) if libraries(self.parts) else []
        paths = (line for path in self.paths for line in path.elements)
        return (*shared, *self.memristors.cards, *self.memristors.lines, *self.elements, *paths)

    @property
    def transistors(self) -> bool:
        """Return whether there is any transistor."""
        return self.array.gated or bool(libraries(self.parts))

    @property
    def libraries(self) -> tuple[str, ...]:
        """Return the names of the subcircuit libraries that the netlist needs."""
        return (*self.memristors.libraries, *libraries(self.parts))

    @property
    def texts(self) -> tuple[str, ...]:
        """Return netlist lines of models that are a user's own, which the netlist needs."""
        return (self.memristors.text,) if self.memristors.text else ()

    @property
    def models(self) -> tuple[str | VerilogText, ...]:
        """Return the names of the compiled models that it needs."""
        return self.memristors.models

    @property
    def state_nodes(self) -> tuple[str, ...]:
        """Return the nodes whose voltages belong to the state."""
        return tuple(dict.fromkeys([*self.nodes, *(node for one in self.driven for node in one.nodes)]))

    def probes(self, k: int) -> list[tuple[str, str]]:
        """Return the traces of one cell and their ngspice vectors."""
        found = [(f"v_{end}", f"v({nodes[k]})") for end, nodes in self._ends.items()]
        if isinstance(self.array.device_at(k), Memristor):
            row, col = divmod(k, self.array.cols)
            found += self.memristors.probes(f"cell{row}_{col}")
        return found

    @property
    def record(self) -> Record:
        """Return the record of all cells: voltages, states, bounds."""
        array, maps = self.array, {f"v_{end}": tuple(f"v({node})" for node in ends) for end, ends in self._ends.items()}
        for kind in ("bl", "wl", "sl") if array.gated else ("bl", "wl"):
            nodes = (self._at(kind, *divmod(k, array.cols)) for k in range(array.size))
            maps[f"v_{kind}"] = tuple(f"v({node})" for node in nodes)
        bounds = [getattr(array.device_at(k), "reach", (1.0, 1.0)) for k in range(array.size)]
        realised, variables = self.memristors.realised, [_variables(array.device_at(k)) for k in range(array.size)]
        return Record(
            shape=(array.rows, array.cols),
            maps=tuple(maps.items()),
            states=tuple(self._states(k) for k in range(array.size)),
            start=self.state.x,
            exponential=bool(realised and realised.exponential),
            bounds=tuple(bounds),
            limits=tuple(tuple((one.low, one.high) for one in states) for states in variables),
            log=any(states[0].scale == "log" for states in variables if states),
        )

    def _at(self, kind: str, row: int, col: int) -> str:
        return self.lines[f"wl{row}"][col] if kind == "wl" else self.lines[f"{kind}{col}"][row]

    def _states(self, k: int) -> tuple[str, ...]:
        """Return the vectors that hold the state of the memristor at a place; () where it stands still."""
        if isinstance(self.array.device_at(k), Resistor) or (self.active is not None and k not in self.active):
            return ()
        row, col = divmod(k, self.array.cols)
        return self.memristors.states(f"cell{row}_{col}")


def _variables(device: Memristor | Resistor) -> tuple[StateVariable, ...]:
    """Return the state variables of a device, none of a resistor."""
    return device.variables if isinstance(device, Memristor) else ()
