"""What a driver's decoder selects in an array: one cell, or cells of a row, as a cell that is pulsed and read."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._util.checks import check_count, check_part, shown
from .._util.display import brief, shows
from ..device.memristor import Memristor
from ..device.state import State
from .array_protocol import Array
from .array_testbench import netlist, testbench
from .bias import Bias
from .cells import Cell1R, Cell1T1R
from .crossbar_netlist import ArrayNetlist, LineVoltages
from .drivers import Drive
from .parts import Driver, Read, Resistor, Transistor
from .pulse import PWL, Parallel
from .pulse_part import windows
from .stimuli import Stimulus, checked, followed
from .testbench import Testbench

FIDELITIES = ("full", "frozen", "circuit")


def check_fidelity(fidelity: object) -> None:
    """Raise ValueError for what is none of `FIDELITIES`."""
    if not isinstance(fidelity, str) or fidelity not in FIDELITIES:
        raise ValueError(f"fidelity = {shown(fidelity)}: there is {', '.join(FIDELITIES)}")


@dataclass(frozen=True)
class Selection:
    """One cell of an array, or several of one row, with everything around them.

    It is pulsed and read like a single cell. Its state is that of the whole array; traces are those of the (first)
    cell, with ``@row,col`` appended those of further ones, and ``v_bl3``, ``i_bl3`` those of the line's driver.

    Parameters
    ----------
    array
        The array.
    row, cols
        The selected cells.
    fidelity
        "full": every memristor of the array follows its state equation. "frozen": those that provably do not switch
        are held at their static I-V; `Waveform.fidelity` says which and how far off that is. "circuit": pulses are
        solved without SPICE, by one factorisation of the lines and the devices' kernels, without the delay of lines;
        `Waveform.fidelity` says how far that is from full SPICE on a sample. Reads are those of "frozen".
    active
        Places of the memristors that follow their state equation, counted row by row; all where None. A run at
        fidelity "frozen" finds them.
    """

    array: Array
    row: int
    cols: Sequence[int]
    fidelity: str = "full"
    active: frozenset[int] | None = None

    def __post_init__(self) -> None:
        if isinstance(self.cols, str) or not isinstance(self.cols, Iterable):
            raise ValueError(f"cols = {shown(self.cols)} must be a tuple of columns")
        object.__setattr__(self, "cols", tuple(self.cols))
        for name, values, count in (("row", (self.row,), self.array.rows), ("col", self.cols, self.array.cols)):
            for value in values:
                check_count(name, value, 0)
                if value >= count:
                    raise ValueError(f"{name} = {value}: the array has the {name}s 0 .. {count - 1}")
        if not self.cols or len(set(self.cols)) != len(self.cols):
            raise ValueError(f"cols = {self.cols}: select one or more cells, each once")
        check_fidelity(self.fidelity)
        if self.fidelity == "circuit":
            self._check_solved()
        if self.fidelity == "frozen" and isinstance(self.array.cell.device, Memristor):
            self.array.cell.device.require("frozen", f"cell ({self.row}, {self.cols[0]})")
        if self.active is not None:
            for place in self.active:
                check_count("active", place, 0)
            if max(self.active, default=0) >= self.array.size:
                raise ValueError(f"active = {sorted(self.active)}: the array has the places 0 .. {self.array.size - 1}")
            object.__setattr__(self, "active", frozenset(self.active) | set(self.indices))

    def _check_solved(self) -> None:
        """Raise ValueError for what fidelity "circuit" cannot solve."""
        if self.active is not None:
            raise ValueError('active: fidelity "circuit" holds no memristor still')
        if not isinstance(self.array.cell.driver, Driver):
            raise ValueError('fidelity "circuit": drivers made of transistors are in SPICE alone; take a Driver')
        different = {id(one): one for one in self.array.devices or (self.array.cell.device,)}.values()
        for one in different:
            if isinstance(one, Memristor):
                one.require("solved", 'fidelity "circuit"')
        for k in self.indices:
            if isinstance(one := self.device_at(k), Memristor) and one.walk is not None:
                where = "cell ({}, {})".format(*divmod(k, self.array.cols))
                raise ValueError(f'fidelity "circuit": {where} walks from cycle to cycle, in arrays in SPICE alone')

    @shows
    def __repr__(self) -> str:
        return brief(self)

    @property
    def _bias(self) -> Bias:
        return Bias(self.array, self.row, self.cols)

    @property
    def indices(self) -> tuple[int, ...]:
        """Return the places of the selected cells, counted row by row."""
        return tuple(self.row * self.array.cols + col for col in self.cols)

    @property
    def index(self) -> int:
        """Return the place of the (first) device among the memristors of a state."""
        return self.indices[0]

    @property
    def device(self) -> Memristor | Resistor:
        """Return the device of the (first) cell."""
        return self.array.device_at(self.index)

    @property
    def read(self) -> Read:
        """Return the transient read."""
        return self.array.cell.read

    @property
    def ambient_K(self) -> float:
        """Return the ambient temperature of everything in the array [K]."""
        return self.array.ambient_K

    def resistor(self, ohm: float) -> Selection:
        """Return this selection with a known resistor [Ohm] in the place of the (first) device."""
        return self.replace(device=Resistor(ohm, self.ambient_K))

    @property
    def gated(self) -> bool:
        """Return whether there is an access transistor."""
        return self.array.gated

    @property
    def transistor(self) -> Transistor:
        """Return the access transistor of each cell; AttributeError for a 1R cell, which has none."""
        access = self.array.cell.access
        if access is None:
            raise AttributeError("the cells of this array have no access transistor")
        return access

    @property
    def alone(self) -> Cell1R | Cell1T1R:
        """Return the cell without an array around it, in which reads are calibrated."""
        return self.array.cell

    @property
    def window_S(self) -> tuple[float, float]:
        """Return the smallest and largest conductance of the (first) device [S]."""
        return self.alone.replace(device=self.device).window_S

    def check_state(self, state: State) -> None:
        """Raise ValueError unless it is a state of the whole array."""
        self.array.check_state(state)

    def device_at(self, index: int) -> Memristor | Resistor:
        """Return the device at a place among the memristors of a state."""
        return self.array.device_at(index)

    def state(self, g_S: float | None = None) -> State:
        """Return the array at rest in its devices' initial state, the selected cells at `g_S` [S] where given."""
        state = self.array.state()
        if g_S is None:
            return state
        rows = list(state.x)
        for k in self.indices:
            (rows[k],) = self.alone.replace(device=self.device_at(k)).state(g_S).x
        return State(tuple(rows))

    def replace(self, **changes: Any) -> Selection:
        """Return this selection with other values; `device` is the (first) cell's, other parts are all cells'."""
        device = changes.pop("device", None)
        parts = {f.name for f in dataclasses.fields(self.alone)} & set(changes)
        common = {name: changes.pop(name) for name in parts}
        selection = dataclasses.replace(self, **changes)
        if common:
            array = selection.array
            selection = dataclasses.replace(selection, array=array.replace(cell=array.cell.replace(**common)))
        return selection if device is None else selection.moved({selection.index: device})

    def moved(self, devices: Mapping[int, Memristor | Resistor]) -> Selection:
        """Return this selection with other devices at some places."""
        array = self.array
        if array.size == 1:
            return dataclasses.replace(self, array=array.replace(devices=tuple(devices.values())))
        changed = list(array.devices or (array.cell.device,) * array.size)
        for k, device in devices.items():
            changed[k] = device
        return dataclasses.replace(self, array=array.replace(devices=tuple(changed)))

    def written(self, pulse: Stimulus | Parallel) -> dict[int, tuple[Memristor | Resistor, Stimulus]]:
        """Return by place the devices that a pulse is sent to, and the pulse that each gets."""
        each = zip(self.indices, self._bias.each(pulse), strict=True)
        return {k: (self.device_at(k), own) for k, own in each if own is not None}

    def suffix(self, index: int) -> str:
        """Return the ending of the names of a device's traces."""
        return "" if index == self.index else "@{},{}".format(*divmod(index, self.array.cols))

    def flat_start_s(self, pulse: Stimulus | Parallel) -> float:
        """Return the time at which a pulse, sent first, reaches its full amplitude [s]."""
        return self._bias.gate_edge_s + pulse.rise

    @property
    def read_s(self) -> float:
        """Return the time that a read takes, with all that belongs to it [s]."""
        return self.alone.read_s

    def duration(self, pulses: Sequence[Stimulus | Parallel]) -> float:
        """Return the time that the drivers take for these pulses, idle times included [s]."""
        return sum(self._bias.slot_s(pulse) for pulse in checked(pulses, parallel=True))

    def testbench(
        self,
        pulses: Sequence[Stimulus | Parallel],
        state: State | None = None,
        start_s: float = 0.0,
        stop_s: float | None = None,
        walks: Mapping[int, Mapping[str, PWL]] | None = None,
    ) -> Testbench:
        """Return the transient of pulses, or of the part between two times of them; see `Cell1R.testbench`."""
        given = checked(pulses, parallel=True)
        slots = [self._bias.voltages(pulse) for pulse in given]
        drives = slots[0]
        for more in slots[1:]:
            drives = {name: _joined(pwl, more[name]) for name, pwl in drives.items()}
        whole = self.duration(pulses)
        stop_s = whole if stop_s is None else stop_s
        check_part(start_s, stop_s, whole)
        if start_s > 0 or stop_s < whole:
            drives = windows(drives, start_s, stop_s)
        return self._bench(drives, stop_s - start_s, state, walks, follow=followed(given))

    def read_testbench(self, state: State | None = None) -> Testbench:
        """Return the transient simulation of one read of the (first) cell."""
        sense = self.alone.sense
        # a read moves no other cell: where a write holds them, it holds them, too
        held = self.fidelity != "full"
        reader = self.replace(fidelity="full", active=frozenset(self.indices)) if held else self
        if sense is None:
            return reader._bench(self._bias.voltages(self.read.pulse, reading=True), self.read_s, state)
        schedule = sense.schedule(self.read, self._bias.gate_edge_s)
        path = sense.path(f"bl{self.cols[0]}", schedule)
        return reader._bench(self._bias.sensed(schedule), self.read_s, state, paths=(path,))

    def _bench(
        self,
        drives: LineVoltages,
        stop_s: float,
        state: State | None,
        walks: Mapping[int, Mapping[str, PWL]] | None = None,
        paths: tuple[Drive, ...] = (),
        follow: bool = False,
    ) -> Testbench:
        state = state or self.array.state()
        probes = []
        grid = netlist(self.array, drives, state, walks or {}, self.active, paths, follow)
        for k in self.indices:
            probes += [(name + self.suffix(k), vector) for name, vector in grid.probes(k)]
        return testbench(self.array, grid, stop_s, [*probes, *self._lines(grid)], self.device)

    def _lines(self, grid: ArrayNetlist) -> list[tuple[str, str]]:
        """Return voltages and currents of the (first) cell's own lines, under the names of a single cell's."""
        own = {"bl": f"bl{self.cols[0]}", "wl": f"wl{self.row}", "sl": f"sl{self.cols[0]}"}
        driven = dict(probe for one in grid.driven for probe in one.probes)
        return [
            (f"{what}_{kind}", driven[f"{what}_{name}"])
            for kind, name in own.items()
            for what in ("v", "i")
            if f"{what}_{name}" in driven
        ]

    def voltages(self, pulse: Stimulus | Parallel) -> LineVoltages:
        """Return the voltages of all lines' drivers in a pulse, by the name of the line."""
        return self._bias.voltages(pulse)


def _joined(first: PWL | None, then: PWL | None) -> PWL | None:
    """Return a line's voltage and then another one; None where the line floats."""
    return None if first is None or then is None else first.then(then)
