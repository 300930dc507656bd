"""The sense path: a clamp and current mirror of transistors at the bit line, an ADC behind it, and how a read goes."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .._util.checks import check_count, check_flag, check_range, shown
from .drivers import Drive
from .parts import Read
from .pulse import PWL

RAMP_S, HOLD_S, SWITCH_S = 10e-9, 4e-9, 0.5e-9
"""Time in which the lines rise to the common voltage, time until the conveyor takes hold, edges of its controls."""

OVERLAP_S, REST_S = 10e-9, 2e-9
"""Time in which the bit line is held by conveyor and switch together, time at the end with everything at 0 V."""

HIGHEST_V = 0.5
"""Largest voltage of a read [V]: the raised line stays between 0 V and the supply."""


class ReadingClipped(UserWarning):
    """A reading was outside the range of the ADC, or of the known resistors: the end of the range was reported."""


@dataclass(frozen=True)
class Sense:
    """A sense path made of transistors, `netlists/lib/sense.lib`, and an ADC that measures its output.

    The bit line is held at a common voltage while the source line (1R: the word line) goes above it by the read
    voltage, below it where that is negative: then the conveyor has to give current, of which it has some 70 uA. The ADC
    sees the mean output over the second half of the read's flat top. In writes the path is switched off, and not in the
    circuit.

    Parameters
    ----------
    bits
        Of the ADC; None: it resolves everything.
    range_S
        What the ADC can tell apart, as output current over read voltage [S]: least and largest.
    v_cm
        The common voltage [V].
    calibrate
        Whether readings are corrected by those of known resistors; else the raw ones are reported.
    supply
        Of the conveyor [V].
    """

    bits: int | None = None
    range_S: tuple[float, float] = (0.0, 700e-6)
    v_cm: float = 0.9
    calibrate: bool = True
    supply: float = 3.3

    def __post_init__(self) -> None:
        if self.bits is not None:
            check_count("bits", self.bits)
            check_range("bits", self.bits, 1, 16, "")
        if not (isinstance(self.range_S, tuple) and len(self.range_S) == 2):
            raise ValueError(f"range_S = {shown(self.range_S)} must be a pair of conductances (low, high) [S]")
        for value in self.range_S:
            check_range("range_S", value, 0, 1.0, "S")
        if not self.range_S[0] < self.range_S[1]:
            raise ValueError(f"range_S = {self.range_S}: its ends must ascend")
        check_range("supply", self.supply, 2.6, 20, "V")
        # room for the p-channel pair above
        check_range("v_cm", self.v_cm, 0.5, round(self.supply - 2, 9), "V")
        check_flag("calibrate", self.calibrate)

    def check_read(self, read: Read) -> None:
        """Raise ValueError for a read of more voltage than the conveyor is made for."""
        if abs(read.voltage) > HIGHEST_V:
            raise ValueError(
                f"read: voltage = {read.voltage:g} V: a Sense reads at up to {HIGHEST_V:g} V, of either sign; without "
                "one the current into an ideal driver is measured"
            )

    @property
    def step_S(self) -> float:
        """Return the width of one code of the ADC [S]; 0 where it resolves everything."""
        return (self.range_S[1] - self.range_S[0]) / 2**self.bits if self.bits else 0.0

    def digitised(self, raw_S: float) -> tuple[float, bool]:
        """Return the middle of the ADC's code for an output over read voltage [S], and whether it was clipped."""
        low, high = self.range_S
        clipped = not low <= raw_S <= high
        inside = min(max(raw_S, low), high)
        if self.bits is None:
            return inside, clipped
        code = min(math.floor((inside - low) / self.step_S), 2**self.bits - 1)
        return low + (code + 0.5) * self.step_S, clipped

    def schedule(self, read: Read, gate_edge_s: float = 0.0) -> Schedule:
        """Return the times of what happens in a read; the access transistor's gate rises and falls in `gate_edge_s`."""
        return Schedule(read, self.v_cm, self.supply, gate_edge_s)

    def path(self, line: str, schedule: Schedule, suffix: str = "") -> Drive:
        """Return the conveyor at the driver's end of a bit line, as parts of a testbench; it needs `drivers.wrappers`.

        Traces, their names with `suffix`: ``i_sense``, the output; ``i_clamp``, the current out of the line; ``v_cm``.
        """
        name, node = f"{line}_sense", f"{line}_driver"
        elements = (
            f"v{name}_vdd {name}_vdd 0 dc {self.supply:.17g}",
            f"v{name}_cm {name}_cm 0 {schedule.common.spice()}",
            f"v{name}_en {name}_en 0 {schedule.enable.spice()}",
            f"v{name}_pre {name}_pre 0 {schedule.precharge.spice()}",
            f"v{name}_clamp {node} {name}_in 0",
            f"v{name} {name}_cm {name}_out 0",
            f"x{name} {name}_in {name}_out {name}_en {name}_pre {name}_cm {name}_vdd 0 sense",
        )
        probes = (
            (f"i_sense{suffix}", f"v{name}#branch"),
            (f"i_clamp{suffix}", f"v{name}_clamp#branch"),
            (f"v_cm{suffix}", f"v({name}_cm)"),
            (f"i_cm{suffix}", f"v{name}_cm#branch"),
            (f"v_sense_vdd{suffix}", f"v({name}_vdd)"),
            (f"i_sense_vdd{suffix}", f"v{name}_vdd#branch"),
        )
        sources, supplies = (((f"v_{what}{suffix}", f"i_{what}{suffix}"),) for what in ("cm", "sense_vdd"))
        return Drive(elements, node, libraries=("sense",), probes=probes, sources=sources, supplies=supplies)


