"""How a write ended."""

from __future__ import annotations

import enum


class Outcome(enum.Enum):
    """How a write ended."""

    REACHED = "the reading is within tolerance"
    PULSE_LIMIT = "the pulse limit was reached first"
    STUCK = "the conductance does not answer to pulses any more"
    TARGET_OUTSIDE = "the target is outside the device's window"
    READ_FAILED = "a read failed"
    SIMULATION_FAILED = "a simulation failed"
