"""What the drivers of an array's lines do while cells of a row are written or read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce

from .array_protocol import Array
from .crossbar_netlist import LineVoltages
from .drive_waveforms import Pwl
from .gates import check_ungated, gate_voltage
from .parts import Transistor
from .pulse import PWL, Parallel, Pulse, trapezoids
from .sense import Schedule
from .stimuli import Stimulus, gate_pwl, line_voltage

SCHEMES: dict[str, tuple[float, float] | None] = {
    "half": (1 / 2, 1 / 2), "third": (1 / 3, 2 / 3), "grounded": (0.0, 0.0), "floating": None,
}  # fmt: skip
"""Unselected lines of a 1R array as shares of the amplitude: those beside the raised line, those across it."""

_LONG_S = 1.0


def _shares(scheme: str | None) -> tuple[float, float] | None:
    """Return the shares of the amplitude at unselected lines, see `SCHEMES`; None where they float."""
    return None if scheme is None else SCHEMES[scheme]


@dataclass(frozen=True)
class Bias:
    """The voltages of all lines of an array, for some selected cells of a row.

    In a SET the selected bit lines are raised, in a RESET the word line (1R) or the source lines (1T1R).
    """

    array: Array
    row: int
    cols: Sequence[int]

    @property
    def gate_edge_s(self) -> float:
        """Return the time in which gates rise and fall [s]; 0 without any."""
        return self.array.cell.gate_edge_s

    def slot_s(self, pulse: Stimulus | Parallel) -> float:
        """Return the time that the drivers take for a pulse, idle time included [s]."""
        edge = self.gate_edge_s
        if isinstance(pulse, Pwl):
            return line_voltage([pulse], 1, edge).times_s[-1]
        plain = pulse.duration + 2 * edge + pulse.idle
        if plain < _LONG_S:
            return plain
        # corners that doubles cannot tell apart lie one last digit apart: the line takes a little longer then
        line = trapezoids([(edge, pulse.rise, pulse.width, pulse.fall, edge + pulse.idle, 1.0)])
        return max(plain, line.times_s[-1])

    def each(self, pulse: Stimulus | Parallel) -> tuple[Stimulus | None, ...]:
        """Return the pulse of each selected column; ValueError for pulses of another number."""
        if not isinstance(pulse, Parallel):
            return (pulse,) * len(self.cols)
        if len(pulse.pulses) != len(self.cols):
            raise ValueError(f"Parallel: {len(pulse.pulses)} pulses for {len(self.cols)} selected columns")
        return pulse.pulses

    def voltages(self, pulse: Stimulus | Parallel, reading: bool = False) -> LineVoltages:
        """Return the voltages of all lines for one pulse, by name."""
        if isinstance(pulse, Pwl):
            return self._waveform(pulse)
        wanted = (pulse, *(None,) * (len(self.cols) - 1)) if reading else self.each(pulse)
        own = {col: one for col, one in zip(self.cols, wanted, strict=True) if isinstance(one, Pulse)}
        each = {col: self._shape(one, pulse) for col, one in own.items()}
        access = self.array.cell.access
        if access is None:
            check_ungated([pulse], "an array of 1R cells")
            if reading and isinstance(pulse, Pulse) and pulse.polarity < 0:
                return self._negative_read(pulse)
            return self._ungated(each, pulse, _shares(self.array.read_scheme if reading else self.array.scheme))
        return self._gated(access, each, pulse, reading)

    def _negative_read(self, pulse: Pulse) -> LineVoltages:
        """Return the voltages of all lines of a 1R array in a read in SET direction.

        They are those of the positive read with the other sign, all raised by the read voltage for none to be negative:
        the cells beside the selected one see as little as there, and the selected bit line brings its cell's current.
        """
        mirrored = replace(pulse, amplitude=-pulse.amplitude)
        shape = self._shape(mirrored, mirrored)
        drives = self._ungated({self.cols[0]: shape}, mirrored, _shares(self.array.read_scheme))
        return {name: None if pwl is None else shape.minus(pwl) for name, pwl in drives.items()}

    def _gated(self, t: Transistor, each: Mapping[int, PWL], pulse: Pulse | Parallel, reading: bool) -> LineVoltages:
        """Return the voltages of all lines of a 1T1R array, for the voltages `each` of the selected columns."""
        edge = self.gate_edge_s
        gate = gate_voltage(t, self.array.cell.process, pulse, reading)
        rest = PWL.zero(self.slot_s(pulse))
        drives = dict.fromkeys(self.array.lines, rest)
        drives[f"wl{self.row}"] = trapezoids([(0.0, edge, pulse.duration, edge, pulse.idle, gate)], parts=1)
        for col, pwl in each.items():
            drives[f"{'bl' if pulse.polarity < 0 else 'sl'}{col}"] = pwl
        return drives

    def _ungated(
        self, each: Mapping[int, PWL], pulse: Pulse | Parallel, shares: tuple[float, float] | None
    ) -> LineVoltages:
        """Return the voltages of all lines of a 1R array, for the voltages `each` of the selected columns.

        A column whose pulse has ended, or is lower than others, never goes beyond the level of unselected columns.
        """
        setting = pulse.polarity < 0
        whole = reduce(PWL.upper, each.values())
        beside, across = shares or (None, None)
        inhibit = {"bl": beside if setting else across, "wl": across if setting else beside}
        levels = {kind: None if share is None else whole.scaled(share) for kind, share in inhibit.items()}
        self._check_apart(pulse, None if shares is None else shares[0] if setting else 1 - shares[1])
        drives = {name: levels[name[:2]] for name in self.array.lines}
        drives[f"wl{self.row}"] = PWL.zero(self.slot_s(pulse)) if setting else whole
        level = levels["bl"]
        for col, pwl in each.items():
            line = pwl if setting else whole.minus(pwl)
            drives[f"bl{col}"] = line if level is None else (line.upper(level) if setting else line.lower(level))
        return drives

    def _waveform(self, one: Pwl) -> LineVoltages:
        """Return the voltages of all lines for a waveform, which all selected columns get.

        Where it is negative they are those of a SET, where it is positive those of a RESET.
        """
        edge, access = self.gate_edge_s, self.array.cell.access
        down, up = (line_voltage([one], side, edge) for side in (-1, 1))
        if access is not None:
            drives: dict[str, PWL | None] = dict.fromkeys(self.array.lines, PWL.zero(up.times_s[-1]))
            gate = gate_voltage(access, self.array.cell.process, one)
            drives[f"wl{self.row}"] = gate_pwl([(one, gate)], edge, parts=1)
            return drives | {f"bl{col}": down for col in self.cols} | {f"sl{col}": up for col in self.cols}
        check_ungated([one], "an array of 1R cells")
        shares = _shares(self.array.scheme)
        levels: dict[str, PWL | None] = {"bl": None, "wl": None}
        if shares is not None:
            beside, across = shares
            levels["bl"] = down.scaled(beside).upper(up.scaled(across))
            levels["wl"] = down.scaled(across).upper(up.scaled(beside))
        drives = {name: levels[name[:2]] for name in self.array.lines}
        return drives | {f"wl{self.row}": up} | {f"bl{col}": down for col in self.cols}

    def _check_apart(self, pulse: Pulse | Parallel, least: float | None) -> None:
        """Raise ValueError for pulses of a row that the level of unselected columns would make equal."""
        given = [pulse] if isinstance(pulse, Pulse) else pulse.given
        highest = max(abs(one.amplitude) for one in given)
        lowest = min(abs(one.amplitude) for one in given)
        if least is None or lowest == highest == 0:
            return
        if lowest < least * highest * (1 - 1e-12):
            share = f"{lowest / highest:.3g} of the highest"
            raise ValueError(f"Parallel: the lowest amplitude is {share}; all columns get {least:.3g} of it at least")
        if least == 1 and len({(one.rise, one.width, one.fall) for one in given}) > 1:
            raise ValueError("Parallel: with grounded lines the cells of a row are RESET all by the same pulse")

    def sensed(self, schedule: Schedule) -> LineVoltages:
        """Return the voltages of all lines in a read by transistors: those of a read, above the common voltage."""
        col = self.cols[0]
        access = self.array.cell.access
        if access is not None:
            drives: dict[str, PWL | None] = dict.fromkeys(self.array.lines, PWL.zero(schedule.stop_s))
            drives[f"wl{self.row}"] = schedule.gate(access.v_read)
            return drives | {f"sl{col}": schedule.raised, f"bl{col}": None}
        inhibit = dict(zip(("wl", "bl"), _shares(self.array.read_scheme) or (None, None), strict=True))
        above = schedule.raised.minus(schedule.common)
        levels = {
            kind: None if share is None else schedule.common.minus(above.scaled(-share))
            for kind, share in inhibit.items()
        }
        drives = {name: levels[name[:2]] for name in self.array.lines}
        return drives | {f"wl{self.row}": schedule.raised, f"bl{col}": None}

    def _shape(self, own: Pulse, whole: Pulse | Parallel) -> PWL:
        """Return the voltage of one column's pulse, not negative, over the time of the whole."""
        after = self.slot_s(whole) - self.gate_edge_s - own.duration
        return trapezoids([(self.gate_edge_s, own.rise, own.width, own.fall, after, abs(own.amplitude))])
