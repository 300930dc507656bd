"""VTEAM, a memristor with thresholds of its voltage: S. Kvatinsky et al., IEEE TCAS-II 62(8), 786, 2015."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..parameter import quantity
from .kvatinsky import Kvatinsky
from .threshold_device import check_names


@dataclass(frozen=True, kw_only=True, repr=False)
class Vteam(Kvatinsky):
    """A memristor of which V > v_off raises the resistance, and V < v_on lowers it.

    Raises
    ------
    ValueError
        For a value that is not finite or outside its legal range, naming field, value and range; for R_on not below
        R_off, or 1e6 times below, and w_on not below w_off.
    """

    FAMILY: ClassVar[str] = "vteam"
    VARYING: ClassVar[tuple[str, ...]] = ("R_on", "R_off", "k_on", "k_off", "v_on", "v_off")

    v_on: float = quantity(-0.2, "V", -10, -1e-3, "threshold of the way towards w_on", True)
    v_off: float = quantity(0.02, "V", 1e-3, 10, "threshold of the way towards w_off", True)

    @property
    def threshold_V(self) -> float:
        """Return the smaller of the two thresholds [V]."""
        return min(self.v_off, -self.v_on)


def vteam(realisation: str = "compiled", **parameters: float) -> Vteam:
    """Return a VTEAM device, the one of `Vteam` but for the parameters given.

    Parameters
    ----------
    realisation
        Which realisation a circuit uses: "compiled" or "behavioural".
    **parameters
        Model parameters under their own names, see ``Vteam.table()``.

    Raises
    ------
    ValueError
        For an unknown parameter (with the nearest known name) or an illegal value.
    """
    check_names("vteam", parameters, Vteam.table())
    return Vteam(realisation=realisation, **parameters)
