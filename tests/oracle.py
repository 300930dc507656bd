"""An independent stiff integration of the JART VCM v1b equations: the judge of every realisation.

Written from the published equations (Bengel et al., IEEE TCAS-I 67(12), 2020; JART User Guide, May 2021) and sharing no
code with the package: its own constants, a scalar root search for the static current at every evaluation, and an
implicit integration of ln N over each straight piece of the applied voltage. Slow and plain on purpose.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import asin, cosh, exp, expm1, log, pi, sinh, sqrt, tanh

import numpy as np
from scipy import constants
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

ELEMENTARY = constants.e
BOLTZMANN = constants.k
ELECTRON_MASS = 9.10938e-31
RICHARDSON = 6.01e5
CHARGE = 2
# e, k and h are exact since 2019; this one is CODATA 2018, whatever scipy has
VACUUM = 8.8541878128e-12


@dataclass(frozen=True)
class Jart:
    """Parameters under their published names; lengths l in nm, concentrations in 1e26 m^-3."""

    T0: float = 293.0
    eps: float = 17.0
    epsphib: float = 5.5
    phibn0: float = 0.18
    phin: float = 0.1
    un: float = 4e-6
    Ndiscmax: float = 20.0
    Ndiscmin: float = 0.008
    Nplug: float = 20.0
    a: float = 0.25e-9
    nu0: float = 2e13
    dWa: float = 1.35
    Rth0: float = 15.72e6
    rdet: float = 45e-9
    r: float = 45e-9
    lcell: float = 3.0
    l: float = 0.4  # noqa: E741
    Rtheff_scaling: float = 0.27
    RTiOx: float = 650.0
    R0: float = 719.2437
    Rthline: float = 90471.47
    alphaline: float = 3.92e-3
    flim: int = 1

    @property
    def area(self) -> float:
        return pi * self.r**2

    def resistances(self, n: float) -> tuple[float, float]:
        sheet = CHARGE * ELEMENTARY * self.un * self.area * 1e26
        return self.l * 1e-9 / (sheet * n), (self.lcell - self.l) * 1e-9 / (sheet * self.Nplug)

    def voltage(self, i: float, n: float) -> float:
        """V(AE, OE) less the Schottky voltage at current i."""
        return i * sum(self.resistances(n)) + self.series(i)

    def series(self, i: float) -> float:
        return i * (self.RTiOx + self.R0 * (1 + self.R0 * self.alphaline * self.Rthline * i * i))

    def temperature(self, v: float, i: float) -> float:
        scale = self.Rtheff_scaling if v > 0 else 1.0
        return self.T0 + scale * self.Rth0 * (self.rdet / self.r) ** 2 * i * (v - self.series(i))

    def barrier(self, v_schottky: float, n: float) -> float:
        psi = self.phibn0 - self.phin - v_schottky
        if psi <= 0:
            return self.phibn0
        lowering = (ELEMENTARY**3 * CHARGE * n * 1e26 * psi / (8 * pi**2 * (self.epsphib * VACUUM) ** 3)) ** 0.25
        return max(0.0, self.phibn0 - lowering)

    def schottky(self, vs: float, n: float, t: float) -> float:
        """Current through the Schottky barrier."""
        kt = BOLTZMANN * t / ELEMENTARY
        phi = self.barrier(vs, n)
        if vs >= 0:
            return self.area * RICHARDSON * t**2 * exp(-phi / kt) * expm1(min(vs / kt, 500.0))
        w00 = constants.h / (4 * pi) * sqrt(CHARGE * n * 1e26 / (ELECTRON_MASS * self.eps * VACUUM))  # [V]: e/e
        w0 = w00 / tanh(w00 / kt)
        e_prime = w00 / (w00 / kt - tanh(w00 / kt))
        root = sqrt(pi * w00 * (-vs + phi / cosh(w00 / kt) ** 2))
        size = self.area * RICHARDSON * t * ELEMENTARY / BOLTZMANN * root
        return -size * exp(-phi / w0) * expm1(min(-vs / e_prime, 500.0))

    def ohmic(self, v: float, n: float) -> float:
        """The current without a Schottky barrier."""
        ends = sorted((0.0, v / (self.RTiOx + self.R0)))
        return brentq(lambda i: self.voltage(i, n) - v, *ends, xtol=1e-22, rtol=1e-15) if v else 0.0

    def excess(self, i, v: float, n: float):
        """ln of the currents `i` over those that the Schottky barrier lets through at the voltage they leave to it."""
        i = np.abs(i)
        vs = np.maximum(abs(v) - np.sign(v) * self.voltage(np.sign(v) * i, n), 1e-300)
        t = self.temperature(v, np.sign(v) * i)
        kt = BOLTZMANN * t / ELEMENTARY
        psi = np.maximum(self.phibn0 - self.phin - np.sign(v) * vs, 0.0)
        cube = 8 * pi**2 * (self.epsphib * VACUUM) ** 3
        phi = np.maximum(self.phibn0 - (ELEMENTARY**3 * CHARGE * n * 1e26 * psi / cube) ** 0.25, 0.0)
        through = np.log(self.area * RICHARDSON * t**2)
        if v > 0:
            return np.log(i) - through + (phi - vs) / kt - np.log(-np.expm1(-vs / kt))
        w00 = constants.h / (4 * pi) * sqrt(CHARGE * n * 1e26 / (ELECTRON_MASS * self.eps * VACUUM))
        x = w00 / kt
        through += 0.5 * np.log(pi * w00 * (vs + phi / np.cosh(np.minimum(x, 300.0)) ** 2)) - np.log(kt)
        share = vs * (x - np.tanh(x)) / w00
        return np.log(i) - through + phi * np.tanh(x) / w00 - share - np.log(-np.expm1(-share))

    def roots(self, v: float, n: float) -> list[float]:
        """All static currents, the smallest first: a scan of all voltages the barrier can have, beyond its kink too."""
        ends = np.geomspace(1e-60, 1e-3, 250)
        share = np.concatenate([ends, np.linspace(1e-3, 1 - 1e-3, 600)[1:-1], 1 - ends[ends > 1e-10][::-1]])
        kink = abs(self.phibn0 - self.phin) * (1 + np.concatenate([-ends[-80:], [0], ends[-80:]])) / abs(v)
        share = np.unique(np.concatenate([share, 1 - kink[(kink > 1e-12) & (kink < 1 - 1e-12)]]))
        # the current that leaves 1 - share of the voltage to the barrier: Cardano
        ohm, cubic = sum(self.resistances(n)) + self.RTiOx + self.R0, self.R0**2 * self.alphaline * self.Rthline
        i = np.sinh(np.arcsinh(1.5 * share * abs(v) / ohm * sqrt(3 * cubic / ohm)) / 3) * 2 * sqrt(ohm / 3 / cubic)
        above = self.excess(i, v, n) > 0
        turns = np.flatnonzero(above[1:] != above[:-1])
        exact = (brentq(self.excess, i[k], i[k + 1], args=(v, n), xtol=1e-300, rtol=1e-14) for k in turns)
        return [float(np.sign(v)) * root for root in exact]

    def outrun(self, v: float, n: float, i: float) -> bool:
        """Whether at current i the barrier rises faster than the voltage over it, or has its kink behind it."""
        vs, end = v - self.voltage(i, n), self.phibn0 - self.phin
        step = 1e-6 * (end - vs)
        return vs > 0 and (end <= vs or self.barrier(vs + step, n) - self.barrier(vs - step, n) > 2 * step) and end > 0

    def currents(self, v: float, n: float) -> list[float]:
        """The only static current; of several those whose barrier is not outrun: one, or two and a middle by heat."""
        found = self.roots(v, n)
        return found if len(found) == 1 else [i for i in found if not self.outrun(v, n, i)]

    def current(self, v: float, n: float) -> float:
        """Static current; of several solutions (V > 0) the largest, which continues from V = 0."""
        if v == 0:
            return 0.0

        def balance(i: float) -> float:
            return i - self.schottky(v - self.voltage(i, n), n, self.temperature(v, i))

        # at `top` no Schottky voltage is left, at `bottom` it has reached the barrier's kink, or all of V
        top = self.ohmic(v, n)
        if v < 0:
            return brentq(balance, top, 0.0, xtol=1e-22, rtol=1e-14)
        bottom = self.ohmic(max(0.0, v - (self.phibn0 - self.phin)), n)
        grid = top - (top - bottom) * np.concatenate([[0.0], np.geomspace(1e-8, 1, 60)])
        for high, low in pairwise(grid):
            if balance(low) <= 0:
                return brentq(balance, low, high, xtol=1e-22, rtol=1e-14)
        return max(self.roots(v, n))

    def gamma(self, v: float, n: float, i: float) -> float:
        """Field at current i, relative to the one that takes the ions over their barrier by itself."""
        field = (v - self.series(i)) / (self.lcell * 1e-9) if v > 0 else i * self.resistances(n)[0] / (self.l * 1e-9)
        return CHARGE * self.a * field / (pi * self.dWa)

    def rate(self, v: float, n: float, i: float | None = None) -> float:
        """dN/dt, at the static current unless another is given."""
        if v == 0:
            return 0.0
        i = self.current(v, n) if i is None else i
        kt = BOLTZMANN * self.temperature(v, i) / ELEMENTARY
        g = self.gamma(v, n, i)
        even, odd = sqrt(1 - g * g) + g * asin(g), g * pi / 2
        hop = exp(-self.dWa * even / kt) * 2 * sinh(self.dWa * odd / kt)
        return -(self.Nplug + n) / 2 * self.a * self.nu0 / (self.l * 1e-9) * hop * self.limit(v, n)

    def limit(self, v: float, n: float) -> float:
        ratio = self.Ndiscmin / n if v > 0 else n / self.Ndiscmax
        return float(ratio < 1) if self.flim == 0 else max(0.0, 1 - ratio**10)

    def conductance(self, n: float) -> float:
        return self.current(0.2, n) / 0.2


def integrate(model: Jart, times_s, volts, n0: float, window=(1e-6, 1e6), rtol=1e-9) -> tuple[np.ndarray, np.ndarray]:
    """(t, N) at the integrator's own steps under the piecewise-linear voltage (times_s, volts), N held in the window.

    The integration's variable is ln N. Within a piece of one sign N moves one way: it is followed to the edge of the
    window that lies there, and then stands still.
    """
    x, out_t, out_x = log(n0), [times_s[0]], [log(n0)]
    for t0, t1, v0, v1 in _pieces(times_s, volts):
        edge = log(window[1] if v0 + v1 < 0 else window[0])
        if (edge - x) * (v0 + v1) < 0:  # not there yet: SET raises N, RESET lowers it
            done = _follow(model, (t0, t1, v0, v1), x, edge, rtol)
            out_t += list(done.t[1:])
            out_x += list(done.y[0, 1:])
            x = float(done.y[0, -1])
        if out_t[-1] < t1:
            out_t.append(t1)
            out_x.append(x)
    return np.array(out_t), np.exp(out_x)


def _pieces(times_s, volts):
    """(t0, t1, v0, v1) of each straight piece, none of which crosses 0 V."""
    for (t0, v0), (t1, v1) in pairwise(zip(times_s, volts, strict=True)):
        if t1 > t0 and v0 * v1 < 0:
            zero = t0 + (t1 - t0) * v0 / (v0 - v1)
            yield t0, zero, v0, 0.0
            yield zero, t1, 0.0, v1
        elif t1 > t0:
            yield t0, t1, v0, v1


def _follow(model: Jart, piece, x0: float, edge: float, rtol: float):
    t0, t1, v0, v1 = piece

    def slope(t, y):
        n = exp(min(max(y[0], -12.0), 6.0))
        return [model.rate(v0 + (v1 - v0) * (t - t0) / (t1 - t0), n) / n]

    def arrive(t, y):
        return (edge - y[0]) * (1 if edge > x0 else -1)

    arrive.terminal, arrive.direction = True, -1
    done = solve_ivp(slope, (t0, t1), [x0], method="Radau", rtol=rtol, atol=1e-11, events=arrive)
    if done.status < 0:
        raise ArithmeticError(done.message)
    return done
