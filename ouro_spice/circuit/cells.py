"""1R and 1T1R cells: what surrounds the device, as frozen descriptions that become testbenches.

    1R:    word-line driver -- R -- ae [device] oe -- R -- bit-line driver
    1T1R:  source-line driver -- R -- nMOS -- ae [device] oe -- R -- bit-line driver, gate -- R -- word-line driver

SET (pulse amplitude < 0) raises the bit line, RESET the word line (1R) or the source line (1T1R).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from .._util.display import brief, shows
from ..device.memristor import Memristor
from .drivers import Drive, WriteDriver, connect
from .gates import check_ungated, gate_voltage
from .parts import DevicesRead, Driver, Lines, Read, Resistor, Transistor
from .process import Process
from .pulse import PWL
from .sense import Sense
from .single_cell import SingleCell
from .stimuli import Stimulus, gate_pwl, line_voltage


@dataclass(frozen=True)
class Cell1R(SingleCell):
    """A device between a word-line and a bit-line driver.

    Parameters
    ----------
    device
        The memristor.
    lines
        Word line (``r_wl, c_wl``) and bit line (``r_bl, c_bl``); the source line is not there.
    driver, read
        The line drivers, ideal or made of transistors; the transient read, by default at the memristor's read voltage.
    sense
        What reads go through; None: the current into an ideal bit-line driver is measured.
    process
        Where the transistors of drivers and sense path come from.
    fidelity
        "full": all of it in SPICE; "circuit": the kernels of the device behind this circuit, measured in SPICE.
    """

    device: Memristor | Resistor
    lines: Lines = field(default_factory=Lines)
    driver: Driver | WriteDriver = field(default_factory=Driver)
    read: Read = field(default_factory=DevicesRead)
    sense: Sense | None = None
    process: Process = field(default_factory=Process)
    fidelity: str = "full"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.lines.r_sl or self.lines.c_sl:
            raise ValueError("r_sl and c_sl must be 0: a 1R cell has no source line")

    @shows
    def __repr__(self) -> str:
        return brief(self)

    def _voltages(self, pulses: Sequence[Stimulus], reading: bool = False) -> list[tuple[str, PWL]]:
        check_ungated(pulses, "a 1R cell")
        return [("bl", line_voltage(pulses, -1)), ("wl", line_voltage(pulses, 1))]

    def _elements(self, drives: Mapping[str, Drive]) -> tuple[list[str], list[str]]:
        elements, nodes = [], []
        for line, node in (("bl", "oe"), ("wl", "ae")):
            _connect(elements, nodes, self, line, node, drives[line])
        return elements, nodes


@dataclass(frozen=True)
class Cell1T1R(SingleCell):
    """A device in series with an nMOS access transistor: OE at the bit line, AE at the drain.

    Parameters
    ----------
    device
        The memristor.
    lines, driver, transistor, read
        Bit, source and word line, their drivers, the access transistor with its gate voltages, the transient read, by
        default at the memristor's read voltage.
    process
        Where the transistors' models come from, and what gate voltage and size they allow.
    sense
        What reads go through; None: the current into an ideal bit-line driver is measured.
    fidelity
        "full": all of it in SPICE; "circuit": the kernels of the device behind this circuit, measured in SPICE.
    """

    device: Memristor | Resistor
    lines: Lines = field(default_factory=lambda: Lines(2.0, 2.0, 2.0, 0.2e-15, 0.2e-15, 0.2e-15))
    driver: Driver | WriteDriver = field(default_factory=lambda: Driver(resistance=50.0))
    transistor: Transistor = field(default_factory=Transistor)
    read: Read = field(default_factory=DevicesRead)
    process: Process = field(default_factory=Process)
    sense: Sense | None = None
    fidelity: str = "full"

    def __post_init__(self) -> None:
        super().__post_init__()
        self.process.check(self.transistor)

    @shows
    def __repr__(self) -> str:
        return brief(self)

    @property
    def access(self) -> Transistor:
        """Return the access transistor."""
        return self.transistor

    def _voltages(self, pulses: Sequence[Stimulus], reading: bool = False) -> list[tuple[str, PWL]]:
        edge, gate = self.gate_edge_s, self._gate(reading)
        wl = gate_pwl(((pulse, gate(pulse)) for pulse in pulses), edge)
        return [("bl", line_voltage(pulses, -1, edge)), ("sl", line_voltage(pulses, 1, edge)), ("wl", wl)]

    def _gate(self, reading: bool) -> Callable[[Stimulus], float]:
        """Return the gate's voltage [V] as a function of the pulse."""
        return lambda pulse: gate_voltage(self.transistor, self.process, pulse, reading)

    def _elements(self, drives: Mapping[str, Drive]) -> tuple[list[str], list[str]]:
        t = self.transistor
        source = "source" if self.lines.contact > 0 else "sl"
        elements = [self.process.transistor("access", ("ae", "wl", source, "0"), t.w, t.l)]
        nodes = ["ae"]
        for line, node in (("bl", "oe"), ("sl", source)):
            _connect(elements, nodes, self, line, node, drives[line])
        _connect(elements, nodes, self, "wl", "wl", drives["wl"], contact=False)
        return elements, nodes


def _connect(
    elements: list[str], nodes: list[str], cell: SingleCell, line: str, node: str, one: Drive, contact: bool = True
) -> None:
    """Add a driver, its line and the contact to a node of a cell; without contact resistance the line ends there."""
    lines = cell.lines
    if contact and lines.contact > 0:
        elements.append(f"rcontact_{line} {line} {node} {lines.contact:.17g}")
        nodes.append(node)
        node = line
    added = connect(cell.driver, one, line, node, getattr(lines, f"r_{line}"), getattr(lines, f"c_{line}"))
    elements += added[0]
    nodes += added[1]
