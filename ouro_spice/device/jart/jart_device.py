"""The JART VCM v1b device: its parameters with units and legal ranges, and presets.

The fields of `Device` are spelled as in ``verilog_a/jart_vcm_v1b.va``: there is no translation table. V = V(AE, OE),
SET at V < 0, RESET at V > 0. Vacancy concentrations are in 1e26 m^-3, as published; all else is SI, but for the two
lengths ``l`` and ``lcell`` in nm, again as published.

Source: Bengel et al., IEEE TCAS-I 67(12), 2020, doi 10.1109/TCSI.2020.3018502; JART User Guide, May 2021.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..._util.checks import check_count, check_flag, shown
from ..._util.display import brief, shows
from ..._util.validity import warn
from ..parameter import Parameter, quantity
from .published_names import RADIUS, hint
from .read_noise import ReadNoise
from .schottky import check_barrier
from .spread import VARYING, Spread, spread
from .walk import HalfCycleWalk, Walk

V_READ = 0.2
"""The voltage V(AE, OE) at which ``g`` is defined [V]."""

AMBIENT_K = 293.0
"""The ambient temperature of everything, where nothing else is said [K]."""

WINDOW_N = (0.06, 1.98975)
"""The analogue programming window [1e26 m^-3]: 100 to 543 uS for the nominal device."""

REALISATIONS = ("compiled", "behavioural", "tud")
"""What a circuit simulates: the full model as Verilog-A, the same in plain SPICE sources, the reduced JART-TUD."""


TUD_LACKS = ("eps", "epsphib", "phibn0", "phin")
"""Parameters of the Schottky barrier, which JART-TUD does not have."""

TUD_HOLDS = ("RTiOx", "R0", "Rthline", "alphaline")
"""Parameters of the series resistance: another one would not go with the current of JART-TUD."""


@dataclass(frozen=True)
class Device:
    """One memristor: the values of all parameters of the model.

    Raises
    ------
    ValueError
        For a value that is not finite or outside its legal range, naming field, value and range; for a phin that does
        not go with phibn0, T0 and the others: there the current of the published equations breaks off.
    """

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
    T0: float = quantity(AMBIENT_K, "K", 100, 500, "ambient temperature")
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
    realisation: str = "compiled"
    walk: Walk | HalfCycleWalk | None = None
    read_noise: ReadNoise | None = None

    @shows
    def __repr__(self) -> str:
        return brief(self)

    def __post_init__(self) -> None:
        if not isinstance(self.realisation, str) or self.realisation not in REALISATIONS:
            raise ValueError(f"realisation {shown(self.realisation)} is unknown; there is {' and '.join(REALISATIONS)}")
        for parameter in PARAMETERS.values():
            parameter.check(getattr(self, parameter.name))
        if self.realisation == "tud":
            self.check_fit("tud")
        _of_kind("walk", self.walk, (Walk, HalfCycleWalk))
        _of_kind("read_noise", self.read_noise, (ReadNoise,))
        if self.flim != int(self.flim):
            raise ValueError(f"flim = {self.flim:g} must be 0 or 1")
        _ordered(self, "Ndiscmin", "Ndiscmax")
        _ordered(self, "Nlo", "Nhi")
        low, high = self.bounds
        if not low < high:
            raise ValueError(f"the window Nlo = {self.Nlo:g}, Nhi = {self.Nhi:g} lies outside Ndiscmin .. Ndiscmax")
        if self.l >= self.lcell:
            raise ValueError(f"l = {self.l:g} nm must be below lcell = {self.lcell:g} nm: the disc is part of the cell")
        self._check_walk()
        self._check_barrier()

    def check_fit(self, model: str) -> None:
        """Raise ValueError for a parameter at another value than the fit of a reduced model was made for."""
        for name in TUD_LACKS + TUD_HOLDS:
            if getattr(self, name) != PARAMETERS[name].default:
                raise ValueError(
                    f"{name} = {getattr(self, name):g}: the fit of the model {model} holds it at its default"
                )

    def _check_walk(self) -> None:
        if isinstance(self.walk, HalfCycleWalk) and (self.drdN or self.dldN):
            raise ValueError("drdN and dldN must be 0 with a HalfCycleWalk, which sets them itself")
        if not isinstance(self.walk, Walk):
            return
        for name in VARYING:
            band = self.walk.band_min if name == "Ndiscmin" else self.walk.band
            for end in (1 - band, 1 + band):
                try:
                    PARAMETERS[name].within(getattr(self, name) * end)
                except ValueError as error:
                    raise ValueError(f"the walk takes {name} out of its range: {error}") from error
        if self.l * (1 + self.walk.band) >= self.lcell:
            raise ValueError(f"the walk takes l = {self.l:g} nm beyond lcell = {self.lcell:g} nm")
        if self.Ndiscmin * (1 + self.walk.band_min) >= self.Ndiscmax * (1 - self.walk.band):
            raise ValueError("the walk takes Ndiscmin beyond Ndiscmax")

    def _check_barrier(self) -> None:
        lengths, reach = (self.l, self.l), (self.Ndiscmin, self.Ndiscmax)
        if isinstance(self.walk, Walk):
            lengths = self.l * (1 - self.walk.band), self.l * (1 + self.walk.band)
            reach = self.Ndiscmin * (1 - self.walk.band_min), self.Ndiscmax * (1 + self.walk.band)
        elif self.walk is not None:
            (_, *low), (_, *high) = self.walk.low, self.walk.high
            lengths = min(self.l, low[0]), max(self.l, high[0])
            reach = min(self.Ndiscmin, low[1]), max(self.Ndiscmax, high[2])
        check_barrier(self.parameters, (PARAMETERS["phin"].low, PARAMETERS["phin"].high), lengths, reach)

    def replace(self, **changes: Any) -> Device:
        """Return this device with other values; ValueError for unknown names and illegal values."""
        _check_names(changes)
        other = dataclasses.replace(self, **changes)
        if "r" not in changes and other.rdet != self.rdet:
            warn(RADIUS)
        return other

    def draw(self, rng: np.random.Generator, size: int, law: str | Spread = "ten_percent") -> list[Device]:
        """Return `size` devices with other r, l, Ndiscmin and Ndiscmax, this one being their mean.

        Parameters
        ----------
        rng
            Source of randomness.
        size
            Number of devices.
        law
            The D2D law, or the name of one of ``ouro_spice.device.jart.spread.SPREADS``.

        Raises
        ------
        ValueError
            For an unknown law, or one that draws impossible devices (Ndiscmin >= Ndiscmax, or out of range).
        """
        check_count("size", size, 0)
        if not isinstance(rng, np.random.Generator):
            raise ValueError(f"rng = {shown(rng)} must be a numpy Generator, such as np.random.default_rng(7)")
        own = np.array([getattr(self, name) for name in VARYING])
        drawn = spread(law).factors(rng, size) * own
        return [self.replace(**varied(values)) for values in drawn]

    @property
    def parameters(self) -> dict[str, float]:
        """Return the values of all model parameters by name, in the order of the model."""
        return {name: getattr(self, name) for name in PARAMETERS}

    @property
    def ambient_K(self) -> float:
        """Return the ambient temperature [K]: that of the whole circuit around the device."""
        return self.T0

    @property
    def bounds(self) -> tuple[float, float]:
        """Return the smallest and largest ``n_disc`` [1e26 m^-3]: the window, or else the device's own limits."""
        return max(self.Nlo, self.Ndiscmin), min(self.Nhi, self.Ndiscmax)

    @property
    def reach(self) -> tuple[float, float]:
        """Return the smallest and largest ``n_disc`` [1e26 m^-3] that a walk of the bounds themselves allows."""
        if not isinstance(self.walk, Walk):
            return self.bounds
        low, high = self.Ndiscmin * (1 - self.walk.band_min), self.Ndiscmax * (1 + self.walk.band)
        return max(self.Nlo, low), min(self.Nhi, high)


