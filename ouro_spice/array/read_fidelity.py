"""What makes the reads and products of an array: ngspice, or the array's own nodal analysis."""

from __future__ import annotations

from .._util.checks import shown
from ..circuit.array_protocol import Array
from ..circuit.drivers import WriteDriver

FIDELITIES = ("full", "circuit")
"""ngspice; nodal analysis at the operating point, of lines that are factorised once."""


def obstacle(array: Array, reading: bool = False) -> str:
    """Return why an array cannot be solved without ngspice, "" where it can; `reading`: through its sense path."""
    if array.gated:
        return "the access transistors of 1T1R cells are simulated by ngspice alone"
    if isinstance(array.cell.driver, WriteDriver):
        return "drivers made of transistors are simulated by ngspice alone"
    if reading and array.cell.sense:
        return "a sense path of transistors is simulated by ngspice alone"
    for device, _ in array.ensemble.groups:
        if "kernels" not in device.capabilities:
            return f"the current of {device.title} is known to ngspice alone"
    return ""


def chosen(array: Array, fidelity: str | None, reading: bool = False) -> str:
    """Return the fidelity of products or, `reading`, of reads; None: "circuit" where that gives what ngspice gives.

    A product is an operating point, which is the same in both. A read is a transient: it settles to it at once in an
    array of resistors without capacitance.

    Raises
    ------
    ValueError
        For another name, or "circuit" of an array that only ngspice can solve.
    """
    if fidelity is not None and (not isinstance(fidelity, str) or fidelity not in FIDELITIES):
        raise ValueError(f"fidelity = {shown(fidelity)}: there is {', '.join(FIDELITIES)}")
    if fidelity == "full":
        return "full"
    why = obstacle(array, reading)
    if fidelity is not None and why:
        raise ValueError(f'fidelity = "circuit": {why}; take "full"')
    lines = array.cell.lines
    settles = not (array.ensemble.groups or lines.c_wl or lines.c_bl)
    return "circuit" if fidelity or (not why and (settles or not reading)) else "full"
