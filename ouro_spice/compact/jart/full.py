"""The full JART VCM v1b model: the static current through Schottky barrier, filament and line.

One equation for the magnitude j of the current: the voltage U that the ohmic parts leave to the barrier equals the one
that the barrier needs at j and at the temperature that j causes. Written in voltages it holds no growing exponential
and is nearly straight in j, ohmic or blocking, so that Newton's method converges from the last step's current in
two evaluations. At the far ends of the legal ranges a device can have two stable currents by its own heat: there the
guess decides. With a phin that `schottky` refuses a current may be none of the published equations. Symbols as in
Bengel et al., IEEE TCAS-I 67(12), 2020.
"""

from __future__ import annotations

import math

from ..._util.jit import kernel
from ...device.constants import EPS0, KB_EV, MEFF, PLANCK, RICHARDSON, Q, Z
from .kinetics import disc_resistance, geometry, plug_resistance, thermal_resistance
from .parameter_vector import ALPHALINE, EPS, EPSPHIB, PHIBN0, PHIN, R_0, RTHLINE, RTIOX, T0

LOWERING = Q**3 * Z * 1e26 / (8.0 * math.pi**2 * EPS0**3)  # of the barrier: its 4th power over psi N / epsphib^3
TUNNEL = (PLANCK / (4.0 * math.pi)) ** 2 * Z * 1e26 / (MEFF * EPS0)  # W00^2 over N / eps
LAST = 1e-6  # relative Newton step after which the next would be near 1e-10
ERROR = 1e-12  # relative error left by a step through two points
KINK = 1e-9  # relative step beyond which the barrier must not vanish on the way
STEPS = 200  # reached by none: of 8 steps one at least halves the bracket


@kernel
def current(v, n, r, l, rs, p, guess):
    """Return the current [A] at voltage v over the device and rs [Ohm] in series; guess: a current nearby, or 0."""
    if v == 0.0:
        return 0.0
    r, l = geometry(n, r, l, p)
    u = abs(v)
    rth = thermal_resistance(v, r, p)
    outer = p[RTIOX] + p[R_0] + rs
    linear = outer + max(disc_resistance(n, r, l, p) + plug_resistance(r, l, p), 0.0)
    cubic = p[R_0] * p[R_0] * p[ALPHALINE] * p[RTHLINE]
    lowering4 = LOWERING * n / (p[EPSPHIB] * p[EPSPHIB] * p[EPSPHIB])
    lowering = math.sqrt(math.sqrt(lowering4))
    bare = (p[PHIBN0] * p[PHIBN0]) * (p[PHIBN0] * p[PHIBN0]) / lowering4
    w00 = math.sqrt(TUNNEL * n / p[EPS])
    area = math.pi * r * r * RICHARDSON
    cell = (u, linear, outer, cubic, rth, p[T0], area, w00, lowering, p[PHIBN0], p[PHIBN0] - p[PHIN], bare)
    if v > 0.0:
        return _root(True, cell, guess)
    return -_root(False, cell, -guess)


@kernel
def _root(reset, cell, j):
    """Return the magnitude of the current [A] by Newton's method inside a bracket.

    Voltage, concentration, r and l are held fixed. From the second point on an inverse cubic through two points and
    slopes corrects the step. Converged where the step is below `LAST` and the error that the cubic leaves below
    `ERROR`, both relative; a step out of the bracket becomes a bisection, so that `STEPS` steps are never reached.
    """
    low, high = 0.0, cell[0] / cell[1]
    if not low < j < high:
        j = 0.5 * high
    j1 = r1 = s1 = 0.0  # the point before: current, excess, inverse slope
    bare1 = False
    width = high
    for k in range(STEPS):
        voltage, steep, bare = _ohmic(reset, j, cell)
        if voltage <= 0.0 and not reset:
            # more than the ohmic parts let through, and no emission at all: back to where 5 % are left to the barrier
            high, s1 = j, 0.0
            j += (voltage - 0.05 * cell[0]) / steep
            continue
        excess, slope = _excess(reset, j, voltage, -steep, cell)
        if excess > 0.0:
            low = j
        else:
            high = j
        inverse = 1.0 / slope
        step = -excess * inverse
        size = abs(step)
        done = size < LAST * j and abs(excess) < LAST * cell[0]  # the slope alone can be as steep as you like
        if s1 != 0.0 and bare == bare1:
            bend, error = _bend(j, excess, inverse, j1, r1, s1)
            if abs(bend) < 0.5 * size:
                step += bend
                done = done or error < ERROR * j
        new = j + step
        if step < -0.5 * j:
            new = j * math.exp(step / j)  # Newton's step in ln j
        if done and new > 0.0 and (size < KINK * j or _ohmic(reset, new, cell)[2] == bare):
            return new
        if k % 8 == 7:
            if not high - low < 0.5 * width:
                new = -1.0
            width = high - low
        j1, r1, s1, bare1 = j, excess, inverse, bare
        if not low < new < high:
            new = math.sqrt(low * high) if 0.0 < 4.0 * low < high else 0.5 * (low + high)
            if new in (low, high):
                return new
        j = new
    return j


