"""The JART VCM v1b equations without SPICE: static current, rate and conductance over whole arrays.

The same device as ``verilog_a/jart_vcm_v1b.va``, for every place that needs the static I-V without a circuit: ``g`` is
I/V of the device alone at V(AE, OE) = +0.2 V. The equations themselves are in compiled kernels, see `full`; numba is
imported by the first call that needs one.

Everywhere, `model` is one of `MODELS`; None: the one that circuits use for the device, "tud" where its realisation is
that, else "full".
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from ..._util.checks import check_range, shown
from ...device.constants import V_READ
from ...device.jart.jart_device import Device
from ..checked_conductances import check_inside
from . import parameter_vector

MODELS = ("full", "reduced", "tud")
"""The full model, the explicit fit of the current of Ntinas et al., IEEE TCAS-II 2022, and JART-TUD."""


def check_model(model: str) -> None:
    """Raise ValueError for a model that is not in `MODELS`."""
    if not isinstance(model, str) or model not in MODELS:
        raise ValueError(f"model {shown(model)} is unknown; there is {', '.join(MODELS)}")


def static_current(
    device: Device,
    v: ArrayLike,
    n_disc: ArrayLike,
    model: str | None = None,
    r: ArrayLike | None = None,
    l: ArrayLike | None = None,
) -> np.ndarray:
    """Return the static current I(V, N) from AE to OE [A].

    Where the published equations have three solutions (V > 0), the physical one, continuous from V = 0 and the
    largest, is returned.

    Parameters
    ----------
    device
        The memristor.
    v, n_disc
        V(AE, OE) [V] and vacancy concentration [1e26 m^-3], broadcast against each other to shape (...).
    model
        One of `MODELS`.
    r, l
        Radius [m] and disc length [nm] at the concentration ``device.Nref``, likewise; None: the device's own.

    Raises
    ------
    ValueError
        For a voltage that is not finite, or a concentration that is not finite and positive.
    """
    return _evaluated("currents", device, model, v=v, n_disc=n_disc, r=r, l=l)


def rate(
    device: Device,
    v: ArrayLike,
    n_disc: ArrayLike,
    model: str | None = None,
    r: ArrayLike | None = None,
    l: ArrayLike | None = None,
    limits: tuple[ArrayLike, ArrayLike] | None = None,
) -> np.ndarray:
    """Return dN/dt at constant voltage [1e26 m^-3 s^-1], shape (...); the window's edges are not part of it.

    `limits` are Ndiscmin and Ndiscmax [1e26 m^-3], broadcast like the other arguments; None: the device's own.
    """
    low, high = limits or (None, None)
    return _evaluated("rates", device, model, v=v, n_disc=n_disc, r=r, l=l, Ndiscmin=low, Ndiscmax=high)


def temperature(device: Device, v: ArrayLike, i: ArrayLike, r: ArrayLike) -> np.ndarray:
    """Return the temperature of the filament [K] at voltages [V], currents [A] and radii [m], shape (...)."""
    v, i, r = np.broadcast_arrays(*(np.asarray(x, dtype=float) for x in (v, i, r)))
    line = device.R0 * (1 + device.R0 * device.alphaline * device.Rthline * i**2)
    heat = np.maximum(i * (v - i * (device.RTiOx + line)), 0)
    return device.T0 + device.Rth0 * (device.rdet / r) ** 2 * np.where(v > 0, device.Rtheff_scaling, 1.0) * heat


def conductance(
    device: Device,
    n_disc: ArrayLike,
    r: ArrayLike | None = None,
    l: ArrayLike | None = None,
    model: str | None = None,
) -> np.ndarray:
    """Return the conductance I/V of the device alone at V(AE, OE) = +0.2 V [S], shape (...).

    Parameters
    ----------
    device
        The memristor.
    n_disc, r, l
        Vacancy concentration [1e26 m^-3], radius [m] and disc length [nm] at the concentration ``device.Nref``,
        broadcast against each other to shape (...). None: the device's own.
    model
        One of `MODELS`.
    """
    return static_current(device, V_READ, n_disc, model, r, l) / V_READ


def conductance_map(device: Device, model: str | None = None) -> ConductanceMap:
    """Return G(N) of a device as a spline with its inverse; cached by the device."""
    bare = device.replace(Ninit=1, Nlo=0, Nhi=1e6, walk=None, read_noise=None, realisation="compiled")
    return _map(bare, _model(device, model))


def concentration(
    device: Device,
    g_S: ArrayLike,
    r: float | None = None,
    l: float | None = None,
    model: str | None = None,
) -> np.ndarray:
    """Return the vacancy concentration [1e26 m^-3] at which the device has the conductance `g_S` [S], shape of `g_S`.

    Parameters
    ----------
    device
        The memristor.
    g_S
        Conductances at +0.2 V [S].
    r, l
        Radius [m] and disc length [nm] of a device that has walked; None: the device's own.
    model
        One of `MODELS`.

    Raises
    ------
    ValueError
        For a conductance that the device cannot have (the limits are named).
    """
    from . import elementwise

    g = np.asarray(g_S, dtype=float)
    check_inside(g, *range_S(device, r, l, model))
    if r is l is None and (device.drdN or device.dldN):
        n = conductance_map(device, model).inverse(g)  # knows whether there is one
    else:
        radius, length = device.r if r is None else float(r), device.l if l is None else float(l)
        given = g.ravel(), radius, length, V_READ, *device.bounds, parameter_vector.vector(device)
        n = elementwise.concentrations(code(device, model), *given).reshape(g.shape)
    return np.clip(n, *device.bounds)


def concentration_at(device: Device, g_S: float, model: str | None = None) -> float:
    """Return the vacancy concentration [1e26 m^-3] at one conductance [S], a plain float.

    Raises
    ------
    ValueError
        For what is no number, or a conductance that the device cannot have; of a window the words say which it is.
    """
    check_range("g_S", g_S, 0, 1.0, "S")
    try:
        return float(concentration(device, g_S, model=model))
    except ValueError as error:
        wide = device.replace(Nlo=0, Nhi=1e6, walk=None)
        low, high = window_S(wide, model)
        if wide.bounds == device.bounds or not low <= g_S <= high:
            raise
        raise ValueError(
            f"{error}, its window; window=False has none, and {low * 1e6:.5g} to {high * 1e6:.5g} uS"
        ) from error


@lru_cache(maxsize=256)
def window_S(device: Device, model: str | None = None) -> tuple[float, float]:
    """Return the smallest and the largest conductance that the device can have [S]."""
    low, high = conductance_map(device, model)(np.array(device.bounds))
    return float(low), float(high)


def range_S(
    device: Device,
    r: float | None,
    l: float | None,
    model: str | None = None,
) -> tuple[float, float]:
    """Return the smallest and largest conductance [S] with another radius [m] and length [nm], as after a walk."""
    from . import elementwise

    if r is None and l is None:  # asked for each record of a dataset: nothing to be broadcast or checked
        n, (v, own_r, own_l) = np.array(device.bounds), np.full((2, 3), (V_READ, device.r, device.l)).T.copy()
        low, high = (
            elementwise.currents(code(device, model), v, n, own_r, own_l, parameter_vector.vector(device)) / V_READ
        )
    else:
        low, high = conductance(device, device.bounds, r, l, model)
    return float(low), float(high)


class ConductanceMap:
    """Conductance at +0.2 V over vacancy concentration: smooth in logarithms, and monotone unless r and l follow N.

    900 nodes from half the smallest to twice the largest concentration. The error is below 1e-7 but for the kink where
    the barrier vanishes (206 uS, nominally), 2e-5 there.
    """

    def __init__(self, device: Device, model: str | None = None) -> None:
        from scipy.interpolate import CubicSpline  # half a second

        n = np.geomspace(device.Ndiscmin / 2, device.Ndiscmax * 2, 900)
        log_n, log_g = np.log(n), np.log(conductance(device, n, model=model))
        self._forward = CubicSpline(log_n, log_g)
        moving = np.flatnonzero(np.diff(log_g))  # a fit stands still beyond its range
        inside = slice(moving[0], moving[-1] + 2)
        rising = np.all(np.diff(log_g[inside]) > 0)
        self._backward = CubicSpline(log_g[inside], log_n[inside]) if rising else None

    def __call__(self, n_disc: ArrayLike) -> np.ndarray:
        """Return the conductance [S] at vacancy concentrations [1e26 m^-3], same shape."""
        return np.exp(self._forward(np.log(n_disc)))

    def inverse(self, g_S: ArrayLike) -> np.ndarray:
        """Return the vacancy concentration [1e26 m^-3] at conductances [S], same shape.

        Raises
        ------
        ValueError
            For a device whose conductance does not rise with the concentration everywhere (drdN, dldN).
        """
        if self._backward is None:
            raise ValueError(
                "with this drdN and dldN the conductance does not rise with the concentration everywhere: there is no "
                "inverse; give the concentration itself"
            )
        return np.exp(self._backward(np.log(g_S)))


@lru_cache(maxsize=256)
def _map(device: Device, model: str) -> ConductanceMap:
    return ConductanceMap(device, model)


def code(device: Device, model: str | None) -> int:
    """Return the number that stands for a device's model in kernels, see `models`."""
    return MODELS.index(_model(device, model))


