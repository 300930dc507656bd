"""What records vary where it is not the width of a pulse: its gate voltage, or its amplitude, and all that is fixed."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._util.checks import check_kind, check_range, shown
from .._util.display import brief, shows
from ..circuit.cell_kinds import Cell
from ..circuit.compact_cell import CompactCell
from ..circuit.gates import check_ungated
from ..circuit.parts import check_gate
from ..circuit.pulse import HIGHEST_V, Pulse

WIDTH, AMPLITUDE, GATE = CONTROLS = ("width", "amplitude", "gate")
"""What a record varies to reach its target, and what a predictor gives."""

COLUMNS = {WIDTH: "t_pulse_s", AMPLITUDE: "amplitude_V", GATE: "gate_V"}
"""The column of a dataset that holds it, by control."""

CONTROL_WORDS = {WIDTH: "pulse time", AMPLITUDE: "amplitude", GATE: "gate voltage"}

_RANGES = {GATE: (0.76, 1.06), AMPLITUDE: (-0.8, -0.4)}
_PULSES = {GATE: Pulse(-1.5, 5e-9, 20e-9, 2e-9), AMPLITUDE: Pulse(-0.6, 50e-9)}
"""A compliance SET of the default 1T1R cell: with a rise below 20 ns the charge of its bit line goes through the
device; and a SET of 50 ns, whose amplitude stands for those of the range."""

_ERASE = Pulse(2.0, 10e-9)
"""Takes the default 1T1R cell to the low end of its window from anywhere in it."""


@dataclass(frozen=True)
class Sweep:
    """A voltage that records vary, each by a uniform draw of its own; width, edges and all else are fixed.

    Parameters
    ----------
    control
        "gate": the gate voltage of `pulse`; "amplitude": its amplitude.
    range_V
        Lowest and highest value [V]. By default .76 .. 1.06 V at the gate, -.8 .. -.4 V of an amplitude.
    pulse
        The pulse that is varied, whose own value of the control plays no part. By default the compliance SET of the
        default 1T1R cell, -1.5 V for 5 ns with a rise of 20 ns, or a SET of 50 ns where its amplitude is varied.
    erase
        A pulse of the other direction that is sent just before it, without a read between; None: `pulse` alone, so that
        records go in its direction only. The default, "default", is a RESET of 2 V for 10 ns with the gate voltage,
        and none with the amplitude.

    Raises
    ------
    ValueError
        For a value out of range, naming it.
    """

    control: str
    range_V: tuple[float, float] | None = None
    pulse: Pulse | None = None
    erase: Pulse | str | None = "default"

    def __post_init__(self) -> None:
        if self.control not in (GATE, AMPLITUDE):
            raise ValueError(f"control {shown(self.control)} of a sweep is unknown; there is {GATE}, {AMPLITUDE}")
        if self.pulse is None:
            object.__setattr__(self, "pulse", _PULSES[self.control])
        if self.erase == "default":
            object.__setattr__(self, "erase", _ERASE if self.control == GATE else None)
        check_kind("pulse", self.pulse, Pulse)
        check_kind("erase", self.erase, (Pulse, None))
        object.__setattr__(
            self, "range_V", self._checked_range(_RANGES[self.control] if self.range_V is None else self.range_V)
        )
        object.__setattr__(self, "pulse", self.varied)
        polarity = self.varied.polarity
        if not polarity or (self.before and self.before.polarity != -polarity):
            raise ValueError("erase must be a pulse of the other direction than the one that is varied")

    def _checked_range(self, given: Any) -> tuple[float, float]:
        """Return lowest and highest voltage [V]; ValueError for what is no range of the control."""
        ends = tuple(given) if isinstance(given, tuple | list) else (given,)
        if len(ends) != 2:
            raise ValueError(f"range_V = {shown(given)} must be the lowest and the highest voltage [V]")
        lowest = 0.0 if self.control == GATE else -HIGHEST_V
        check_range("range_V", ends[0], lowest, HIGHEST_V, "V")
        check_range("range_V", ends[1], ends[0], HIGHEST_V, "V")
        if ends[0] == ends[1] or (self.control == AMPLITUDE and ends[0] * ends[1] <= 0):
            raise ValueError(f"range_V = {shown(given)} must be two different voltages, amplitudes of one sign [V]")
        return float(ends[0]), float(ends[1])

    @shows
    def __repr__(self) -> str:
        return brief(self)

    @property
    def ends_V(self) -> tuple[float, float]:
        """Return the lowest and the highest voltage [V]."""
        low, high = self.range_V or _RANGES[self.control]
        return low, high

    @property
    def varied(self) -> Pulse:
        """Return the varied pulse in the middle of the range."""
        return self.at(sum(self.ends_V) / 2)

    @property
    def before(self) -> Pulse | None:
        """Return the pulse that is sent before; None where there is none."""
        return self.erase if isinstance(self.erase, Pulse) else None

    @property
    def column(self) -> str:
        """Return the column of a dataset that holds what is varied."""
        return COLUMNS[self.control]

    @property
    def directions(self) -> tuple[str, ...]:
        """Return the directions that a wanted change may have: both where there is an erase."""
        own = "SET" if self.varied.polarity < 0 else "RESET"
        return ("SET", "RESET") if self.before else (own,)

    def volts(self, share: float) -> float:
        """Return the voltage at a share, 0 .. 1, of the range [V]."""
        low, high = self.ends_V
        return float(low + share * (high - low))

    def at(self, volts: float) -> Pulse:
        """Return the pulse with a value of the control [V]."""
        name = "gate" if self.control == GATE else "amplitude"
        return dataclasses.replace(self.pulse or _PULSES[self.control], **{name: float(volts)})

    def pulses(self, volts: float) -> tuple[Pulse, ...]:
        """Return the pulses of a record, the erase first, at a value of the control [V]."""
        return (self.before, self.at(volts)) if self.before else (self.at(volts),)

    def check_cell(self, cell: Cell | CompactCell) -> None:
        """Raise ValueError for a cell that cannot have these pulses."""
        both = [self.varied, *([self.before] if self.before else [])]
        if not cell.gated and self.control == GATE:
            raise ValueError(f"control 'gate': a {type(cell).__name__} has no access transistor")
        if not cell.gated:
            check_ungated(both, f"a {type(cell).__name__}")
        elif not isinstance(cell, CompactCell):
            limit_V = cell.alone.process.gate_V
            for volts in (*(self.ends_V if self.control == GATE else ()), *(one.gate or 0.0 for one in both)):
                check_gate("of the sweep", volts, limit_V)

    @property
    def plain(self) -> dict[str, Any]:
        """Return plain values for a manifest, of which `from_plain` makes the sweep again."""
        before = dataclasses.asdict(self.before) if self.before else None
        own = dataclasses.asdict(self.varied) | {("gate" if self.control == GATE else "amplitude"): None}
        return {"control": self.control, "range_V": list(self.ends_V), "pulse": own, "erase": before}

    @classmethod
    def from_plain(cls, plain: Any) -> Sweep | None:
        """Return the sweep of a manifest's settings, None for none; ValueError for what is no sweep."""
        if plain is None:
            return None
        try:
            low, high = plain["range_V"]
            own = dict(plain["pulse"])
            if plain["control"] == AMPLITUDE:
                own["amplitude"] = low
            erase = Pulse(**plain["erase"]) if plain["erase"] else None
            return cls(plain["control"], (low, high), Pulse(**own), erase)
        except (KeyError, TypeError) as error:
            raise ValueError(f"sweep = {shown(plain)} is none in the settings of these records") from error


def control_of(settings: Mapping[str, Any]) -> str:
    """Return the control of a manifest's settings: "width" where they are of before there were others."""
    return settings.get("control", WIDTH)


def asked_sweep(control: Any) -> Sweep | None:
    """Return the sweep that is asked for by its name or itself, None for "width"; ValueError for anything else."""
    if isinstance(control, Sweep):
        return control
    if not isinstance(control, str) or control not in CONTROLS:
        names = ", ".join(CONTROLS)
        raise ValueError(f"control = {shown(control)} is unknown; there is {names}, or an ouro_spice.Sweep")
    return None if control == WIDTH else Sweep(control)
