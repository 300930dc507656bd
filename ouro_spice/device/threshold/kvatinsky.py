"""What TEAM and VTEAM share: all parameters but the thresholds. S. Kvatinsky et al., IEEE TCAS-I 60(1), 211, 2013.

The fields are spelled as in ``verilog_a/vteam.va`` and ``team.va``. The state is x, the place of w between w_on (x = 0,
the smallest resistance) and w_off. Positive voltages raise the resistance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..parameter import quantity
from ..state_variable import StateVariable
from .threshold_device import ThresholdDevice


@dataclass(frozen=True, kw_only=True, repr=False)
class Kvatinsky(ThresholdDevice):
    """A memristor that moves beyond a threshold, with the power alpha of what is beyond it."""

    POLARITY: ClassVar[int] = -1

    xinit: float = quantity(0.5, "1", 0, 1, "place of w between w_on and w_off at t = 0", True)
    R_on: float = quantity(50, "Ohm", 1, 1e7, "resistance at w_on", True)
    R_off: float = quantity(1000, "Ohm", 1, 1e9, "resistance at w_off", True)
    k_on: float = quantity(-10, "m/s", -1e6, -1e-30, "speed towards w_on", True)
    k_off: float = quantity(5e-4, "m/s", 1e-30, 1e6, "speed towards w_off", True)
    alpha_on: float = quantity(3, "1", 1, 20, "exponent of the way towards w_on")
    alpha_off: float = quantity(1, "1", 1, 20, "exponent of the way towards w_off")
    w_on: float = quantity(0, "m", 0, 1e-6, "place of the smallest resistance")
    w_off: float = quantity(3e-9, "m", 1e-10, 1e-6, "place of the largest resistance")
    window: float = quantity(0, "1", 0, 1, "0: hard stops alone, 1: Kvatinsky's window and hard stops")
    a_on: float = quantity(0, "m", 0, 1e-6, "place at which the window slows the way towards w_on")
    a_off: float = quantity(3e-9, "m", 0, 1e-6, "place at which the window slows the way towards w_off")
    w_c: float = quantity(107e-12, "m", 1e-12, 1e-6, "width of the window's slopes")
    rlaw: float = quantity(0, "1", 0, 1, "resistance over w: 0 linear, 1 exponential")

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.w_on < self.w_off:
            raise ValueError(f"w_on = {self.w_on:g} must be below w_off = {self.w_off:g} m")

    def resistance(self, state: float) -> float:
        """Return its resistance at a state [Ohm]."""
        if self.rlaw:
            return self.R_on * (self.R_off / self.R_on) ** state
        return self.R_on * (1 - state) + self.R_off * state

    @property
    def state(self) -> StateVariable:
        """Return x, the place of w between w_on and w_off: the conductance falls with it."""
        return StateVariable("x", "1", 0.0, 1.0, "xinit", False)
