"""The JART VCM v1b device: its parameters with units and legal ranges, and presets.

The fields of `Device` are spelled as in ``verilog_a/jart_vcm_v1b.va``: there is no translation table. V = V(AE, OE),
SET at V < 0, RESET at V > 0. Vacancy concentrations are in 1e26 m^-3, as published; all else is SI, but for the two
lengths ``l`` and ``lcell`` in nm, again as published.

Source: Bengel et al., IEEE TCAS-I 67(12), 2020, doi 10.1109/TCSI.2020.3018502; JART User Guide, May 2021.
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .checks import check_count, check_range
from .variability import VARYING, HalfCycleWalk, ReadNoise, Spread, Walk, spread

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


_ROUNDING, _ROUNDING_AT_0 = 1e-9, 1e-15
"""How far a value may be beyond the end of its range by rounding: of that end; of the other one where that is 0."""


def _quantity(default: float, unit: str, low: float, high: float, text: str, per_instance: bool = False) -> Any:
    meta = {"unit": unit, "low": low, "high": high, "text": text, "per_instance": per_instance}
    return field(default=default, metadata=meta)


@dataclass(frozen=True)
class Device:
    """One memristor: the values of all parameters of the model.

    Raises
    ------
    ValueError
        For a value that is not finite or outside its legal range, naming field, value and range.
    """

    Ninit: float = _quantity(0.008, "1e26 m^-3", 1e-4, 1000, "vacancy concentration of the disc at t = 0", True)
    Ndiscmin: float = _quantity(0.008, "1e26 m^-3", 1e-4, 100, "smallest vacancy concentration of the disc", True)
    Ndiscmax: float = _quantity(20, "1e26 m^-3", 0.001, 1100, "largest vacancy concentration of the disc", True)
    Nlo: float = _quantity(0, "1e26 m^-3", 0, 1e6, "lower edge of the programming window, 0 = off", True)
    Nhi: float = _quantity(1e6, "1e26 m^-3", 1e-4, 1e6, "upper edge of the programming window, 1e6 = off", True)
    r: float = _quantity(45e-9, "m", 5e-9, 100e-9, "radius of the filament", True)
    l: float = _quantity(0.4, "nm", 0.1, 5, "length of the disc", True)  # noqa: E741 - the model's own name
    Nref: float = _quantity(0.008, "1e26 m^-3", 0, 1e6, "concentration at which r and l have their values", True)
    drdN: float = _quantity(0, "m/1e26 m^-3", -1e-2, 1e-2, "change of r with the concentration of the disc", True)
    dldN: float = _quantity(0, "nm/1e26 m^-3", -1e6, 1e6, "change of l with the concentration of the disc", True)
    T0: float = _quantity(AMBIENT_K, "K", 100, 500, "ambient temperature")
    eps: float = _quantity(17, "1", 10, 25, "static relative permittivity")
    epsphib: float = _quantity(5.5, "1", 1, 10, "relative permittivity of the Schottky barrier lowering")
    phibn0: float = _quantity(0.18, "eV", 0.1, 1.5, "nominal Schottky barrier height")
    phin: float = _quantity(0.1, "eV", 0.1, 0.3, "energy between Fermi level and conduction band edge")
    un: float = _quantity(4e-6, "m^2/Vs", 1e-6, 1e-5, "electron mobility")
    Nplug: float = _quantity(20, "1e26 m^-3", 0.001, 100, "vacancy concentration of the plug")
    a: float = _quantity(0.25e-9, "m", 0.1e-9, 1e-9, "ion hopping distance")
    nu0: float = _quantity(2e13, "Hz", 1e10, 1e14, "attempt frequency")
    dWa: float = _quantity(1.35, "eV", 0.8, 1.5, "activation energy of the ion migration")
    Rth0: float = _quantity(15.72e6, "K/W", 1e6, 20e6, "thermal resistance of a filament of radius rdet at V <= 0")
    Rtheff_scaling: float = _quantity(0.27, "1", 0.1, 1, "thermal resistance at V > 0 over that at V <= 0")
    rdet: float = _quantity(45e-9, "m", 5e-9, 100e-9, "filament radius that Rth0 belongs to")
    lcell: float = _quantity(3, "nm", 2, 5, "length of disc and plug together")
    RTiOx: float = _quantity(650, "Ohm", 0, 5000, "resistance of the TiOx layer")
    R0: float = _quantity(719.2437, "Ohm", 1, 1e5, "resistance of the line at ambient temperature")
    Rthline: float = _quantity(90471.47, "K/W", 1, 1e7, "thermal resistance of the line")
    alphaline: float = _quantity(3.92e-3, "1/K", 1e-5, 0.1, "temperature coefficient of the line resistance")
    flim: int = _quantity(1, "1", 0, 1, "1: rate slows towards Ndiscmin and Ndiscmax; 0: hard stop at them only")
    cth: float = _quantity(
        0, "J/K", 0, 1e-17, "heat capacity of the filament, 0 = quasi-static temperature (as published)"
    )
    realisation: str = "compiled"
    walk: Walk | HalfCycleWalk | None = None
    read_noise: ReadNoise | None = None

    def __post_init__(self) -> None:
        if self.realisation not in REALISATIONS:
            raise ValueError(f"realisation {self.realisation!r} is unknown; there is {' and '.join(REALISATIONS)}")
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

    def check_fit(self, model: str) -> None:
        """Raise ValueError for a parameter that the fitted current of a reduced model does not know."""
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

    def replace(self, **changes: Any) -> Device:
        """This device with other values; unknown names and illegal values raise ValueError."""
        _check_names(changes)
        return dataclasses.replace(self, **changes)

    def draw(self, rng: np.random.Generator, size: int, law: str | Spread = "ten_percent") -> list[Device]:
        """Devices that differ in r, l, Ndiscmin and Ndiscmax, this one being their mean.

        Parameters
        ----------
        rng
            Source of randomness.
        size
            Number of devices.
        law
            The D2D law, or the name of one of ``ouro_spice.variability.SPREADS``.

        Raises
        ------
        ValueError
            For an unknown law, or one that draws impossible devices (Ndiscmin >= Ndiscmax, or out of range).
        """
        check_count("size", size, 0)
        if not isinstance(rng, np.random.Generator):
            raise ValueError(f"rng = {rng!r} must be a numpy Generator, such as np.random.default_rng(7)")
        own = np.array([getattr(self, name) for name in VARYING])
        drawn = spread(law).factors(rng, size) * own
        return [self.replace(**varied(values)) for values in drawn]

    @property
    def parameters(self) -> dict[str, float]:
        """All model parameters by name, in the order of the model."""
        return {name: getattr(self, name) for name in PARAMETERS}

    @property
    def ambient_K(self) -> float:
        """Ambient temperature [K]: that of the whole circuit around the device."""
        return self.T0

    @property
    def bounds(self) -> tuple[float, float]:
        """Where ``n_disc`` can go [1e26 m^-3]: the window, or the device's own limits where it is off."""
        return max(self.Nlo, self.Ndiscmin), min(self.Nhi, self.Ndiscmax)

    @property
    def reach(self) -> tuple[float, float]:
        """Where ``n_disc`` can go [1e26 m^-3] while the bounds themselves walk."""
        if not isinstance(self.walk, Walk):
            return self.bounds
        low, high = self.Ndiscmin * (1 - self.walk.band_min), self.Ndiscmax * (1 + self.walk.band)
        return max(self.Nlo, low), min(self.Nhi, high)


