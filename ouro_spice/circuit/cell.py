"""1R and 1T1R cells: what surrounds the device, as frozen descriptions that become testbenches.

    1R:    word-line driver -- R -- ae [device] oe -- R -- bit-line driver
    1T1R:  source-line driver -- R -- nMOS -- ae [device] oe -- R -- bit-line driver, gate -- R -- word-line driver

SET (pulse amplitude < 0) raises the bit line, RESET the word line (1R) or the source line (1T1R).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .. import compact
from ..device import PARAMETERS, Device
from ..pulse import PWL, Pulse, checked, trapezoids
from ..waveform import State
from .memristor import REALISED, element
from .parts import Driver, Lines, Read, Resistor, Transistor
from .process import Process
from .testbench import Testbench

POINTS = 100
"""A transient has at least this many time points."""


@dataclass(frozen=True)
class _Cell:
    device: Device | Resistor

    def __post_init__(self) -> None:
        kinds = {"device": (Device, Resistor), "lines": Lines, "driver": Driver, "transistor": Transistor, "read": Read}
        kinds["process"] = Process
        for f in dataclasses.fields(self):
            if not isinstance(getattr(self, f.name), kinds[f.name]):
                raise ValueError(f"{type(self).__name__}: {f.name} = {getattr(self, f.name)!r} is of the wrong kind")

    @property
    def index(self) -> int:
        """Place of the device among the memristors of a state."""
        return 0

    def device_at(self, index: int) -> Device | Resistor:
        """The device at a place among the memristors of a state."""
        return self.device

    def written(self, pulse: Pulse) -> dict[int, tuple[Device | Resistor, Pulse]]:
        """The devices that a pulse is sent to, and the pulse that each gets, by their place."""
        return {0: (self.device, pulse)}

    def moved(self, devices: Mapping[int, Device]) -> _Cell:
        """This cell with other devices at some places."""
        return self.replace(device=devices[0])

    def suffix(self, index: int) -> str:
        """What the names of the traces of a device end with."""
        return ""

    @property
    def alone(self) -> _Cell:
        """This cell without others around it: what reads are calibrated in."""
        return self

    @property
    def window_S(self) -> tuple[float, float]:
        """Smallest and largest conductance of the device [S]."""
        if isinstance(self.device, Resistor):
            return 1 / self.device.resistance, 1 / self.device.resistance
        return compact.window_S(self.device)

    def state(self, g_S: float | None = None) -> State:
        """The state at rest with conductance `g_S` [S]; the device's own initial state where None."""
        if isinstance(self.device, Resistor):
            return State((1.0,))
        return State((self.device.Ninit if g_S is None else float(compact.concentration(self.device, g_S)),))

    def replace(self, **changes: object) -> _Cell:
        """This cell with other parts."""
        return dataclasses.replace(self, **changes)

    def flat_start_s(self, pulse: Pulse) -> float:
        """When a pulse, sent first, reaches its full amplitude [s]."""
        return self._gate_edge + pulse.rise

    def duration(self, pulses: Sequence[Pulse]) -> float:
        """How long the drivers take for these pulses, idle times included [s]."""
        return self._voltages(checked(pulses))[0][1].times_s[-1]

    def testbench(
        self,
        pulses: Sequence[Pulse],
        state: State | None = None,
        start_s: float = 0.0,
        stop_s: float | None = None,
        walks: Mapping[int, Mapping[str, PWL]] | None = None,
    ) -> Testbench:
        """The transient simulation of pulses sent to this cell, or of the part between two times of them [s].

        Parameters
        ----------
        pulses
            Sent one after the other.
        state
            Where to start; the device's own initial state where None.
        start_s, stop_s
            The part that is simulated.
        walks
            ln(value / parameter) of the parameters that walk, by name, over the time since `start_s`, by the device's
            place.

        Raises
        ------
        ValueError
            For no pulses, an empty part, or a state that does not fit.
        """
        drives = self._voltages(checked(pulses))
        whole = drives[0][1].times_s[-1]
        stop_s = whole if stop_s is None else stop_s
        if not 0 <= start_s < stop_s <= whole * (1 + 1e-12):
            raise ValueError(
                f"start_s = {start_s:g}, stop_s = {stop_s:g}: must be ascending within the pulses' {whole:g} s"
            )
        cut = start_s > 0 or stop_s < whole
        parts = [(name, pwl.window(start_s, stop_s)) for name, pwl in drives] if cut else drives
        return self._bench(parts, stop_s - start_s, state or self.state(), (walks or {}).get(0))

    def read_testbench(self, state: State | None = None) -> Testbench:
        """The transient simulation of one read."""
        drives = self._voltages([self.read.pulse], reading=True)
        return self._bench(drives, drives[0][1].times_s[-1], state or self.state())

    def _bench(
        self, drives: Sequence[tuple[str, PWL]], stop_s: float, state: State, walk: Mapping[str, PWL] | None = None
    ) -> Testbench:
        lines = [name for name, _ in drives]
        probes = [("v_ae", "v(ae)"), ("v_oe", "v(oe)")]
        for line in lines:
            probes += [(f"v_{line}", f"v({line}_driver)"), (f"i_{line}", f"v{line}#branch")]
        realised = REALISED[self.device.realisation] if isinstance(self.device, Device) else None
        if realised:
            probes += realised.probes("xcell")
        if not isinstance(state, State):
            raise ValueError(f"state = {state!r} must be an ouro_spice.State; cell.state(g_S) makes one")
        if realised:
            PARAMETERS["Ninit"].check(state.n_disc[0])
        elements, nodes = self._elements(dict(drives))
        elements = _element(self.device, state, walk) + elements
        unknown = set(state.volts) - set(nodes)
        if unknown or len(state.n_disc) != 1:
            raise ValueError(
                f"the state belongs to another circuit: {len(state.n_disc)} devices, nodes {sorted(state.volts)}"
            )
        return Testbench(
            title=f"ouro_spice {type(self).__name__}",
            libraries=(realised.library,) if realised else (),
            models=realised.models if realised else (),
            elements=tuple(elements),
            stop_s=stop_s,
            max_step_s=stop_s / POINTS,
            probes=tuple(probes),
            sources=tuple((f"v_{line}", f"i_{line}") for line in lines),
            nodes=tuple(nodes),
            volts=tuple(state.volts.items()),
            device=self.device if realised else None,
            at_rest=not any(pwl.volts[0] for _, pwl in drives),
            process=getattr(self, "process", None),
        )

    _gate_edge = 0.0


