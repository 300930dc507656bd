"""How a line is driven: an ideal source behind a resistance, transistors, or nothing; netlist, traces, state."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from .._util.checks import check_range
from .parts import Driver
from .process import Process
from .pulse import PWL
from .pulse_part import Part

OPEN_OHM = 1e12
"""Resistance to ground of a line that floats at an ideal driver; its voltage would be undetermined without."""

_ZERO_V = 1e-9
"""What rounding leaves of 0 V."""


@dataclass(frozen=True)
class WriteDriver:
    """Drivers made of transistors: `netlists/lib/write_driver.lib` on bit and source lines, `wl_driver.lib` on gates.

    A pulse's amplitude is a supply that a transmission gate puts on the line; its rise and fall are the edges of the
    control, and the line's own edges and voltage are what the circuit makes of them: edges of 0.1 ns or more, a tenth
    of the control's where those are slow; at half its level a pulse lasts width + (rise + fall)/2.

    Parameters
    ----------
    w, w_wl
        Channel width of the n-channel transistors at bit and source lines, and at gates [m]; the rest is in proportion.
    supply
        Supply of the gates [V]; amplitudes and gate voltages lie below it.
    """

    w: float = 60e-6
    w_wl: float = 12e-6
    supply: float = 3.3

    def __post_init__(self) -> None:
        check_range("w", self.w, 1e-6, 0.1, "m")
        check_range("w_wl", self.w_wl, 1e-6, 0.1, "m")
        check_range("supply", self.supply, 1.0, 20, "V")


@dataclass(frozen=True)
class Drive:
    """One driven line, as parts of a testbench.

    Attributes
    ----------
    elements, libraries
        Netlist lines, and the libraries that they need.
    node
        Where the line begins.
    resistance
        To be put in series with the line's first resistance [Ohm]; 0 where the driver has its resistance inside.
    probes
        ``(trace, ngspice vector)``: ``v_LINE`` and ``i_LINE``, the current flowing into the driver, and the supplies'.
    sources
        ``(voltage trace, current trace)`` of what delivers energy and takes none back.
    supplies
        The same of direct voltages, of which the net counts.
    gates
        ``(volts, current trace)`` of an ideal driver of gates, which takes its charge from a supply of so many volts.
    nodes
        Nodes inside the driver whose voltages belong to the state.
    at_rest
        Whether a transient may begin with a step as long as the others, see `Testbench`.
    """

    elements: tuple[str, ...]
    node: str
    resistance: float = 0.0
    libraries: tuple[str, ...] = ()
    probes: tuple[tuple[str, str], ...] = ()
    sources: tuple[tuple[str, str], ...] = ()
    supplies: tuple[tuple[str, str], ...] = ()
    gates: tuple[tuple[float, str], ...] = ()
    nodes: tuple[str, ...] = ()
    at_rest: bool = True


def drive(driver: Driver | WriteDriver, line: str, pwl: PWL | None, gate: bool = False, follow: bool = False) -> Drive:
    """Return the parts of a testbench that drive a line.

    Parameters
    ----------
    driver
        An ideal source behind a resistance, or transistors; the latter need `wrappers` once in the circuit.
    line
        Name of the line, such as "bl" or "bl3": all names in the netlist and all traces contain it.
    pwl
        Voltage over time, not negative; None where the line floats.
    gate
        Whether it is a gate's line, with the smaller driver. It cannot float.
    follow
        Whether a driver of transistors stays switched on while its supply goes through `pwl`, as for a read; else
        each part above 0 V is a pulse: its highest voltage is the supply, its shape the control's. A voltage with
        steps of several levels is always followed.

    Raises
    ------
    ValueError
        For a voltage outside 0 .. supply of a driver of transistors, or a gate that floats.
    """
    if pwl is None and gate:
        raise ValueError(f"{line}: a gate's line cannot float")
    if isinstance(driver, WriteDriver):
        return _transistors(driver, line, pwl, gate, follow)
    return _ideal(driver, line, pwl, gate)


def _ideal(driver: Driver, line: str, pwl: PWL | None, gate: bool) -> Drive:
    node = f"{line}_driver"
    probes = ((f"v_{line}", f"v({node})"), (f"i_{line}", f"v{line}#branch"))
    if pwl is None:
        elements = (f"v{line} {node} {line}_open 0", f"r{line}_open {line}_open 0 {OPEN_OHM:.17g}")
        return Drive(elements, node, probes=probes)
    elements = (f"v{line} {node} 0 {pwl.spice()}",)
    at_rest = not pwl.volts[0]
    if gate:
        supply_V = max(pwl.whole.volts if isinstance(pwl, Part) else pwl.volts)
        gates = ((supply_V, f"i_{line}"),)
        return Drive(elements, node, driver.resistance, probes=probes, gates=gates, at_rest=at_rest)
    sources = ((f"v_{line}", f"i_{line}"),)
    return Drive(elements, node, driver.resistance, probes=probes, sources=sources, at_rest=at_rest)


def _transistors(driver: WriteDriver, line: str, pwl: PWL | None, gate: bool, follow: bool) -> Drive:
    node, rail, supply, control = (f"{line}_{name}" for name in ("driver", "rail", "vdd", "ctl"))
    volts = _supply_and_control(driver, line, pwl or PWL((0.0, 1.0), (0.0, 0.0)), follow)
    elements = [
        f"v{line} {node} {line}_out 0",
        f"v{rail} {rail} 0 {volts[0].spice()}",
        f"v{supply} {supply} 0 dc {driver.supply:.17g}",
        f"v{control} {control} 0 {_with_short_step(volts[1]).spice()}",
    ]
    if gate:
        elements.append(f"x{line}d {line}_out {control} {rail} {supply} 0 wl_driver w={driver.w_wl:.17g}")
        inside = f"x{line}d.xdrive"
    else:
        enable = "0" if pwl is None else supply
        elements.append(f"x{line}d {line}_out {control} {enable} {rail} {supply} 0 write_driver w={driver.w:.17g}")
        inside = f"x{line}d"
    probes = [(f"v_{line}", f"v({node})"), (f"i_{line}", f"v{line}#branch")]
    for name in (rail, supply, control):
        probes += [(f"v_{name}", f"v({name})"), (f"i_{name}", f"v{name}#branch")]
    rail_, supply_, control_ = ((f"v_{name}", f"i_{name}") for name in (rail, supply, control))
    nodes = (node, *(f"{inside}.{name}" for name in ("on_b", "on", "down")))
    libraries = ("write_driver", "wl_driver") if gate else ("write_driver",)
    return Drive(tuple(elements), node, 0.0, libraries, tuple(probes), (control_,), (rail_, supply_), nodes=nodes)


def _supply_and_control(driver: WriteDriver, line: str, pwl: PWL, follow: bool) -> tuple[PWL, PWL]:
    """Return the voltages of the programming supply and of the control; a pulse's supply is there before its edge."""
    if isinstance(pwl, Part):
        supply, control = _supply_and_control(driver, line, pwl.whole, follow)
        return supply.window(pwl.start_s, pwl.stop_s), control.window(pwl.start_s, pwl.stop_s)
    times, volts = np.array(pwl.times_s), np.array(pwl.volts)
    if volts.min() < -_ZERO_V or volts.max() > driver.supply * (1 + 1e-9):
        worst = volts.min() if volts.min() < -_ZERO_V else volts.max()
        raise ValueError(f"{line}: {worst:g} V is outside 0 .. {driver.supply:g} V, the write driver's supply")
    pulses = _pulses(volts)
    if follow or not all(_switched(volts[first:behind]) for first, behind in pulses):
        return pwl, PWL((0.0, *pwl.times_s[1:][-1:]), (driver.supply,) * min(len(times), 2))
    control, levels, changes = np.zeros(len(volts)), [], []
    for number, (first, behind) in enumerate(pulses):
        level = float(volts[first:behind].max())
        control[first:behind] = driver.supply * volts[first:behind] / level
        if number:
            # between two pulses, when the line is back at 0 V
            before, now = times[pulses[number - 1][1]], times[first - 1]
            changes.append((before + (now - before) / 2, before + (now - before) * 3 / 4))
        levels.append(level)
    corners = [(0.0, levels[0] if levels else 0.0)]
    for (start, stop), (low, high) in zip(changes, pairwise(levels), strict=True):
        corners += [(float(start), low), (float(stop), high)]
    if len(times) > 1:
        corners.append((pwl.times_s[-1], corners[-1][1]))
    return PWL(*(tuple(column) for column in zip(*corners, strict=True))), PWL(pwl.times_s, tuple(map(float, control)))