@dataclass(frozen=True)
class Parameter:
    """Name, default, unit, legal range and meaning of one parameter of the model."""

    name: str
    default: float
    unit: str
    low: float
    high: float
    text: str
    per_instance: bool

    def check(self, value: float) -> None:
        """Raise ValueError where `value` is not a finite number in the legal range."""
        check_range(self.name, value, self.low, self.high, self.unit)

    def within(self, value: float) -> float:
        """Return the value, or the end of the legal range that it is beyond by rounding alone.

        ngspice can crash on an instance that is beyond its range by the last digit.

        Raises
        ------
        ValueError
            Where it is outside, or no finite number.
        """
        if type(value) is float and self.low <= value <= self.high:
            return value
        if isinstance(value, float):
            for end, beyond in ((self.low, self.low - value), (self.high, value - self.high)):
                if 0 < beyond <= (_ROUNDING * abs(end) or _ROUNDING_AT_0 * self.high):
                    return float(end)
        self.check(value)
        return value


PARAMETERS: dict[str, Parameter] = {
    f.name: Parameter(f.name, f.default, **f.metadata) for f in dataclasses.fields(Device) if f.metadata
}


def varied(values: Iterable[float]) -> dict[str, float]:
    """Return values of `VARYING` by name, those beyond their legal range by rounding at its end."""
    return {name: PARAMETERS[name].within(float(value)) for name, value in zip(VARYING, values, strict=True)}


def jart_vcm_v1b(
    window: bool = False,
    realisation: str = "compiled",
    *,
    walk: Walk | HalfCycleWalk | None = None,
    read_noise: ReadNoise | None = None,
    **parameters: float,
) -> Device:
    """The JART VCM v1b device, nominal but for the parameters given.

    Parameters
    ----------
    window
        Hold ``n_disc`` in the analogue window .06 .. 1.98975 [1e26 m^-3] (a peripheral circuit's limit, not physics).
    realisation
        Which realisation a circuit uses: "compiled", "behavioural", or the reduced model "tud".
    walk
        Cycle-to-cycle variability; none by default.
    read_noise
        Random telegraph noise on reads; none by default.
    **parameters
        Model parameters under their own names, see ``ouro_spice.device.PARAMETERS``.

    Raises
    ------
    ValueError
        For an unknown parameter (with the nearest known name) or an illegal value.
    """
    _check_names(parameters)
    if window:
        parameters = {"Nlo": WINDOW_N[0], "Nhi": WINDOW_N[1], "Ninit": WINDOW_N[0]} | parameters
    return Device(realisation=realisation, walk=walk, read_noise=read_noise, **parameters)


def _check_names(names: Any) -> None:
    for name in names:
        if name in PARAMETERS or name in ("realisation", "walk", "read_noise"):
            continue
        near = difflib.get_close_matches(name, PARAMETERS, n=1, cutoff=0.5)
        hint = f"; did you mean {near[0]}?" if near else f"; known are {', '.join(PARAMETERS)}"
        raise ValueError(f"{name!r} is not a parameter of jart_vcm_v1b{hint}")


def _of_kind(name: str, value: object, kinds: tuple[type, ...]) -> None:
    if value is not None and not isinstance(value, kinds):
        raise ValueError(f"{name} = {value!r} must be None or {' or '.join(kind.__name__ for kind in kinds)}")


def _ordered(device: Device, low: str, high: str) -> None:
    a, b = getattr(device, low), getattr(device, high)
    if not a < b:
        raise ValueError(f"{low} = {a:g} must be below {high} = {b:g} (both in 1e26 m^-3)")