@dataclass(frozen=True)
class Cell1R(_Cell):
    """A device between a word-line and a bit-line driver.

    Parameters
    ----------
    device
        The memristor.
    lines
        Word line (``r_wl, c_wl``) and bit line (``r_bl, c_bl``); the source line is not there.
    driver, read
        The line drivers, the transient read.
    """

    lines: Lines = field(default_factory=Lines)
    driver: Driver = field(default_factory=Driver)
    read: Read = field(default_factory=Read)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.lines.r_sl or self.lines.c_sl:
            raise ValueError("r_sl and c_sl must be 0: a 1R cell has no source line")

    def _voltages(self, pulses: Sequence[Pulse], reading: bool = False) -> list[tuple[str, PWL]]:
        return [("bl", _line(pulses, set_side=True)), ("wl", _line(pulses, set_side=False))]

    def _elements(self, drives: dict[str, PWL]) -> tuple[list[str], list[str]]:
        elements, nodes = [], []
        for line, node in (("bl", "oe"), ("wl", "ae")):
            _connect(elements, nodes, self, line, node, drives[line])
        return elements, nodes


@dataclass(frozen=True)
class Cell1T1R(_Cell):
    """A device in series with an nMOS access transistor: OE at the bit line, AE at the drain.

    Parameters
    ----------
    device
        The memristor.
    lines, driver, transistor, read
        Bit, source and word line, their drivers, the access transistor with its gate voltages, the transient read.
    process
        Where the transistor's model comes from, and what gate voltage and size it allows.
    """

    lines: Lines = field(default_factory=lambda: Lines(2.0, 2.0, 2.0, 0.2e-15, 0.2e-15, 0.2e-15))
    driver: Driver = field(default_factory=lambda: Driver(resistance=50.0))
    transistor: Transistor = field(default_factory=Transistor)
    read: Read = field(default_factory=Read)
    process: Process = field(default_factory=Process)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.process.check(self.transistor)

    @property
    def _gate_edge(self) -> float:
        return self.transistor.edge

    def _voltages(self, pulses: Sequence[Pulse], reading: bool = False) -> list[tuple[str, PWL]]:
        edge, gate = self._gate_edge, self._gate(reading)
        wl = trapezoids((0.0, edge, p.duration, edge, p.idle, gate(p)) for p in pulses)
        return [("bl", _line(pulses, True, edge)), ("sl", _line(pulses, False, edge)), ("wl", wl)]

    def _gate(self, reading: bool):  # noqa: ANN202 - a function of a pulse
        t = self.transistor
        return lambda pulse: t.v_read if reading else (t.v_set if pulse.amplitude < 0 else t.v_reset)

    def _elements(self, drives: dict[str, PWL]) -> tuple[list[str], list[str]]:
        t = self.transistor
        source = "source" if self.lines.contact > 0 else "sl"
        elements = [self.process.transistor("access", ("ae", "wl", source, "0"), t.w, t.l)]
        nodes = ["ae"]
        for line, node in (("bl", "oe"), ("sl", source)):
            _connect(elements, nodes, self, line, node, drives[line])
        _drive(elements, nodes, self, "wl", "wl", drives["wl"])
        return elements, nodes


