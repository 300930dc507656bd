"""Where the current of the published equations breaks off: the range of the barrier's parameters follows from it.

At V > 0 the lowering of the Schottky barrier vanishes as the fourth root of psi = phibn0 - phin - Vs: near psi = 0 the
barrier rises faster than Vs. A current that gets there ends soon: it jumps to another solution of the equations, up to
18 times smaller, and jumps elsewhere on the way back, which no I(V) can follow. The nominal current does not get there,
the filament's heat carries it past. A technology is legal where that holds for every concentration at every voltage,
or where there is no lowering from 0 V on, phin >= phibn0.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from ..constants import EPS0, KB_EV, RICHARDSON, Q, Z

_APART = 0.05  # of the concentrations at which a device is asked, in their logarithm
_STEPS = 200  # of the fixed point of the temperature; one that goes on for longer hardly moves: it counts as reached
_HOT_K = 1e5  # a temperature that has got there knows no end
_SHORTEST_NM, _ANY_N = 0.1, (1e-4, 1100.0)  # legal l, concentrations
_NAMES = (
    "T0", "epsphib", "phibn0", "phin", "un", "Nplug", "Rth0", "Rtheff_scaling", "rdet", "lcell", "Nref", "dldN",
)  # fmt: skip


Range = tuple[float, float]


def check_barrier(values: Mapping[str, float], phins: Range, lengths: Range, reach: Range) -> None:
    """Raise ValueError where the current of the published equations breaks off at some voltage.

    Parameters
    ----------
    values
        The parameters of the model.
    phins
        The legal range of phin [eV] as far as it alone is asked.
    lengths, reach
        Where the walk takes l [nm] at ``Nref``; where the vacancy concentration can go [1e26 m^-3].
    """
    key = tuple(float(values[name]) for name in _NAMES)
    # asked once for all devices of a technology, which is the answer nearly always
    if _end(key, (_SHORTEST_NM, values["lcell"]), _ANY_N) is None:
        return
    n_disc = _end(key, lengths, reach)
    if n_disc is None:
        return
    phin, phibn0, (low, high) = values["phin"], values["phibn0"], phins
    legal = []
    most = _largest_phin(key, lengths, reach, low)
    if most is not None:
        legal.append(f"[{low:g}, {most:.5g}]")
    if phibn0 <= high:
        legal.append(f"[{phibn0:g}, {high:g}]")
    raise ValueError(
        f"phin = {phin:g} eV is outside its legal range with phibn0 = {phibn0:g} eV, T0 = {values['T0']:g} K and the "
        f"other parameters, {' and '.join(legal) or 'which is empty'}{' eV' if legal else ''}: at V > 0 and N = "
        f"{n_disc:.3g}e26 m^-3 the published Schottky barrier rises faster than the voltage, and a current ends"
    )


def _largest_phin(key: tuple[float, ...], lengths: Range, reach: Range, low: float) -> float | None:
    """Return the largest legal phin [eV] below the given one, by bisection, rounded down; None where there is none."""
    place = _NAMES.index("phin")

    def fine(phin: float) -> bool:
        return _end((*key[:place], phin, *key[place + 1 :]), lengths, reach) is None

    if not fine(low):
        return None
    high = key[place]
    while high - low > 1e-6:
        middle = 0.5 * (low + high)
        low, high = (middle, high) if fine(middle) else (low, middle)
    return math.floor(low * 1e5) / 1e5


@lru_cache(maxsize=4096)
def _end(key: tuple[float, ...], lengths: Range, reach: Range) -> float | None:
    """Return the concentration [1e26 m^-3] at which a current first reaches the barrier's slope of 1; None: none does.

    It is the smallest current with the Schottky voltage of that slope, if there is one: the iteration of the
    temperature rises to it from T0, or without end.
    """
    t0, epsphib, phibn0, phin, un, n_plug, rth0, rth_scale, rdet, lcell, n_ref, dldn = key
    psi0 = phibn0 - phin
    if psi0 <= 0:
        return None
    lowering4 = Q**3 * Z * 1e26 / (8 * math.pi**2 * (epsphib * EPS0) ** 3)
    n = np.geomspace(*reach, 2 + int(math.log(reach[1] / reach[0]) / _APART))
    # the dip between these: where the barrier vanishes just where its slope would be 1
    n = np.append(n, np.clip(4 * phibn0**3 / lowering4, *reach))
    lowering = (lowering4 * n) ** 0.25
    vs = psi0 - np.minimum((lowering / 4) ** (4 / 3), (phibn0 / lowering) ** 4)
    if vs.min() <= 0:
        return float(n[vs.argmin()])
    phi = phibn0 - lowering * (psi0 - vs) ** 0.25
    # per area of the filament: neither current density nor temperature depend on its radius
    given = np.array(lengths)[:, None]
    l = np.minimum(np.clip(given + dldn * (n - n_ref), 0.5 * given, 2 * given), lcell)  # noqa: E741
    ohmic = ((l / n + (lcell - l) / n_plug) * 1e-9 / (Z * Q * un * 1e26)).min(axis=0)  # [Ohm m^2]
    rth = math.pi * rdet**2 * rth0 * rth_scale  # [K m^2/W]
    t, cell = np.full(len(n), t0), vs
    for _ in range(_STEPS):
        kt = KB_EV * t
        density = RICHARDSON * t**2 * (np.exp((vs - phi) / kt) - np.exp(-phi / kt))
        cell = vs + density * ohmic
        before, t = t, np.minimum(t0 + rth * density * cell, _HOT_K)
        if np.all((t - before < 1e-6 * t) | (t >= _HOT_K)):
            break
    ends = t < _HOT_K
    return float(n[np.where(ends, cell, np.inf).argmin()]) if ends.any() else None
