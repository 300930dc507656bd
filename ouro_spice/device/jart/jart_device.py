"""The JART VCM v1b device: its parameters, what varies of it, its state, and presets.

Source: Bengel et al., IEEE TCAS-I 67(12), 2020, doi 10.1109/TCSI.2020.3018502; JART User Guide, May 2021.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from ..._util.checks import check_count, shown
from ..._util.display import brief, shows
from ..._util.validity import warn
from ..memristor import TimeLaw
from ..realisation import Realisation
from . import walk_values
from .jart_doubts import CLAMPED, HIGHEST_V, jart_doubts, voltage_doubt
from .jart_netlist import REALISED, STATE, at_edge, held, instance_line, subcircuit_line
from .jart_parameters import OFF, PARAMETERS, JartParameters, varied
from .published_names import RADIUS, check_names
from .read_noise import ReadNoise, Telegraph
from .schottky import check_barrier
from .spread import VARYING, Spread, spread
from .walk import HalfCycleWalk, Walk
from .walk_state import WalkState

REALISATIONS = ("compiled", "behavioural", "tud")
"""What a circuit simulates: the full model as Verilog-A, the same in plain SPICE sources, the reduced JART-TUD."""


TUD_LACKS = ("eps", "epsphib", "phibn0", "phin")
"""Parameters of the Schottky barrier, which JART-TUD does not have."""

TUD_HOLDS = ("RTiOx", "R0", "Rthline", "alphaline")
"""Parameters of the series resistance: another one would not go with the current of JART-TUD."""


@dataclass(frozen=True)
class Device(JartParameters):
    """One memristor: the values of all parameters of the model.

    Raises
    ------
    ValueError
        For a value that is not finite or outside its legal range, naming field, value and range; for a phin that does
        not go with phibn0, T0 and the others: there the current of the published equations breaks off.
    """

    FAMILY: ClassVar[str] = "jart_vcm_v1b"
    REALISATIONS: ClassVar[tuple[str, ...]] = REALISATIONS
    OWN: ClassVar[tuple[str, ...]] = VARYING

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

    def check_compact(self, model: str) -> None:
        """Raise ValueError where a compact model does not hold for this device."""
        if model != "full":
            self.check_fit(model)
        if self.cth > 0:
            raise ValueError(f"cth = {self.cth:g}: a compact cell has a quasi-static temperature, cth = 0")

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

    def replace(self, **changes: Any) -> Self:
        """Return this device with other values; ValueError for unknown names and illegal values."""
        check_names(changes)
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
    def capabilities(self) -> frozenset[str]:
        """Return the names of what it is able to."""
        first = "behavioural" if self.realisation == "behavioural" else "compiled"
        more = ("stationary start",) if isinstance(self.walk, Walk) else ()
        solved = () if self.realisation == "tud" or self.cth > 0 else ("solved",)
        return frozenset((first, "kernels", "walk", "spread", "read noise", "frozen", *solved, *more))

    @property
    def reach(self) -> tuple[float, float]:
        """Return the smallest and largest ``n_disc`` [1e26 m^-3] that a walk of the bounds themselves allows."""
        if not isinstance(self.walk, Walk):
            return self.bounds
        low, high = self.Ndiscmin * (1 - self.walk.band_min), self.Ndiscmax * (1 + self.walk.band)
        return max(self.Nlo, low), min(self.Nhi, high)

    # ---- what the rest of the package asks of a memristor

    @property
    def free(self) -> Self:
        """Return this device without noise, and without a window that would hold its state."""
        return self.replace(Nlo=0, Nhi=OFF, walk=None, read_noise=None)

    @property
    def bare(self) -> Self:
        """Return this device as its static characteristics are those of: free, and without a heat capacity."""
        return self.free.replace(cth=0)

    def spread_law(self, law: str | Spread) -> Spread:
        """Return a D2D law: by its name, or as it is given; ValueError for an unknown one."""
        return spread(law)

    def now(self, x: Sequence[float], wander: WalkState | None = None) -> Self:
        """Return the device as its walk has left it at a state: the one that a read measures."""
        return walk_values.current_device(self, x[0], wander)

    def observed(self, x: Sequence[float], telegraph: Telegraph) -> tuple[float, ...]:
        """Return the state that a read sees; a level of the noise that would lie below Ndiscmin is not seen."""
        volume = math.pi * self.r**2 * self.l * 1e-9
        shifted = x[0] + telegraph.level / (volume * 1e26)
        return (shifted if shifted >= self.Ndiscmin else x[0],)

    def left(self, before: Sequence[float], after: Sequence[float]) -> tuple[float, ...]:
        """Return the state that a read leaves: not below Ndiscmin, nor beyond its reach, unless it was."""
        return (min(max(after[0], min(before[0], self.Ndiscmin)), max(before[0], self.reach[1])),)

    def time_law(self, what: str) -> TimeLaw:
        """Return where a search for the amplitude of a "set" or "reset" begins: at the bare nominal device."""
        return _TIME_LAWS[what]

    @property
    def highest_V(self) -> float:
        """Return the largest voltage that published figures go to [V]."""
        return HIGHEST_V

    @property
    def usual_doubts(self) -> tuple[str, ...]:
        """Return what is said of any device that walks: D2D and a walk together leave the fit of JART-TUD as a rule."""
        return (CLAMPED,) if self.walk else ()

    def voltage_doubts(self, peak_V: float, model: str | None = None) -> tuple[str, ...]:
        """Return a sentence for a voltage across the device [V] that published figures, or a fit, do not go to."""
        found = voltage_doubt(peak_V, model == "tud")
        return (found,) if found else ()

    def doubts(self, traces: Mapping[str, np.ndarray], peak_V: float) -> tuple[str, ...]:
        """Return a sentence for each limit of the model that is passed, see `jart_doubts`."""
        return jart_doubts(self, traces, peak_V)

    @property
    def alike(self) -> tuple:
        """Return the values that devices share which differ in `OWN`, their state at t = 0 and their window alone."""
        return (*(getattr(self, name) for name in _SHARED), self.realisation)

    @property
    def realised(self) -> Realisation:
        """Return how a circuit realises it."""
        return REALISED[self.realisation]

    def element(
        self, x: Sequence[float], name: str, ae: str, oe: str, inputs: str = "", still: bool = False
    ) -> list[str]:
        """Return the netlist line of an instance of its subcircuit, see `Memristor.element`."""
        n = at_edge(self.parameters, self.legal(x)[0])
        values = self.parameters | {STATE: n} | (held(n) if still else {})
        return [subcircuit_line(self.realisation, PARAMETERS, values, name, f"{ae} {oe}", inputs)]

    def instance(
        self, x: Sequence[float], name: str, ae: str, oe: str, model: str, inputs: str = "", still: bool = False
    ) -> str:
        """Return the netlist line of a bare instance, see `Memristor.instance`."""
        n = self.legal(x)[0]
        values = self.parameters | {STATE: n} | (held(n) if still else {})
        return instance_line(PARAMETERS, values, name, f"{ae} {oe}", inputs, model)


_TIME_LAWS = {"set": TimeLaw(0.414, 60e-6, 25.0), "reset": TimeLaw(0.854, 60e-6, 25.0)}
_SHARED = tuple(name for name in PARAMETERS if name not in {*VARYING, STATE, "Nlo", "Nhi"})


def _of_kind(name: str, value: object, kinds: tuple[type, ...]) -> None:
    if value is not None and not isinstance(value, kinds):
        raise ValueError(f"{name} = {shown(value)} must be None or {' or '.join(kind.__name__ for kind in kinds)}")


def _ordered(device: Device, low: str, high: str) -> None:
    """Raise ValueError unless the parameter `low` is below the parameter `high`."""
    a, b = getattr(device, low), getattr(device, high)
    if not a < b:
        raise ValueError(f"{low} = {a:g} must be below {high} = {b:g} (both in 1e26 m^-3)")