Cell = Cell1R | Cell1T1R


def _line(pulses: Sequence[Pulse], set_side: bool, gate_edge: float = 0.0) -> PWL:
    """The voltage of the line that SET raises (`set_side`), or of the one that RESET raises."""
    return trapezoids(
        (gate_edge, p.rise, p.width, p.fall, gate_edge + p.idle, max(-p.amplitude if set_side else p.amplitude, 0.0))
        for p in pulses
    )


def _connect(elements: list[str], nodes: list[str], cell: _Cell, line: str, node: str, pwl: PWL) -> None:
    """A driver, its line and the contact to a node of the cell; without contact resistance the line ends there."""
    contact = cell.lines.contact
    if contact > 0:
        elements.append(f"rcontact_{line} {line} {node} {contact:.17g}")
        nodes.append(node)
    _drive(elements, nodes, cell, line, line if contact > 0 else node, pwl)


def _drive(elements: list[str], nodes: list[str], cell: _Cell, line: str, node: str, pwl: PWL) -> None:
    """A driver and its line to a node; without resistance the driver sits at the node itself, exactly."""
    resistance = cell.driver.resistance + getattr(cell.lines, f"r_{line}")
    capacitance = getattr(cell.lines, f"c_{line}")
    elements.append(f"v{line} {line}_driver 0 {pwl.spice()}")
    if resistance > 0:
        elements.append(f"r{line} {line}_driver {node} {resistance:.17g}")
        nodes.append(node)
    else:
        elements.append(f"vshort{line} {line}_driver {node} 0")
    if capacitance > 0:
        elements.append(f"c{line} {node} 0 {capacitance:.17g}")


def _element(device: Device | Resistor, state: State, walk: Mapping[str, PWL] | None) -> list[str]:
    if isinstance(device, Resistor):
        return [f"rcell ae oe {device.resistance:.17g}"]
    return element(device, state.n_disc[0], "xcell", "ae", "oe", walk)