PARAMETERS: dict[str, Parameter] = {
    f.name: Parameter(f.name, getattr(Device, f.name), **f.metadata) for f in dataclasses.fields(Device) if f.metadata
}


def varied(values: Iterable[float]) -> dict[str, float]:
    """Return values of `VARYING` by name; those beyond a legal range by rounding are put at its end."""
    return {name: PARAMETERS[name].within(float(value)) for name, value in zip(VARYING, values, strict=True)}


def jart_vcm_v1b(
    window: bool = False,
    realisation: str = "compiled",
    *,
    walk: Walk | HalfCycleWalk | None = None,
    read_noise: ReadNoise | None = None,
    **parameters: float,
) -> Device:
    """Return the JART VCM v1b device, nominal but for the parameters given.

    Parameters
    ----------
    window
        Hold ``n_disc`` in the analogue window .06 .. 1.98975 [1e26 m^-3] (a peripheral circuit's limit, not physics):
        conductances of 100.16 to 543.46 uS for the nominal device, 100 uS is outside.
    realisation
        Which realisation a circuit uses: "compiled", "behavioural", or the reduced model "tud".
    walk
        Cycle-to-cycle variability; none by default.
    read_noise
        Random telegraph noise on reads; none by default.
    **parameters
        Model parameters under their own names, see ``ouro_spice.device.jart.jart_device.PARAMETERS``.

    Raises
    ------
    ValueError
        For an unknown parameter (with the nearest known name) or an illegal value.

    Warns
    -----
    ValidityWarning
        Where rdet is given without r: it is the radius that Rth0 belongs to, not the filament's.
    """
    _check_names(parameters)
    check_flag("window", window)
    if window:
        parameters = {"Nlo": WINDOW_N[0], "Nhi": WINDOW_N[1], "Ninit": WINDOW_N[0]} | parameters
    device = Device(realisation=realisation, walk=walk, read_noise=read_noise, **parameters)
    if "r" not in parameters and device.rdet != Device.rdet:
        warn(RADIUS)
    return device


def _check_names(names: Any) -> None:
    """Raise ValueError for a name that is no parameter, with the nearest known one."""
    for name in names:
        if name in PARAMETERS or name in ("realisation", "walk", "read_noise"):
            continue
        raise ValueError(f"{name!r} is not a parameter of jart_vcm_v1b; {hint(name, PARAMETERS)}")


def _of_kind(name: str, value: object, kinds: tuple[type, ...]) -> None:
    if value is not None and not isinstance(value, kinds):
        raise ValueError(f"{name} = {shown(value)} must be None or {' or '.join(kind.__name__ for kind in kinds)}")


def _ordered(device: Device, low: str, high: str) -> None:
    """Raise ValueError unless the parameter `low` is below the parameter `high`."""
    a, b = getattr(device, low), getattr(device, high)
    if not a < b:
        raise ValueError(f"{low} = {a:g} must be below {high} = {b:g} (both in 1e26 m^-3)")