def _pulses(volts: np.ndarray) -> list[tuple[int, int]]:
    """Return the points at which each part above 0 V begins, and those behind its end."""
    above = np.concatenate([[False], volts > _ZERO_V, [False]])
    changes = np.flatnonzero(np.diff(above.astype(int)))
    return [(int(first), int(behind)) for first, behind in changes.reshape(-1, 2)]


def _switched(volts: np.ndarray) -> bool:
    """Return whether a part above 0 V is a pulse of one level, as a switch makes it, without steps on the way."""
    level, change = volts.max(), np.diff(volts)
    rises, falls = change > 1e-9 * level, change < -1e-9 * level
    waits = ~rises & ~falls & (volts[:-1] < 0.999 * level)
    return not (waits.any() or (falls.any() and rises[int(np.argmax(falls)) :].any()))


def _with_short_step(pwl: PWL) -> PWL:
    """Return a voltage with one more corner shortly behind its start where that is not at 0 V.

    A transient that starts under voltage needs a short first step; at rest it would do harm. The steps of `Testbench`
    for that are too short for large transistors: the rounding of their charges, over such a step, is a current beyond
    ngspice's tolerance.
    """
    corner = max(1e-12, 1e-6 * pwl.times_s[-1])
    at_rest = abs(pwl.volts[0]) <= _ZERO_V
    if at_rest or len(pwl.times_s) == 1 or pwl.times_s[1] <= corner:
        return pwl
    volts = float(np.interp(corner, pwl.times_s, pwl.volts))
    return PWL((0.0, corner, *pwl.times_s[1:]), (pwl.volts[0], volts, *pwl.volts[1:]))