@kernel
def _bend(j, excess, inverse, j1, r1, s1):
    """Return what the inverse cubic through two points and slopes adds to Newton's step, and its error, both [A]."""
    gap = 1.0 / (r1 - excess)
    chord = (j1 - j) * gap
    second = (chord - inverse) * gap
    third = ((s1 - chord) * gap - second) * gap * r1
    far = abs(j1 - j)
    ratio = max(abs(excess * inverse) / far, far / j)
    square = excess * excess
    return square * (second - third), square * (abs(second) + abs(third)) * ratio * ratio


@kernel
def _ohmic(reset, j, cell):
    """Return the voltage [V] the ohmic parts leave to the barrier, its fall with j, and if there is no barrier left."""
    heat = cell[3] * j * j
    voltage = cell[0] - j * (cell[1] + heat)
    psi = cell[10] - voltage if reset else cell[10] + voltage
    return voltage, cell[1] + 3.0 * heat, psi > cell[11]


@kernel
def _excess(reset, j, voltage, slope, cell):
    """Return the voltage [V] left to the barrier beyond what it needs at current j, and its slope over j."""
    u, _, outer, cubic, rth, t0, area, w00, lowering, phibn0, psi0, _ = cell
    heat = cubic * j * j
    t, dt = t0, 0.0
    v_cell = u - j * (outer + heat)
    if v_cell > 0.0:
        t = t0 + rth * j * v_cell
        dt = rth * (u - j * (2.0 * outer + 4.0 * heat))
    if reset:
        return _thermionic(j, voltage, slope, t, dt, area, lowering, phibn0, psi0)
    return _tunnelling(j, voltage, slope, t, dt, area, w00, lowering, phibn0, psi0)


@kernel
def _thermionic(j, voltage, slope, t, dt, area, lowering, phibn0, psi0):
    """Return excess of voltage and its slope in RESET direction: thermionic emission carries the current."""
    kt = KB_EV * t
    phi, dphi = _barrier(psi0 - voltage, voltage > 0.0, lowering, phibn0, psi0)
    dphi *= -slope  # the barrier takes psi, which falls as the voltage rises
    saturation = area * t * t * math.exp(-phi / kt)
    dlog = (2.0 * dt + (phi * dt / t - dphi) / KB_EV) / t  # of the saturation current
    y = j / saturation
    log = math.log1p(y)
    return voltage - kt * log, slope - KB_EV * dt * log - kt * (1.0 / saturation - y * dlog) / (1.0 + y)


@kernel
def _tunnelling(j, voltage, slope, t, dt, area, w00, lowering, phibn0, psi0):
    """Return excess of voltage and its slope in SET direction: thermionic field emission carries the current."""
    x = w00 / (KB_EV * t)
    dx = -x * dt / t
    tanh, sech2, rest = _hyperbolic(x)
    phi, dphi = _barrier(psi0 + voltage, False, lowering, phibn0, psi0)
    dphi *= slope
    root = voltage + phi * sech2
    droot = slope + dphi * sech2 - 2.0 * phi * tanh * sech2 * dx
    saturation = area * t / KB_EV * math.sqrt(math.pi * w00 * root)
    dlog = dt / t + 0.5 * droot / root
    if phi > 0.0:
        saturation *= math.exp(-phi * tanh / w00)
        dlog -= (dphi * tanh + phi * sech2 * dx) / w00
    y = j / saturation
    log = math.log1p(y)
    e_prime = w00 / rest
    d_need = (1.0 / saturation - y * dlog) / (1.0 + y) - log * tanh * tanh * dx / rest
    return voltage - e_prime * log, slope - e_prime * d_need


@kernel
def _hyperbolic(x):
    """Return tanh x, 1/cosh^2 x and x - tanh x for x > 0, none as a difference of nearly equal numbers."""
    if x < 0.5:
        s = x * x
        # the continued fraction of tanh: x / (1 + s/(3 + s/(5 + ...)))
        top = 135135.0 + s * (17325.0 + s * (378.0 + s))
        bottom = 135135.0 + s * (62370.0 + s * (3150.0 + s * 28.0))
        tanh = x * top / bottom
        return tanh, 1.0 - tanh * tanh, x * s * (45045.0 + s * (2772.0 + s * 27.0)) / bottom
    e = math.exp(-2.0 * x)
    scale = 1.0 / (1.0 + e)
    tanh = (1.0 - e) * scale
    return tanh, 4.0 * e * scale * scale, x - tanh


@kernel
def _barrier(psi, forward, lowering, phibn0, psi0):
    """Return the barrier height [eV] and its slope over psi; forward it is constant where the slope would exceed 1."""
    root = math.sqrt(math.sqrt(psi)) if psi > 0.0 else 0.0
    if forward and lowering * root < phibn0 and 4.0 * root * root * root <= lowering:
        # beyond the physical root: the two other solutions of the published equations are gone
        start = math.sqrt(math.sqrt(max(psi0, 0.0)))
        fold = min((0.25 * lowering) ** (1.0 / 3.0), phibn0 / lowering)
        return max(phibn0 - lowering * min(start, fold), 0.0), 0.0
    phi = phibn0 - lowering * root
    if phi <= 0.0:
        return 0.0, 0.0
    return phi, -0.25 * lowering * root / psi if psi > 0.0 else 0.0
