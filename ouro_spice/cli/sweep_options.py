"""The options of records that vary a voltage instead of a pulse's width."""

from __future__ import annotations

import dataclasses
import enum
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from ..circuit.pulse import Pulse
from .output import option
from .quantity import quantities, quantity

Control = enum.Enum("Control", {"WIDTH": "width", "AMPLITUDE": "amplitude", "GATE": "gate"})
"""What a record varies."""


@dataclass(frozen=True)
class Sweeping:
    """Say what a record varies, and with a voltage the pulses, which are fixed but for it; None is the default."""

    control: Annotated[
        Control | None,
        option(
            "What a record varies: width (default) until the pulse ends at its target; gate or amplitude: a voltage "
            "drawn for it, with pulses of fixed width, whose target is where they end."
        ),
    ] = None
    sweep: Annotated[
        str | None, option("That voltage, lowest to highest. [default: gate 0.76V:1.06V, amplitude -0.8V:-0.4V]")
    ] = None
    pulse_amplitude: Annotated[float | None, quantity("V", "With --control gate: of its pulse.", default=-1.5)] = None
    pulse_width: Annotated[
        float | None, quantity("s", "Of the pulse, 5ns with the gate voltage, 50ns with the amplitude.")
    ] = None
    erase: Annotated[
        float | None, quantity("V", "Of the erase before, of the other sign; 2V with the gate voltage, else none.")
    ] = None
    erase_width: Annotated[float | None, quantity("s", "Of the erase, 10ns.")] = None
    no_erase: Annotated[bool, typer.Option("--no-erase", help="No erase before: records go one way only.")] = False

    def arguments(self, drawing: dict[str, Any]) -> dict[str, Any]:
        """Return the arguments of `extract` with the control among them; edges become those of the pulse.

        Raises
        ------
        ValueError
            For options that contradict each other, or values out of range.
        """
        from ..dataset.sweep import Sweep

        if self.control in (None, Control.WIDTH):
            own = [f.name for f in dataclasses.fields(self) if f.name != "control" and getattr(self, f.name)]
            if own:
                raise ValueError(f"--{_told(own[0])}: with --control gate or amplitude alone")
            return drawing
        if self.no_erase and (self.erase is not None or self.erase_width is not None):
            raise ValueError("--no-erase, and an erase: give one of them")
        drawing = dict(drawing)
        standing = Sweep(self.control.value)
        edges = {name: drawing.pop(f"{name}_s") for name in ("rise", "fall") if f"{name}_s" in drawing}
        if any(isinstance(one, tuple) for one in edges.values()):
            raise ValueError("--rise, --fall: one value each where a voltage is varied")
        if self.pulse_amplitude is not None and self.control is Control.AMPLITUDE:
            raise ValueError("--pulse-amplitude: the amplitude is what is varied, see --sweep")
        fixed = {"amplitude": self.pulse_amplitude, "width": self.pulse_width, **edges}
        pulse = _changed(standing.varied, **fixed)
        return drawing | {"control": Sweep(self.control.value, self._range(), pulse, self._erase(standing.before))}

    def _range(self) -> tuple[float, float] | None:
        """Return the ends of the range [V]; None where it is not given."""
        if self.sweep is None:
            return None
        ends = quantities("--sweep", self.sweep, "V", ":")
        if len(ends) != 2:
            raise ValueError(f"--sweep {self.sweep}: the lowest and the highest voltage as 0.8V:1V")
        return ends[0], ends[1]

    def _erase(self, standing: Pulse | None) -> Pulse | None:
        """Return the pulse before, None for none."""
        if self.no_erase or (standing is None and self.erase is None):
            return None
        return _changed(standing or Pulse(1.0, 10e-9), amplitude=self.erase, width=self.erase_width)


def _changed(pulse: Pulse, **given: float | None) -> Pulse:
    """Return a pulse with the values that are given."""
    return dataclasses.replace(pulse, **{name: value for name, value in given.items() if value is not None})


def _told(name: str) -> str:
    """Return the option of a field."""
    return name.lower().replace("_", "-")