def connect(
    driver: Driver | WriteDriver, one: Drive, line: str, node: str, resistance: float, capacitance: float
) -> tuple[list[str], list[str]]:
    """Return the netlist lines of a driver and its lumped line [Ohm, F] to a node, and the nodes of the state.

    Without resistance an ideal driver sits at the node itself, exactly.
    """
    elements, series = list(one.elements), one.resistance + resistance
    elements.append(f"r{line} {one.node} {node} {series:.17g}" if series > 0 else f"vshort{line} {one.node} {node} 0")
    if capacitance > 0:
        elements.append(f"c{line} {node} 0 {capacitance:.17g}")
    # the same nodes whether the line is driven or floats: a state goes from writes to reads and back
    stiff = isinstance(driver, Driver) and driver.resistance + resistance == 0
    return elements, [*one.nodes, *(() if stiff else (node,))]


_SENSE_W = 40e-6
"""Widest transistor of `netlists/lib/sense.lib` [m]."""


def wrappers(process: Process, driver: Driver | WriteDriver | None = None) -> list[str]:
    """Return the netlist lines of the subcircuits nch and pch, which drivers and sense path call.

    Widths and lengths below the process's minimum become the minimum, wider ones than its maximum parallel fingers.
    """
    widest = max(_SENSE_W, 2 * driver.w, 2 * driver.w_wl) if isinstance(driver, WriteDriver) else _SENSE_W
    most, w = process.fingers(widest), f"max(W,{process.w_min:.17g})"
    lines = []
    for name, model in (("nch", process.nmos), ("pch", process.pmos)):
        lines.append(f".subckt {name} d g s b W=1e-6 L=0.35e-6")
        if most == 1 or process.w_max is None:
            lines.append(_inside("1", process, model, w))
        else:
            lines.append(f".param ouro_fingers={{ceil({w}*{(1 - 1e-9) / process.w_max:.17g})}}")
            fingers = [_inside(f"_{k}", process, model, f"({w}/ouro_fingers)") for k in range(most)]
            # what is wider than all fingers together is refused by ngspice
            for k, line in enumerate([*fingers, "m_more d g s b wider_than_all_fingers"]):
                lines += [f".if (ouro_fingers > {k})", line, ".endif"]
        lines.append(".ends")
    return lines


def _inside(name: str, process: Process, model: str, w: str) -> str:
    """Return the netlist line of a transistor inside a wrapper, its width an expression [m]."""
    unit, l = process.unit_m, f"max(L,{process.l_min:.17g})"  # noqa: E741
    sizes = f"W={{{w}/{unit:.17g}}} L={{{l}/{unit:.17g}}}"
    if process.kind == "subckt":
        return f"x{name} d g s b {model} {sizes}"
    area, edge = f"{{{w}*0.5e-6/{unit**2:.17g}}}", f"{{(2*{w}+1e-6)/{unit:.17g}}}"
    return f"m{name} d g s b {model} {sizes} AD={area} AS={area} PD={edge} PS={edge}"


def libraries(drives: Iterable[Drive]) -> tuple[str, ...]:
    """Return the names of the libraries that some drives need, each once."""
    return tuple(dict.fromkeys(name for one in drives for name in one.libraries))


def check_supply(part: object, process: Process) -> None:
    """Raise ValueError for a part whose supply is above what the process's transistors stand."""
    supply = getattr(part, "supply", 0.0)
    if supply > process.gate_V:
        raise ValueError(f"supply = {supply:g} V is above the process limit gate_V = {process.gate_V:g} V")
