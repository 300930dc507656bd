"""What single cells share: checks, durations, and how drivers, lines and the device become a testbench."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

from .._util.checks import check_kind, check_part, shown
from .._util.validity import warn
from ..compact import characteristics
from ..device.memristor import Memristor
from ..device.state import State, check_single
from .drivers import Drive, WriteDriver, check_supply, drive, libraries, wrappers
from .jart.walk_inputs import inputs, walk_sources
from .parts import Driver, Lines, Read, Resistor, Transistor, read_for, resolved_read
from .process import Process
from .pulse import PWL, Parallel
from .pulse_part import windows
from .sense import Sense
from .stimuli import Stimulus, checked, followed
from .testbench import Testbench

FIDELITIES = ("full", "circuit")
"""How a single cell may be solved."""

POINTS = 100
"""A transient has at least this many time points."""


class SingleCell(ABC):
    """A memristor, or a known resistor in its place, with what is around it: the base of dataclasses of these parts."""

    __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]
    device: Memristor | Resistor
    lines: Lines
    driver: Driver | WriteDriver
    read: Read
    process: Process
    sense: Sense | None
    fidelity: str

    def __post_init__(self) -> None:
        kinds = {"device": (Memristor, Resistor), "lines": Lines, "driver": (Driver, WriteDriver), "read": Read}
        kinds |= {"transistor": Transistor, "process": Process, "sense": (Sense, type(None))}
        kinds["fidelity"] = str
        for f in dataclasses.fields(self):
            if not isinstance(getattr(self, f.name), kinds[f.name]):
                raise ValueError(
                    f"{type(self).__name__}: {f.name} = {shown(getattr(self, f.name))} is of the wrong kind"
                )
        object.__setattr__(self, "read", resolved_read(self.read, self.device))
        for text in self.device.read_doubts(self.read.voltage) if isinstance(self.device, Memristor) else ():
            warn(text)
        for part in (self.driver, self.sense):
            check_supply(part, self.process)
        if self.sense is not None:
            self.sense.check_read(self.read)
        self._check_fidelity()

    def _check_fidelity(self) -> None:
        """Raise ValueError for an unknown fidelity, or a device that has no kernels for it."""
        if self.fidelity not in FIDELITIES:
            raise ValueError(f"fidelity = {shown(self.fidelity)}: a single cell has {', '.join(FIDELITIES)}")
        if self.fidelity == "circuit" and isinstance(self.device, Memristor):
            self.device.require("kernels", 'fidelity "circuit"')

    @property
    def index(self) -> int:
        """Return the place of the device among the memristors of a state, 0."""
        return 0

    @property
    def ambient_K(self) -> float:
        """Return the ambient temperature of everything in the circuit [K]: that of the device."""
        return self.device.ambient_K

    def driver_ohm(self, line: str) -> float:
        """Return the resistance between an ideal driver and the device along a line [Ohm]."""
        driver = self.driver.resistance if isinstance(self.driver, Driver) else 0.0
        return driver + getattr(self.lines, f"r_{line}") + self.lines.contact

    def resistor(self, ohm: float) -> Self:
        """Return this cell with a known resistor [Ohm] in the place of the device."""
        return self.replace(device=Resistor(ohm, self.ambient_K))

    @property
    def access(self) -> Transistor | None:
        """Return the access transistor; None where there is none."""
        return None

    @property
    def gated(self) -> bool:
        """Return whether there is an access transistor."""
        return self.access is not None

    @property
    def gate_edge_s(self) -> float:
        """Return the time in which the gate rises and falls [s]; 0 without one."""
        return self.access.edge if self.access else 0.0

    def check_state(self, state: State) -> None:
        """Raise ValueError unless it is a state of one memristor, which this device can have."""
        check_single(state)
        if isinstance(self.device, Memristor):
            self.device.legal(state.x[0])

    def device_at(self, index: int) -> Memristor | Resistor:
        """Return the device at a place among the memristors of a state."""
        return self.device

    def written(self, pulse: Stimulus | Parallel) -> dict[int, tuple[Memristor | Resistor, Stimulus]]:
        """Return by place the devices that a pulse is sent to, and the pulse that each gets."""
        (own,) = checked(pulse)
        return {0: (self.device, own)}

    def moved(self, devices: Mapping[int, Memristor | Resistor]) -> Self:
        """Return this cell with other devices at some places."""
        return self.replace(device=devices[0])

    def suffix(self, index: int) -> str:
        """Return the ending of the names of a device's traces, none."""
        return ""

    @property
    def alone(self) -> Self:
        """Return this cell itself, in which reads are calibrated."""
        return self

    @property
    def window_S(self) -> tuple[float, float]:
        """Return the smallest and largest conductance of the device [S]."""
        if isinstance(self.device, Resistor):
            return 1 / self.device.resistance, 1 / self.device.resistance
        return characteristics.window_S(self.device)

    def state(self, g_S: float | None = None) -> State:
        """Return the state at rest with conductance `g_S` [S]; the device's own initial state where None."""
        if isinstance(self.device, Resistor):
            return State(((1.0,),))
        return started(self.device, g_S)

    def replace(self, **changes: Any) -> Self:
        """Return this cell with other parts; a memristor of another family is read at its own voltage."""
        changes.setdefault("read", read_for(self.read, self.device, changes.get("device")))
        return dataclasses.replace(self, **changes)

    def flat_start_s(self, pulse: Stimulus | Parallel) -> float:
        """Return the time at which a pulse, sent first, reaches its full amplitude [s]."""
        return self.gate_edge_s + pulse.rise

    @property
    def read_s(self) -> float:
        """Return the time that a read takes, with all that belongs to it [s]."""
        if self.sense is None:
            return self.duration([self.read.pulse])
        return self.sense.schedule(self.read, self.gate_edge_s).stop_s

    @property
    def read_flat_s(self) -> tuple[float, float]:
        """Return the beginning and end of the time at full read voltage [s]."""
        if self.sense:
            return self.sense.schedule(self.read, self.gate_edge_s).flat_s
        start = self.flat_start_s(self.read.pulse)
        return start, start + self.read.width

    def duration(self, pulses: Sequence[Stimulus | Parallel]) -> float:
        """Return the time that the drivers take for these pulses, idle times included [s]."""
        return self._voltages(checked(pulses))[0][1].times_s[-1]

    def voltages(self, pulse: Stimulus | Parallel) -> dict[str, PWL]:
        """Return the voltages of all lines' drivers in a pulse, by the name of the line."""
        return dict(self._voltages(checked(pulse)))

    def testbench(
        self,
        pulses: Sequence[Stimulus | Parallel],
        state: State | None = None,
        start_s: float = 0.0,
        stop_s: float | None = None,
        walks: Mapping[int, Mapping[str, PWL]] | None = None,
    ) -> Testbench:
        """Return the transient simulation of pulses sent to this cell, or of the part between two times of them [s].

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
        check_kind("state", state, (State, None))
        given = checked(pulses)
        volts, follow = self._voltages(given), followed(given)
        whole = volts[0][1].times_s[-1]
        stop_s = whole if stop_s is None else stop_s
        check_part(start_s, stop_s, whole)
        cut = start_s > 0 or stop_s < whole
        parts = windows(dict(volts), start_s, stop_s) if cut else dict(volts)
        drives = {}
        for line, pwl in parts.items():
            gate = self._is_gate(line)
            drives[line] = drive(self.driver, line, pwl, gate, follow=follow and not gate)
        return self._bench(drives, stop_s - start_s, state or self.state(), (walks or {}).get(0))

    def read_testbench(self, state: State | None = None) -> Testbench:
        """Return the transient simulation of one read."""
        volts: dict[str, PWL | None] = dict(self._voltages([self.read.pulse], reading=True))
        paths: tuple[Drive, ...] = ()
        if self.sense:
            schedule = self.sense.schedule(self.read, self.gate_edge_s)
            paths = (self.sense.path("bl", schedule),)
            volts |= {"bl": None, "sl" if self.gated else "wl": schedule.raised}
            volts |= {"wl": schedule.gate(self.access.v_read)} if self.access else {}
        drives = {}
        for line, pwl in volts.items():
            gate = self._is_gate(line)
            drives[line] = drive(self.driver, line, pwl, gate, follow=bool(paths) and not gate)
        return self._bench(drives, self.read_s, state or self.state(), paths=paths)

    def _bench(
        self,
        drives: Mapping[str, Drive],
        stop_s: float,
        state: State,
        walk: Mapping[str, PWL] | None = None,
        paths: tuple[Drive, ...] = (),
    ) -> Testbench:
        parts = (*drives.values(), *paths)
        probes = [("v_ae", "v(ae)"), ("v_oe", "v(oe)"), *(probe for one in parts for probe in one.probes)]
        realised = self.device.realised if isinstance(self.device, Memristor) else None
        if realised:
            probes += realised.probes("xcell")
        check_single(state)
        around, nodes = self._elements(drives)
        needed = libraries(parts)
        elements = [
            *(wrappers(self.process, self.driver) if needed else ()),
            *_element(self.device, state, walk),
            *(line for path in paths for line in path.elements),
            *around,
        ]
        unknown = set(state.volts) - set(nodes)
        if unknown:
            raise ValueError(f"the state belongs to another circuit: it has the nodes {sorted(unknown)}")
        return Testbench(
            title=f"ouro_spice {type(self).__name__}",
            libraries=(*((realised.library,) if realised and realised.library else ()), *needed),
            texts=(realised.text,) if realised and realised.text else (),
            models=realised.models if realised else (),
            elements=tuple(elements),
            stop_s=stop_s,
            max_step_s=stop_s / max(POINTS, self.device.points if isinstance(self.device, Memristor) else 0),
            probes=tuple(probes),
            sources=tuple(source for one in parts for source in one.sources),
            supplies=tuple(supply for one in parts for supply in one.supplies),
            gates=tuple(gate for one in parts for gate in one.gates),
            nodes=tuple(nodes),
            volts=tuple(state.volts.items()),
            device=self.device if isinstance(self.device, Memristor) else None,
            at_rest=all(one.at_rest for one in drives.values()),
            process=self.process if needed or self.gated else None,
            ambient_K=self.ambient_K,
        )

    def _is_gate(self, line: str) -> bool:
        """Return whether a line is that of gates."""
        return self.gated and line == "wl"

    @abstractmethod
    def _voltages(self, pulses: Sequence[Stimulus], reading: bool = False) -> list[tuple[str, PWL]]:
        """Return the name and voltage of each line's driver for pulses, or a read, one after the other."""

    @abstractmethod
    def _elements(self, drives: Mapping[str, Drive]) -> tuple[list[str], list[str]]:
        """Return the netlist lines of all around the device, and the nodes whose voltages belong to the state."""


def _element(device: Memristor | Resistor, state: State, walk: Mapping[str, PWL] | None) -> list[str]:
    if isinstance(device, Resistor):
        return [f"rcell ae oe {device.resistance:.17g}"]
    return [*device.element(state.x[0], "xcell", "ae", "oe", inputs("xcell", walk)), *walk_sources("xcell", walk)]


def started(device: Memristor, g_S: float | None, model: str | None = None) -> State:
    """Return the state at rest of a device with conductance `g_S` [S]; its own initial state where None."""
    if g_S is None:
        return State((device.start,))
    return State(((characteristics.state_at(device, g_S, model), *device.start[1:]),))
