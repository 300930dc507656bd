"""An array of cells: rows of word lines, columns of bit lines, as a frozen description.

    1R:    word line i along row i, bit line j along column j, the device between them: AE at the word line
    1T1R:  word line i at the gates of row i; bit line j and source line j along column j, as in the single cell

Word lines are driven at column 0, bit and source lines at row 0. `Lines` of the cell are those of one segment: one lies
between a driver and the first cell, one between each two neighbours.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from .._util import quantities
from .._util.checks import check_count, checked_numbers, shown
from .._util.display import brief, shows
from .._util.forks import cached_property
from ..device.memristor import Memristor
from ..device.state import State
from .array_testbench import netlist, testbench
from .bias import SCHEMES
from .cells import Cell1R, Cell1T1R
from .device_map import DeviceMap
from .parts import Resistor
from .pulse import PWL
from .selection import Selection, check_fidelity
from .testbench import Testbench

LARGEST, _BEYOND = 1 << 20, 1e-4


@dataclass(frozen=True)
class Crossbar:
    """An array of 1R or 1T1R cells.

    Parameters
    ----------
    rows, cols
        Size of the array.
    cell
        What each crossing is made of: `Cell1R` or `Cell1T1R`. Its lines are one segment, its driver drives each line.
    scheme
        1R: what unselected lines do in a write. "half": V/2. "third": V/3. "grounded": 0 V, which writes to all cells
        of the raised line. "floating": nothing drives them. 1T1R: "row", unselected lines at 0 V.
    read_scheme
        The same in a read.
    devices
        The device of each cell, row by row; the cell's own everywhere where None. `Resistor` makes a linear array.
    fidelity
        How pulses are simulated where a selection says nothing else: "full", "frozen" or "circuit", see `Selection`.

    Raises
    ------
    ValueError
        For an empty array, a scheme that the cell does not have, devices of another number or of several kinds; for a
        fidelity that is none.
    """

    rows: int
    cols: int
    cell: Cell1R | Cell1T1R
    scheme: str | None = None
    read_scheme: str | None = None
    devices: tuple[Memristor | Resistor, ...] | None = None
    fidelity: str = "full"

    def __post_init__(self) -> None:
        check_fidelity(self.fidelity)
        for name in ("rows", "cols"):
            check_count(name, getattr(self, name))
        if self.size > LARGEST:
            raise ValueError(f"rows = {self.rows}, cols = {self.cols}: at most {LARGEST} cells")
        if not isinstance(self.cell, Cell1R | Cell1T1R):
            raise ValueError(f"cell = {shown(self.cell)}: a crossbar is made of a Cell1R or a Cell1T1R")
        if self.cell.fidelity != "full":
            raise ValueError(f'cell: fidelity = "{self.cell.fidelity}" is that of a cell alone; an array has its own')
        there = ("row",) if self.gated else tuple(SCHEMES)
        for name, usual in (("scheme", there[0]), ("read_scheme", "row" if self.gated else "grounded")):
            if getattr(self, name) is None:
                object.__setattr__(self, name, usual)
            if not isinstance(getattr(self, name), str) or getattr(self, name) not in there:
                kind = type(self.cell).__name__
                raise ValueError(f"{name} = {shown(getattr(self, name))}: an array of {kind} has {', '.join(there)}")
        if self.devices is not None:
            devices = tuple(self.devices) if isinstance(self.devices, Iterable) else (None,)
            object.__setattr__(self, "devices", devices)
            self._check_devices(devices)

    @shows
    def __repr__(self) -> str:
        return brief(self)

    def _check_devices(self, devices: tuple[object, ...]) -> None:
        kinds = set(map(type, devices))  # few, whatever the number of devices
        if not all(issubclass(kind, Memristor | Resistor) for kind in kinds):
            raise ValueError("devices must be a tuple of ouro_spice Device or Resistor")
        if len(devices) != self.size:
            raise ValueError(f"devices: {len(devices)} of them for {self.rows} x {self.cols} cells")
        memristors = [device for device in devices if isinstance(device, Memristor)] if kinds - {Resistor} else []
        realisations = {(device.FAMILY, device.realised) for device in memristors}
        walks = {(type(device.walk), getattr(device.walk, "step_s", None)) for device in memristors if device.walk}
        if len(realisations) > 1 or len(walks) > 1:
            raise ValueError(
                "devices must be of one family, have one realisation, and one kind of walk with one step_s"
            )
        if other := {device.ambient_K for device in memristors} - {self.ambient_K}:
            here = f"{min(other):g} K around them, the cell's own device {self.ambient_K:g} K"
            raise ValueError(f"devices have {here}: an array has one ambient temperature; give it to both")

    @property
    def ambient_K(self) -> float:
        """Return the ambient temperature of everything in the array [K]: that of the device of its cell."""
        return self.cell.ambient_K

    @property
    def size(self) -> int:
        """Return the number of cells."""
        return self.rows * self.cols

    @property
    def lines(self) -> tuple[str, ...]:
        """Return the names of all lines: word lines, bit lines, in a 1T1R array source lines."""
        return self._line_names

    @cached_property
    def _line_names(self) -> tuple[str, ...]:
        columns = ("bl", "sl") if self.gated else ("bl",)
        return (
            *(f"wl{row}" for row in range(self.rows)),
            *(f"{kind}{col}" for kind in columns for col in range(self.cols)),
        )

    @property
    def gated(self) -> bool:
        """Return whether a cell has an access transistor."""
        return isinstance(self.cell, Cell1T1R)

    def replace(self, **changes: Any) -> Self:
        """Return this array with other values."""
        return dataclasses.replace(self, **changes)

    def device_at(self, index: int) -> Memristor | Resistor:
        """Return the device of a cell, counted row by row."""
        return self.devices[index] if self.devices else self.cell.device

    def draw(self, rng: np.random.Generator, law: Any = "ten_percent") -> Crossbar:
        """Return this array with devices drawn by a D2D law, see `Memristor.draw`."""
        if not isinstance(self.cell.device, Memristor):
            raise ValueError("draw: the cell holds a fixed resistor, no memristor")
        return self.replace(devices=tuple(self.cell.device.draw(rng, self.size, law)))

    def resistors(self, resistances: ArrayLike) -> Crossbar:
        """Return this array with a fixed resistor in each cell, of resistances (rows, cols) [Ohm]."""
        values = self._map("resistances", resistances)
        return self.replace(devices=tuple(Resistor(float(value), self.ambient_K) for value in values))

    def cell_at(self, row: int, col: int, fidelity: str | None = None) -> Selection:
        """Return one cell, which is pulsed and read like a single one; `fidelity` is the array's where None.

        Raises
        ------
        ValueError
            For a cell outside the array.
        """
        return self.row(row, (col,), fidelity)

    def row(self, row: int, cols: Sequence[int] | None = None, fidelity: str | None = None) -> Selection:
        """Return several cells of a row, all where None, which are written in parallel; as `cell_at`."""
        chosen = tuple(range(self.cols)) if cols is None else cols
        return Selection(self, row, chosen, self.fidelity if fidelity is None else fidelity)

    def walked(self, state: State, but: Collection[int] = ()) -> Self:
        """Return this array with its devices as they have walked in a state, without walks; `but` some of them."""
        self.check_state(state)
        gone = [k for k, wander in enumerate(state.wander) if wander is not None and k not in but]
        if not gone:
            return self
        devices = list(self.devices or (self.cell.device,) * self.size)
        for k in gone:
            device = devices[k]
            if isinstance(device, Memristor):
                devices[k] = device.now(state.x[k], state.walked(k))
        return self.replace(devices=tuple(devices))

    # ---- conductance in, conductance out

    def state(self, g_S: ArrayLike | None = None) -> State:
        """Return the state at rest with the conductances `g_S` [S], (rows, cols) or one for all.

        Raises
        ------
        ValueError
            For a map of another shape, or a conductance that a cell cannot have, naming the cell.
        """
        if g_S is None:
            return State(tuple(getattr(self.device_at(k), "start", (1.0,)) for k in range(self.size)))
        g = self._map("g_S", g_S)
        low, high = self.ensemble.ranges_S
        # the solver leaves a cell at the end of its window up to 1e-5 beyond: what comes out of an array goes in again
        outside = np.flatnonzero(~(np.isfinite(g) & (g >= low * (1 - _BEYOND)) & (g <= high * (1 + _BEYOND))))
        if outside.size:
            k = outside[0]
            row, col = divmod(int(k), self.cols)
            meant = quantities.question("S", float(g[k]))
            limits = f"{low[k] * 1e6:.5g} to {high[k] * 1e6:.5g} uS"
            raise ValueError(
                f"g_S[{row}, {col}] = {g[k] * 1e6:.5g} uS is outside the range of its cell, {limits}{meant}"
            )
        return self.state().moved(self.ensemble.states_for(np.clip(g, low, high)))

    def g_map_S(self, state: State) -> np.ndarray:
        """Return the conductance of each device alone at its read voltage in a state [S], (rows, cols).

        Raises
        ------
        ValueError
            For a state of another circuit.
        """
        self.check_state(state)
        return self.ensemble.conductances(state.lead, state).reshape(self.rows, self.cols)

    def check_state(self, state: State) -> None:
        """Raise ValueError unless it is a state of as many memristors as the array has cells."""
        if not isinstance(state, State):
            raise ValueError(f"state = {shown(state)} must be an ouro_spice.State; array.state(g_S) makes one")
        if len(state.x) != self.size:
            raise ValueError(f"the state has {len(state.x)} memristors, the array {self.rows} x {self.cols} cells")

    # ---- simulations

    def product_testbench(self, inputs: ArrayLike, state: State | None = None) -> Testbench:
        """Return the operating point in which all columns are read at once; for its currents see `product`.

        Raises
        ------
        ValueError
            For inputs of another number or beyond +-0.5 V; for gates, others than 0 and 1.
        """
        x = self.checked_inputs(inputs, one=True)
        drives = {name: PWL.constant(0.0) for name in self.lines}
        access, levels = self.cell.access, x
        if access is not None:
            levels = x * access.v_read
            raised, volts = "sl" if self.cell.read.voltage > 0 else "bl", abs(self.cell.read.voltage)
            drives |= {f"{raised}{col}": PWL.constant(volts) for col in range(self.cols)}
        drives |= {f"wl{row}": PWL.constant(float(level)) for row, level in enumerate(levels)}
        grid = netlist(self, drives, state or self.state(), {})
        return testbench(self, grid, 0.0, [], None)

    def checked_inputs(self, inputs: ArrayLike, one: bool = False) -> np.ndarray:
        """Return inputs of products, (rows,) or (N, rows), the former alone for `one`; errors: `product_testbench`."""
        x = checked_numbers("inputs", inputs)
        if x.shape[-1:] != (self.rows,) or x.ndim > (1 if one else 2):
            wanted = f"({self.rows},), one a row" if one else f"({self.rows},) or (N, {self.rows}), one a row"
            raise ValueError(f"inputs have the shape {x.shape}: must be {wanted}")
        if self.gated and not np.all((x == 0) | (x == 1)):
            raise ValueError("inputs of a 1T1R array must be 0 or 1: they switch the gates of the rows")
        if not self.gated and not np.all(np.abs(x) <= 0.5):
            raise ValueError("inputs of a 1R array are voltages of the word lines, between -0.5 and 0.5 V")
        return x

    def _map(self, name: str, values: ArrayLike) -> np.ndarray:
        """Return values of all cells row by row, (rows cols,); ValueError for another shape than that of the array."""
        array = checked_numbers(name, values)
        if array.shape not in ((), (self.rows, self.cols)):
            raise ValueError(f"{name} has the shape {array.shape}: must be ({self.rows}, {self.cols}), or one number")
        return np.broadcast_to(array, (self.rows, self.cols)).ravel()

    @property
    def ensemble(self) -> DeviceMap:
        """Return the devices of all cells as one `DeviceMap`."""
        return self._ensemble

    @cached_property
    def _ensemble(self) -> DeviceMap:
        devices = self.devices or (self.cell.device,) * self.size
        return DeviceMap(devices)
