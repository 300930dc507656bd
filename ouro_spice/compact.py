"""The JART VCM v1b equations without SPICE: static current, rate, conductance, vectorised.

The same device as ``verilog_a/jart_vcm_v1b.va``, for every place that needs the static I-V without a circuit: ``g`` is
I/V of the device alone at V(AE, OE) = +0.2 V. Symbols as in Bengel et al., IEEE TCAS-I 67(12), 2020.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike
from scipy.interpolate import CubicSpline

from .device import V_READ, Device

Q = 1.602176634e-19  # [C] this and the next three: CODATA 2018
KB_EV = 8.617333262145e-5  # [eV/K]
PLANCK = 6.62607015e-34  # [Js]
EPS0 = 8.8541878128e-12  # [F/m]
MEFF = 9.10938e-31  # [kg] effective electron mass, as published
RICHARDSON = 6.01e5  # [A/m^2K^2] as published
Z = 2  # charge number of a vacancy


def static_current(device: Device, v: ArrayLike, n_disc: ArrayLike) -> np.ndarray:
    """Static current I(V, N) from AE to OE [A].

    Where the published equations have three solutions (V > 0), the physical one, continuous from V = 0 and the
    largest, is returned.

    Parameters
    ----------
    device
        The memristor.
    v, n_disc
        V(AE, OE) [V] and vacancy concentration [1e26 m^-3], broadcast against each other to shape (...).
    """
    return _solve(device, v, n_disc)[0]


def rate(device: Device, v: ArrayLike, n_disc: ArrayLike) -> np.ndarray:
    """dN/dt at constant voltage [1e26 m^-3 s^-1], shape (...); the window's edges are not part of it."""
    current, v, n = _solve(device, v, n_disc)
    r_disc, _ = _filament(device, n)
    v_cell = v - _series_voltage(device, current)
    kt = KB_EV * _temperature(device, current, v_cell)
    field = np.where(v > 0, v_cell / (device.lcell * 1e-9), current * r_disc / (device.l * 1e-9))
    gamma = np.clip(Z * device.a * field / (np.pi * device.dWa), -0.99, 0.99)
    w_mean = device.dWa * (np.sqrt(1 - gamma**2) + gamma * np.arcsin(gamma))
    hop = 2 * np.exp(-w_mean / kt) * np.sinh(device.dWa * gamma * np.pi / 2 / kt)
    return -(device.Nplug + n) / 2 * device.a * device.nu0 / (device.l * 1e-9) * hop * _limit(device, v, n)


def conductance(device: Device, n_disc: ArrayLike) -> np.ndarray:
    """Conductance I/V of the device alone at V(AE, OE) = +0.2 V [S], shape of `n_disc`."""
    return static_current(device, V_READ, n_disc) / V_READ


def conductance_map(device: Device) -> ConductanceMap:
    """G(N) of a device as a spline, and its inverse; kept, so that asking again costs nothing."""
    return _map(device.replace(Ninit=1, Nlo=0, Nhi=1e6))


def concentration(device: Device, g_S: ArrayLike) -> np.ndarray:
    """The vacancy concentration [1e26 m^-3] at which the device has the conductance `g_S` [S], shape of `g_S`.

    Raises
    ------
    ValueError
        For a conductance that the device cannot have (the limits are named).
    """
    g = np.asarray(g_S, dtype=float)
    low, high = window_S(device)
    if not np.all(np.isfinite(g)) or np.any(g < low * (1 - 1e-6)) or np.any(g > high * (1 + 1e-6)):
        shown = np.array2string(g * 1e6, precision=5, threshold=4)
        raise ValueError(
            f"conductance {shown} uS is outside the device's range, {low * 1e6:.5g} to {high * 1e6:.5g} uS"
        )
    return np.clip(conductance_map(device).inverse(g), *device.bounds)


def window_S(device: Device) -> tuple[float, float]:
    """The smallest and the largest conductance that the device can have [S]."""
    low, high = conductance_map(device)(np.array(device.bounds))
    return float(low), float(high)


class ConductanceMap:
    """Conductance at +0.2 V over vacancy concentration: monotone, and smooth in logarithms.

    900 nodes from half the smallest to twice the largest concentration. The error is below 1e-7 but for the kink where
    the barrier vanishes (206 uS, nominally), 2e-5 there.
    """

    def __init__(self, device: Device) -> None:
        n = np.geomspace(device.Ndiscmin / 2, device.Ndiscmax * 2, 900)
        log_n, log_g = np.log(n), np.log(conductance(device, n))
        self._forward, self._backward = CubicSpline(log_n, log_g), CubicSpline(log_g, log_n)

    def __call__(self, n_disc: ArrayLike) -> np.ndarray:
        """Conductance [S] at vacancy concentrations [1e26 m^-3], same shape."""
        return np.exp(self._forward(np.log(n_disc)))

    def inverse(self, g_S: ArrayLike) -> np.ndarray:
        """Vacancy concentration [1e26 m^-3] at conductances [S], same shape."""
        return np.exp(self._backward(np.log(g_S)))