@dataclass(frozen=True)
class Schedule:
    """When what happens in a read [s], for a common voltage and a supply [V] and an edge of the gate [s]."""

    read: Read
    v_cm: float
    supply: float
    gate_edge_s: float

    @property
    def flat_s(self) -> tuple[float, float]:
        """Return the beginning and end of the time at full read voltage [s]."""
        start = self._hold + SWITCH_S + OVERLAP_S + 2 * SWITCH_S + self.read.edge
        return start, start + self.read.width

    @property
    def stop_s(self) -> float:
        """Return the end of the read, with all lines at 0 V [s]."""
        return self._down + RAMP_S + self.gate_edge_s + REST_S

    @property
    def _hold(self) -> float:
        """Return the time at which the conveyor takes hold [s]."""
        return self.gate_edge_s + RAMP_S + HOLD_S

    @property
    def _down(self) -> float:
        """Return the time at which the lines begin to go back to 0 V [s]."""
        return self.flat_s[1] + self.read.edge + 2 * SWITCH_S

    @property
    def common(self) -> PWL:
        """Return the common voltage over the read."""
        times = (0.0, self.gate_edge_s, self.gate_edge_s + RAMP_S, self._down, self._down + RAMP_S, self.stop_s)
        return _pwl(times, (0.0, 0.0, self.v_cm, self.v_cm, 0.0, 0.0))

    @property
    def raised(self) -> PWL:
        """Return the voltage of the source line (1R: of the word line)."""
        start, stop = self.flat_s
        edge, high = self.read.edge, self.v_cm + self.read.voltage
        times = (
            *(0.0, self.gate_edge_s, self.gate_edge_s + RAMP_S, start - edge),
            *(start, stop, stop + edge, self._down, self._down + RAMP_S, self.stop_s),
        )
        volts = (0.0, 0.0, self.v_cm, self.v_cm, high, high, self.v_cm, self.v_cm, 0.0, 0.0)
        return _pwl(times, volts)

    @property
    def enable(self) -> PWL:
        """Return the control voltage of the conveyor."""
        off = self._down - SWITCH_S
        times = (0.0, self._hold, self._hold + SWITCH_S, off, off + SWITCH_S, self.stop_s)
        return _pwl(times, (0.0, 0.0, self.supply, self.supply, 0.0, 0.0))

    @property
    def precharge(self) -> PWL:
        """Return the control voltage of the switch between bit line and common voltage."""
        off, on = self._hold + SWITCH_S + OVERLAP_S, self._down - 2 * SWITCH_S
        times = (0.0, off, off + SWITCH_S, on, on + SWITCH_S, self.stop_s)
        return _pwl(times, (self.supply, self.supply, 0.0, 0.0, self.supply, self.supply))

    def gate(self, volts: float) -> PWL:
        """Return the gate voltage of the access transistor, `volts` [V] from the beginning to the end."""
        edge = self.gate_edge_s
        off = self.stop_s - REST_S
        return _pwl((0.0, edge, off - edge, off, self.stop_s), (0.0, volts, volts, 0.0, 0.0))


def _pwl(times: tuple[float, ...], volts: tuple[float, ...]) -> PWL:
    """Return a voltage from corners, of which those at the same time are left out."""
    kept = [(t, v) for k, (t, v) in enumerate(zip(times, volts, strict=True)) if not k or t > times[k - 1]]
    return PWL(tuple(t for t, _ in kept), tuple(v for _, v in kept))
