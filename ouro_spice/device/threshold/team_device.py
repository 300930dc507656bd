"""TEAM, a memristor with thresholds of its current: S. Kvatinsky et al., IEEE TCAS-I 60(1), 211, 2013."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..parameter import quantity
from .kvatinsky import Kvatinsky
from .threshold_device import check_names


@dataclass(frozen=True, kw_only=True, repr=False)
class Team(Kvatinsky):
    """A memristor of which I > i_off raises the resistance, and I < i_on lowers it.

    Raises
    ------
    ValueError
        For a value that is not finite or outside its legal range, naming field, value and range; for R_on not below
        R_off, or 1e6 times below, and w_on not below w_off.
    """

    FAMILY: ClassVar[str] = "team"
    VARYING: ClassVar[tuple[str, ...]] = ("R_on", "R_off", "k_on", "k_off", "i_on", "i_off")

    k_on: float = quantity(-8e-13, "m/s", -1e6, -1e-30, "speed towards w_on", True)
    k_off: float = quantity(8e-13, "m/s", 1e-30, 1e6, "speed towards w_off", True)
    alpha_off: float = quantity(3, "1", 1, 20, "exponent of the way towards w_off")
    i_on: float = quantity(-1e-6, "A", -1, -1e-12, "threshold of the way towards w_on", True)
    i_off: float = quantity(1e-6, "A", 1e-12, 1, "threshold of the way towards w_off", True)

    @property
    def runaway(self) -> float:
        """Return how many times the rate grows while a constant voltage takes the resistance from R_off to R_on.

        ngspice's smallest time step is 1e-11 of the largest one: beyond some 1e9 a SET by a voltage source alone ends
        with "timestep too small"; a series resistance, or a smaller largest step, lets it end well.
        """
        return (self.R_off / self.R_on) ** self.alpha_on

    @property
    def threshold_V(self) -> float:
        """Return the smallest voltage at which the current may reach a threshold, at R_on [V]."""
        return min(self.i_off, -self.i_on) * self.R_on


def team(realisation: str = "compiled", **parameters: float) -> Team:
    """Return a TEAM device, the one of `Team` but for the parameters given.

    Parameters
    ----------
    realisation
        Which realisation a circuit uses: "compiled" or "behavioural".
    **parameters
        Model parameters under their own names, see ``Team.table()``.

    Raises
    ------
    ValueError
        For an unknown parameter (with the nearest known name) or an illegal value.
    """
    check_names("team", parameters, Team.table())
    return Team(realisation=realisation, **parameters)
