"""The parameters of JART VCM v1b, with units and legal ranges.

They are spelled as in ``verilog_a/jart_vcm_v1b.va``: there is no translation table. V = V(AE, OE), SET at V < 0, RESET
at V > 0. Vacancy concentrations are in 1e26 m^-3, as published; all else is SI, but for the two lengths ``l`` and
``lcell`` in nm, again as published.

Source: Bengel et al., IEEE TCAS-I 67(12), 2020, doi 10.1109/TCSI.2020.3018502; JART User Guide, May 2021.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from operator import attrgetter

from ..constants import AMBIENT_K, AMBIENT_RANGE_K, V_READ
from ..memristor import Memristor
from ..parameter import Parameter, quantity
from ..state_variable import StateVariable
from .jart_netlist import STATE
from .spread import VARYING

WINDOW_N = (0.06, 1.98975)
"""The analogue programming window [1e26 m^-3]: 100 to 543 uS for the nominal device."""

OFF = 1e6
"""The upper edge of a window that is off [1e26 m^-3]."""


@dataclass(frozen=True)
class JartParameters(Memristor):
    """The values of all parameters of the model."""

    Ninit: float = quantity(0.008, "1e26 m^-3", 1e-4, 1000, "vacancy concentration of the disc at t = 0", True)
    Ndiscmin: float = quantity(0.008, "1e26 m^-3", 1e-4, 100, "smallest vacancy concentration of the disc", True)
    Ndiscmax: float = quantity(20, "1e26 m^-3", 0.001, 1100, "largest vacancy concentration of the disc", True)
    Nlo: float = quantity(0, "1e26 m^-3", 0, 1e6, "lower edge of the programming window, 0 = off", True)
    Nhi: float = quantity(1e6, "1e26 m^-3", 1e-4, 1e6, "upper edge of the programming window, 1e6 = off", True)
    r: float = quantity(45e-9, "m", 5e-9, 100e-9, "radius of the filament", True)
    l: float = quantity(0.4, "nm", 0.1, 5, "length of the disc", True)  # noqa: E741 - the model's own name
    Nref: float = quantity(0.008, "1e26 m^-3", 0, 1e6, "concentration at which r and l have their values", True)
    drdN: float = quantity(0, "m/1e26 m^-3", -1e-2, 1e-2, "change of r with the concentration of the disc", True)
    dldN: float = quantity(0, "nm/1e26 m^-3", -1e6, 1e6, "change of l with the concentration of the disc", True)
    T0: float = quantity(AMBIENT_K, "K", *AMBIENT_RANGE_K, "ambient temperature")
    eps: float = quantity(17, "1", 10, 25, "static relative permittivity")
    epsphib: float = quantity(5.5, "1", 1, 10, "relative permittivity of the Schottky barrier lowering")
    phibn0: float = quantity(0.18, "eV", 0.1, 1.5, "nominal Schottky barrier height")
    phin: float = quantity(0.1, "eV", 0.1, 0.3, "energy between Fermi level and conduction band edge")
    un: float = quantity(4e-6, "m^2/Vs", 1e-6, 1e-5, "electron mobility")
    Nplug: float = quantity(20, "1e26 m^-3", 0.001, 100, "vacancy concentration of the plug")
    a: float = quantity(0.25e-9, "m", 0.1e-9, 1e-9, "ion hopping distance")
    nu0: float = quantity(2e13, "Hz", 1e10, 1e14, "attempt frequency")
    dWa: float = quantity(1.35, "eV", 0.8, 1.5, "activation energy of the ion migration")
    Rth0: float = quantity(15.72e6, "K/W", 1e6, 20e6, "thermal resistance of a filament of radius rdet at V <= 0")
    Rtheff_scaling: float = quantity(0.27, "1", 0.1, 1, "thermal resistance at V > 0 over that at V <= 0")
    rdet: float = quantity(45e-9, "m", 5e-9, 100e-9, "filament radius that Rth0 belongs to")
    lcell: float = quantity(3, "nm", 2, 5, "length of disc and plug together")
    RTiOx: float = quantity(650, "Ohm", 0, 5000, "resistance of the TiOx layer")
    R0: float = quantity(719.2437, "Ohm", 1, 1e5, "resistance of the line at ambient temperature")
    Rthline: float = quantity(90471.47, "K/W", 1, 1e7, "thermal resistance of the line")
    alphaline: float = quantity(3.92e-3, "1/K", 1e-5, 0.1, "temperature coefficient of the line resistance")
    flim: float = quantity(1, "1", 0, 1, "1: rate slows towards Ndiscmin and Ndiscmax; 0: hard stop at them only")
    cth: float = quantity(
        0, "J/K", 0, 1e-17, "heat capacity of the filament, 0 = quasi-static temperature (as published)"
    )

    @classmethod
    def table(cls) -> dict[str, Parameter]:
        """Return all parameters of the model by name, in the order of its text."""
        return PARAMETERS

    @property
    def parameters(self) -> dict[str, float]:
        """Return the values of all parameters of the model by name, in the order of its text."""
        return dict(zip(PARAMETERS, values_of(self), strict=True))

    @property
    def ambient_K(self) -> float:
        """Return the ambient temperature [K]: that of the whole circuit around the device."""
        return self.T0

    @property
    def read_V(self) -> float:
        """Return the voltage V(AE, OE) at which its conductance is defined [V]."""
        return V_READ

    @property
    def variables(self) -> tuple[StateVariable, ...]:
        """Return its one state variable, the vacancy concentration of the disc: the conductance rises with it."""
        return _VARIABLES

    @property
    def start(self) -> tuple[float, ...]:
        """Return its state at t = 0."""
        return (self.Ninit,)

    @property
    def bounds(self) -> tuple[float, float]:
        """Return the smallest and largest ``n_disc`` [1e26 m^-3]: the window, or else the device's own limits."""
        return max(self.Nlo, self.Ndiscmin), min(self.Nhi, self.Ndiscmax)

    @property
    def windowed(self) -> bool:
        """Return whether a window narrower than the device's own limits holds its state."""
        return self.Nlo > 0 or self.Nhi < OFF

    @property
    def window_x(self) -> tuple[float, float]:
        """Return the concentrations at the ends of what is programmed [1e26 m^-3]; without a window `WINDOW_N`."""
        return self.bounds if self.windowed else WINDOW_N


PARAMETERS: dict[str, Parameter] = {
    f.name: Parameter(f.name, getattr(JartParameters, f.name), **f.metadata)
    for f in dataclasses.fields(JartParameters)
    if f.metadata
}

values_of: Callable[[JartParameters], tuple[float, ...]] = attrgetter(*PARAMETERS)
"""Returns the values of all parameters of a device, in the order of the model's text."""


def varied(values: Iterable[float]) -> dict[str, float]:
    """Return values of `VARYING` by name; those beyond a legal range by rounding are put at its end."""
    return {name: PARAMETERS[name].within(float(value)) for name, value in zip(VARYING, values, strict=True)}


_ENDS = PARAMETERS[STATE].low, PARAMETERS[STATE].high
_VARIABLES = (StateVariable("n_disc", "1e26 m^-3", *_ENDS, STATE, True, "log"),)
