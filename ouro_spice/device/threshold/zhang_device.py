"""The threshold model of Y. Zhang, X. Wang, Y. Li, E. G. Friedman, IEEE TCAS-II 64(7), 767, 2017.

The fields of `Zhang` are spelled as in ``verilog_a/zhang.va``. A voltage beyond V_Tp raises x = w/D, and with it the
conductance, by a rate that falls with the current; one beyond V_Tn lowers it by a rate that rises with the current.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..memristor import TimeLaw
from ..parameter import quantity
from ..state_variable import StateVariable
from .drift import LOGIT_STATE, check_start, mixed_resistance
from .threshold_device import FARTHEST, FROM_X, ThresholdDevice, check_names

_FASTEST = 1.05
"""At this many times V_Tp a SET is as fast as it can be, nearly: its rate falls with the current, and the voltage."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Zhang(ThresholdDevice):
    """A film as in linear drift that moves beyond thresholds of the voltage.

    Raises
    ------
    ValueError
        For a value that is not finite or outside its legal range, naming field, value and range; for R_on not below
        R_off, or 1e6 times below; for an i_0 from V_Tp/R_off on: there the published rate has a pole, and below it
        the wrong sign.
    """

    FAMILY: ClassVar[str] = "zhang"
    POLARITY: ClassVar[int] = 1
    VARYING: ClassVar[tuple[str, ...]] = ("R_on", "R_off", "mu_v", "V_Tp", "V_Tn")

    xinit: float = quantity(0.5, "1", 0, 1, "share of the doped length at t = 0", True)
    yinit: float = quantity(FROM_X, "1", -FARTHEST, FROM_X, "ln(x/(1-x)) at t = 0, 1e6 = from xinit", True)
    R_on: float = quantity(1e3, "Ohm", 1, 1e7, "resistance at x = 1", True)
    R_off: float = quantity(10e3, "Ohm", 1, 1e9, "resistance at x = 0", True)
    D: float = quantity(3e-9, "m", 1e-9, 1e-6, "length of the film", True)
    mu_v: float = quantity(1.6e-18, "m^2/s/Ohm", 1e-30, 1e-6, "mobility of the ions", True)
    V_Tp: float = quantity(1, "V", 1e-3, 10, "threshold of the way up", True)
    V_Tn: float = quantity(-1, "V", -10, -1e-3, "threshold of the way down", True)
    i_off: float = quantity(1e-5, "A", 1e-15, 100, "current over which the way up slows")
    i_on: float = quantity(1, "A", 1e-15, 100, "current over which the way down quickens")
    i_0: float = quantity(1e-5, "A", 0, 1, "current at which the rate of the way up has its pole")
    p: float = quantity(10, "1", 1, 100, "exponent of the window")

    def __post_init__(self) -> None:
        super().__post_init__()
        check_start(self.yinit, logit=True)
        least = self.V_Tp / self.R_off
        if self.i_0 >= least:
            raise ValueError(
                f"i_0 = {self.i_0:g} must be below V_Tp / R_off = {least:g} A: the rate has its pole at i_0, and the "
                "wrong sign below it"
            )

    def time_law(self, what: str) -> TimeLaw:
        """Return where a search for an amplitude begins: of a SET just beyond the threshold, where it is fastest."""
        return TimeLaw(_FASTEST * self.V_Tp) if what == "set" else super().time_law(what)

    @property
    def state(self) -> StateVariable:
        """Return y = ln(x / (1 - x)), as the window vanishes at both bounds."""
        return LOGIT_STATE

    def resistance(self, state: float) -> float:
        """Return its resistance at a state [Ohm]."""
        return mixed_resistance(self.R_on, self.R_off, self.state.name, state)

    @property
    def threshold_V(self) -> float:
        """Return the smaller of the two thresholds [V]."""
        return min(self.V_Tp, -self.V_Tn)


def zhang(realisation: str = "compiled", **parameters: float) -> Zhang:
    """Return a device of Zhang's model, the one of `Zhang` but for the parameters given.

    Parameters
    ----------
    realisation
        Which realisation a circuit uses: "compiled" or "behavioural".
    **parameters
        Model parameters under their own names, see ``Zhang.table()``.

    Raises
    ------
    ValueError
        For an unknown parameter (with the nearest known name) or an illegal value.
    """
    check_names("zhang", parameters, Zhang.table())
    return Zhang(realisation=realisation, **parameters)
