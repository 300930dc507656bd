"""The voltage of a word line at the gate of an access transistor: the cell's own, or that of a pulse."""

from __future__ import annotations

from collections.abc import Iterable

from .drive_waveforms import Pwl
from .parts import Transistor, check_gate
from .process import Process
from .pulse import Parallel, Pulse


def gate_voltage(
    transistor: Transistor, process: Process, pulse: Pulse | Pwl | Parallel, reading: bool = False
) -> float:
    """Return the gate voltage during a pulse, or a read [V]: in a waveform of both signs the larger one of the two.

    Raises
    ------
    ValueError
        For a gate voltage of the pulse beyond what the transistors of the process stand.
    """
    if reading:
        return transistor.v_read
    if pulse.gate is None and isinstance(pulse, Pwl) and not pulse.polarity:
        return max(transistor.v_set, transistor.v_reset)
    if pulse.gate is None:
        return transistor.v_set if pulse.polarity < 0 else transistor.v_reset
    check_gate("of the pulse", pulse.gate, process.gate_V)
    return pulse.gate


def check_ungated(pulses: Iterable[Pulse | Pwl | Parallel], what: str) -> None:
    """Raise ValueError for a gate voltage of a pulse where there is no access transistor; `what` names the cell."""
    for pulse in pulses:
        if pulse.gate is not None:
            raise ValueError(f"gate = {pulse.gate:g} V of the pulse: {what} has no access transistor")