def _model(device: Device, model: str | None) -> str:
    """Return the model of a device: the given one, or the one that circuits use for it."""
    if model is None:
        return "tud" if device.realisation == "tud" else "full"
    check_model(model)
    return model


_UNITS = {"v": "V", "n_disc": "1e26 m^-3", "r": "m", "l": "nm", "Ndiscmin": "1e26 m^-3", "Ndiscmax": "1e26 m^-3"}


def _evaluated(
    quantity: Literal["currents", "rates"], device: Device, model: str | None, **given: ArrayLike | None
) -> np.ndarray:
    """Return a quantity of `elementwise` for arguments broadcast to shape (...); None: the device's own value.

    Raises
    ------
    ValueError
        For a voltage that is not finite, or any other argument that is not finite and positive.
    """
    from . import elementwise

    kernel = elementwise.currents if quantity == "currents" else elementwise.rates
    values = {
        name: np.asarray(getattr(device, name, np.nan) if value is None else value, dtype=float)
        for name, value in given.items()
    }
    shape = np.broadcast_shapes(*(value.shape for value in values.values()))
    columns = np.empty((len(values), *shape))  # kernels take what may be written to, and lies in one piece
    for k, (name, value) in enumerate(values.items()):
        _check_finite(name, value)
        columns[k, ...] = value
    columns = columns.reshape(len(values), math.prod(shape))
    return kernel(code(device, model), *columns, parameter_vector.vector(device)).reshape(shape)


def _check_finite(name: str, value: np.ndarray) -> None:
    """Raise ValueError for a voltage that is not finite, or anything else that is not finite and positive."""
    if not value.size:
        return
    low, high = value.min(), value.max()  # NaN where one is
    if (math.isfinite(low) if name == "v" else low > 0) and math.isfinite(high):
        return
    good = np.isfinite(value) if name == "v" else np.isfinite(value) & (value > 0)
    wanted = "finite" if name == "v" else "finite and positive"
    raise ValueError(f"{name} [{_UNITS[name]}] must be {wanted}, not {value[~good].flat[0]:g}")