@lru_cache(maxsize=256)
def _map(device: Device) -> ConductanceMap:
    return ConductanceMap(device)


def _filament(device: Device, n: np.ndarray) -> tuple[np.ndarray, float]:
    """Resistance of disc and plug [Ohm]."""
    per_length = 1e-9 / (Z * Q * device.un * 1e26 * np.pi * device.r**2)
    return device.l * per_length / n, (device.lcell - device.l) * per_length / device.Nplug


def _series_voltage(device: Device, current: np.ndarray) -> np.ndarray:
    line = device.R0 * (1 + device.R0 * device.alphaline * device.Rthline * current**2)
    return current * (device.RTiOx + line)


def _temperature(device: Device, current: np.ndarray, v_cell: np.ndarray) -> np.ndarray:
    rth = device.Rth0 * (device.rdet / device.r) ** 2 * np.where(v_cell > 0, device.Rtheff_scaling, 1.0)
    return device.T0 + rth * np.maximum(current * v_cell, 0)


def _limit(device: Device, v: np.ndarray, n: np.ndarray) -> np.ndarray:
    ratio = np.where(v > 0, device.Ndiscmin / n, n / device.Ndiscmax)
    factor = 1 - ratio**10
    return np.where(factor > 0, 1.0, 0.0) if device.flim == 0 else np.maximum(factor, 0)


def _barrier(device: Device, v_schottky: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Barrier height [eV]; at V > 0 it stands still where its slope would exceed 1, beyond the physical root."""
    k = (Q**3 * Z * 1e26 * n / (8 * np.pi**2 * (device.epsphib * EPS0) ** 3)) ** 0.25
    psi0 = device.phibn0 - device.phin
    fold = np.minimum((k / 4) ** (4 / 3), (device.phibn0 / k) ** 4)
    floor = np.where(v_schottky > 0, np.minimum(max(psi0, 0), fold), 0)
    return np.maximum(device.phibn0 - k * np.maximum(psi0 - v_schottky, floor) ** 0.25, 0)


def _schottky_current(device: Device, v: np.ndarray, n: np.ndarray, temperature: np.ndarray) -> np.ndarray:
    """Thermionic field emission at V < 0 (SET), thermionic emission at V >= 0 (RESET) [A]."""
    kt = KB_EV * temperature
    phi = _barrier(device, v, n)
    scale = np.pi * device.r**2 * RICHARDSON * temperature
    w00 = PLANCK / (4 * np.pi) * np.sqrt(Z * 1e26 * n / (MEFF * device.eps * EPS0))
    x = w00 / kt
    size = np.maximum(-v, 0)
    root = np.sqrt(np.pi * w00 * (size + phi / np.cosh(x) ** 2))
    tunnel = scale / KB_EV * root * np.exp(-phi * np.tanh(x) / w00) * np.expm1(size * (x - np.tanh(x)) / w00)
    thermal = scale * temperature * np.exp(-phi / kt) * np.expm1(np.maximum(v, 0) / kt)
    return np.where(v < 0, -tunnel, thermal)


def _solve(device: Device, v: ArrayLike, n_disc: ArrayLike) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    v, n = np.broadcast_arrays(np.asarray(v, dtype=float), np.asarray(n_disc, dtype=float))
    if not (np.all(np.isfinite(v)) and np.all(np.isfinite(n)) and np.all(n > 0)):
        raise ValueError("v must be finite [V] and n_disc finite and positive [1e26 m^-3]")
    r_disc, r_plug = _filament(device, n)

    def excess(current: np.ndarray) -> np.ndarray:
        v_cell = v - _series_voltage(device, current)
        v_schottky = v_cell - current * (r_disc + r_plug)
        return current - _schottky_current(device, v_schottky, n, _temperature(device, current, v_cell))

    # between no current and no voltage over the barrier: bisection cannot miss the one root, 60 halvings reach rounding
    inner = np.zeros_like(v)
    outer = _largest_current(device, v, r_disc + r_plug)
    sign = np.where(v < 0, -1.0, 1.0)
    for _ in range(60):
        middle = (inner + outer) / 2
        beyond = excess(middle) * sign > 0
        outer = np.where(beyond, middle, outer)
        inner = np.where(beyond, inner, middle)
    return (inner + outer) / 2, v, n


def _largest_current(device: Device, v: np.ndarray, r_filament: np.ndarray) -> np.ndarray:
    """The current with no Schottky barrier: closed inverse of the cubic V(I) [A]."""
    linear = device.RTiOx + device.R0 + r_filament
    cubic = device.R0**2 * device.alphaline * device.Rthline
    return 2 * np.sqrt(linear / (3 * cubic)) * np.sinh(np.arcsinh(1.5 * v / linear * np.sqrt(3 * cubic / linear)) / 3)
