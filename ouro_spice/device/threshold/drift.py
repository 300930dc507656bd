"""Linear ion drift: D. B. Strukov et al., Nature 453, 80-83, 2008, with the windows that others gave it.

The fields of `LinearDrift` are spelled as in ``verilog_a/linear_drift.va``. A positive voltage raises x = w/D, and with
it the conductance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from ..parameter import quantity
from ..state_variable import StateVariable
from .threshold_device import FARTHEST, FROM_X, ThresholdDevice, check_names
from .windows import LOGIT, window_number

_YINIT = "ln(x/(1-x)) at t = 0 where the window vanishes at both bounds, 1e6 = from xinit"


@dataclass(frozen=True, kw_only=True, repr=False)
class LinearDrift(ThresholdDevice):
    """A film of which the share x conducts as R_on, the rest as R_off.

    Raises
    ------
    ValueError
        For a value that is not finite or outside its legal range, naming field, value and range; for R_on not below
        R_off, or 1e6 times below; for a yinit where the window has no such state.
    """

    FAMILY: ClassVar[str] = "linear_drift"
    POLARITY: ClassVar[int] = 1
    VARYING: ClassVar[tuple[str, ...]] = ("R_on", "R_off", "D", "mu_v")

    xinit: float = quantity(0.1, "1", 0, 1, "share of the doped length at t = 0", True)
    yinit: float = quantity(FROM_X, "1", -FARTHEST, FROM_X, _YINIT, True)
    R_on: float = quantity(100, "Ohm", 1, 1e7, "resistance at x = 1", True)
    R_off: float = quantity(16e3, "Ohm", 1, 1e9, "resistance at x = 0", True)
    D: float = quantity(10e-9, "m", 1e-9, 1e-6, "length of the film", True)
    mu_v: float = quantity(1e-14, "m^2/Vs", 1e-20, 1e-8, "mobility of the ions", True)
    window: float = quantity(2, "1", 0, 4, "0: none, 1: Strukov, 2: Joglekar, 3: Biolek, 4: Prodromakis")
    p: float = quantity(1, "1", 1, 100, "exponent of the window")
    j: float = quantity(1, "1", 0.01, 100, "height of Prodromakis' window")

    def __post_init__(self) -> None:
        super().__post_init__()
        check_start(self.yinit, logit=int(self.window) in LOGIT)

    @property
    def state(self) -> StateVariable:
        """Return y = ln(x / (1 - x)) where the window vanishes at both bounds, else x."""
        if int(self.window) in LOGIT:
            return LOGIT_STATE
        return StateVariable("x", "1", 0.0, 1.0, "xinit", True)

    def resistance(self, state: float) -> float:
        """Return its resistance at a state [Ohm]."""
        return mixed_resistance(self.R_on, self.R_off, self.state.name, state)

    @property
    def threshold_V(self) -> float:
        """Return 0: every voltage moves the state."""
        return 0.0


LOGIT_STATE = StateVariable("y", "1", -FARTHEST, FARTHEST, "yinit", True)
"""The state of a window that vanishes at both bounds."""


def mixed_resistance(r_on: float, r_off: float, variable: str, state: float) -> float:
    """Return the resistance [Ohm] of a film of which the share x conducts as `r_on`; the state is x or y."""
    x, rest = (state, 1 - state) if variable == "x" else (_share(state), _share(-state))
    return r_on * x + r_off * rest


def _share(y: float) -> float:
    """Return x at y = ln(x / (1 - x)), to its own last digit."""
    e = math.exp(-abs(y))
    return 1 / (1 + e) if y > 0 else e / (1 + e)


def check_start(yinit: float, *, logit: bool) -> None:
    """Raise ValueError for a yinit that is neither a state nor `FROM_X`, or stands where the state is x."""
    if yinit == FROM_X:
        return
    if not logit:
        raise ValueError(f"yinit = {yinit:g}: with this window the state is x, give xinit")
    if yinit > FARTHEST:
        raise ValueError(f"yinit = {yinit:g} must be at most {FARTHEST:g}, or {FROM_X:g} for a start from xinit")


def linear_drift(window: str = "joglekar", realisation: str = "compiled", **parameters: float) -> LinearDrift:
    """Return a device of linear ion drift, the one of `LinearDrift` but for the parameters given.

    Parameters
    ----------
    window
        "none", "strukov", "joglekar", "biolek" or "prodromakis".
    realisation
        Which realisation a circuit uses: "compiled" or "behavioural".
    **parameters
        Model parameters under their own names, see ``LinearDrift.table()``.

    Raises
    ------
    ValueError
        For an unknown window or parameter, or an illegal value.
    """
    check_names("linear_drift", parameters, LinearDrift.table())
    return LinearDrift(realisation=realisation, window=window_number(window), **parameters)
