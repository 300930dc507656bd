"""JART-TUD: the current of the JART VCM v1b device as an explicit function of V, N, r and l.

Model and coefficients: Ntinas et al., SMACD 2023, doi 10.1109/SMACD58065.2023.10192107. No root search: the current is
a fit to the full model's, some per cent off; temperature, field and rate follow from it by the equations of the full
model (`kinetics`). The fit was made for the nominal technology, Rth0 = 15.72e6 K/W included: r and l are its only
variables besides V and N, and at other values of the rest it is further off.

    x = ln(N / N_L)
    I = p1 (p2 (exp((x - p3) / p4) - 1) + (x - p3)) + p5 / (p6 + p7 (p8 exp(x - p9))^(-p10))^(1 / p11)

with coefficients p1..p11 that depend on V, d_r = (r - r_det) / (0.1 r_det) and d_l = (l - l_det) / (0.1 l_det). Where
the fit does not reach, the current goes on in a way that is finite, has the sign of V and rises with |V| and N:

- beyond 1.8 V of either sign it grows as that of the series resistance alone;
- below N_L = 0.004 it is proportional to N;
- above N = 25 it stays (the disc has 1 % of the resistance left);
- where d_r or d_l leaves -1 .. 1, r or l is held there: 10 % from its nominal value (`clamped` tells).

``verilog_a/jart_tud.va`` is the same model for circuits.
"""

from __future__ import annotations

import math

from ..._util.jit import kernel
from .kinetics import geometry
from .parameter_vector import RDET

L_DET = 0.4  # [nm]
SPREAD = 0.1  # relative change of r and l at |d| = 1
N_LOW, N_HIGH = 0.004, 25.0  # [1e26 m^-3] where the fit is used
V_FIT = 1.8  # [V] beyond it the fit's current falls with |V| for some N

# the series resistance that the fit contains: V = R I + C I^3
R_SERIES = 650.0 + 719.2437  # [Ohm]
C_SERIES = 719.2437**2 * 3.92e-3 * 90471.47  # [Ohm/A^2]

# The published coefficients: ..._P for V > 0, ..._N for V < 0. A tuple is (value, d_r, d_r^2, d_l): the value and how
# it changes with each of these; a number does not change.
P5_1_P = (1.3769e-03, 2.3087e-04, 0.0, 1.3293e-07)
P5_2_P = 8.1819e-02
P6_0_P = (1.9687e-01, 2.6129e-02, 0.0, 0.0)
P6_1_P = -2.1833e-02
P7_0_P = (-9.7606e01, -7.4338e-01, 1.1713e-01, 2.4377e00)
P7_1_P = 7.8250e00
P7_2_P = (9.9296e01, 6.9547e-01, -1.3724e-01, -2.3728e00)
P7_2_CROSS_P = (-9.0456e-03, -1.2221e-03)  # with d_l d_r and d_l d_r^2
P7_3_P = 7.1092e-02
P8_0_P = (1.1713e-01, 0.0, 0.0, -3.8320e-03)
P8_1_P = 8.1370e-02
P10_0_P = (9.7733e-01, 0.0, 0.0, 5.9623e-05)
P10_1_P = 3.5214e-02
P10_2_P = 1.2856e-02
P11_0_P = (9.4207e-01, 0.0, 0.0, -6.7239e-04)
P11_1_P = 3.8953e-02
P11_2_P = 2.3436e-02

P1_0_N = (1.1830e00, -6.2246e-02, 0.0, 1.1419e-01)
P1_1_N = (-2.7034e-03, -1.8077e-04, 0.0, -2.0831e-04)
P1_2_N = (-4.5379e-06, 1.7313e-04, 0.0, -8.9677e-05)
P1_3_N = (9.9115e-01, 5.7155e-03, 0.0, -2.3237e-02)
P1_4_N = (4.4093e-01, -9.7198e-04, 0.0, -1.8507e-03)
P2_0_N = -2.5955e03
P3_0_N = (6.8845e00, 1.2536e-01, 0.0, 2.5983e-01)
P3_1_N = (-5.8995e-01, 6.5498e-02, 0.0, 8.5666e-02)
P4_0_N = 2.5890e03
P4_1_N = (-2.9537e00, 8.2522e-02, 0.0, -7.2255e-02)
P4_2_N = -5.4031e-01
P5_1_N = (6.4705e-04, 1.5169e-05, 0.0, 1.3260e-06)
P5_2_N = (5.1529e-05, 6.7042e-07, 1.0756e-06, 0.0)
P7_0_N = (1.1708e-01, 4.8662e-04, 0.0, 3.7351e-03)
P9_0_N = (3.9052e00, -5.4723e-01, 0.0, 3.6802e-02)
P9_1_N = 9.6130e00
P9_2_N = -4.5637e-01
P9_3_N = (1.4310e00, 3.6000e-01, 0.0, 0.0)
P10_0_N = 4.6925e-01
P10_1_N = (3.4731e00, 1.1444e-02, 0.0, 0.0)
P10_2_N = -1.1871e00
P10_3_N = 5.6947e-01
P11_0_N = (1.0667e01, 3.6290e-01, 0.0, 0.0)
P11_1_N = 1.2812e-01
P11_2_N = 7.4414e-01
P11_3_N = 4.2381e-01


@kernel
def current(v, n, r, l, p):
    """Return the current from AE to OE [A] at V(AE, OE) [V] for n [1e26 m^-3], r [m] and l [nm]."""
    d_r, d_l = deviations(n, r, l, p)
    return current_from(coefficients(v, d_r, d_l), n)


@kernel
def deviations(n, r, l, p):
    """Return (d_r, d_l) at concentration n, held within -1 .. 1."""
    r, l = geometry(n, r, l, p)
    d_r = (r / p[RDET] - 1.0) / SPREAD
    d_l = (l / L_DET - 1.0) / SPREAD
    return min(max(d_r, -1.0), 1.0), min(max(d_l, -1.0), 1.0)


@kernel
def clamped(n, r, l, p):
    """Return whether r or l is more than 10 % from its nominal value, where the current no longer follows it."""
    r, l = geometry(n, r, l, p)
    edge = SPREAD * (1.0 + 1e-9)
    return abs(r / p[RDET] - 1.0) > edge or abs(l / L_DET - 1.0) > edge


@kernel
def current_from(c, n):
    """Return the current [A] at concentration n [1e26 m^-3] for the `coefficients` of a voltage."""
    p1, p2, p3, p4, p5, p6, q, p10, power = c
    x = math.log(min(max(n, N_LOW), N_HIGH) / N_LOW)
    i = p5 * math.exp(-power * math.log(p6 + q * math.exp(-p10 * x)))
    if p1 != 0.0:
        i += p1 * (p2 * math.expm1((x - p3) / p4) + (x - p3))
    return i if n >= N_LOW else i * n / N_LOW


@kernel
def coefficients(v, d_r, d_l):
    """Return all that does not depend on N: (p1, p2, p3, p4, p5, p6, p7 (p8 exp(-p9))^(-p10), p10, 1 / p11)."""
    inside = min(max(v, -V_FIT), V_FIT)
    p1, p2, p3, p4, p5, p6, q, p10, power = _set(inside, d_r, d_l) if v < 0.0 else _reset(inside, d_r, d_l)
    if v == inside:
        return p1, p2, p3, p4, p5, p6, q, p10, power
    growth = series_current(v) / series_current(inside)
    return p1 * growth, p2, p3, p4, p5 * growth, p6, q, p10, power


@kernel
def series_current(v):
    """Return the current of the series resistance alone [A]: the closed inverse of V = R I + C I^3."""
    scale = math.sqrt(3.0 * C_SERIES / R_SERIES)
    return 2.0 / scale * math.sinh(math.asinh(1.5 * v / R_SERIES * scale) / 3.0)


@kernel
def _set(v, d_r, d_l):
    """Return the coefficients at V < 0; p6 = p8 = 1."""
    p1 = _at(P1_0_N, d_r, d_l) * v * (_at(P1_1_N, d_r, d_l) + _at(P1_2_N, d_r, d_l) * v)
    p1 /= 1.0 + v * (_at(P1_3_N, d_r, d_l) + _at(P1_4_N, d_r, d_l) * v)
    p3 = _at(P3_0_N, d_r, d_l) + _at(P3_1_N, d_r, d_l) * v
    p4 = P4_0_N - _at(P4_1_N, d_r, d_l) * math.exp(-P4_2_N * v)
    p5 = v * (_at(P5_1_N, d_r, d_l) + _at(P5_2_N, d_r, d_l) * v)
    p9 = _logistic(v, _at(P9_0_N, d_r, d_l), P9_1_N, P9_2_N, _at(P9_3_N, d_r, d_l))
    p10 = _logistic(v, P10_0_N, _at(P10_1_N, d_r, d_l), P10_2_N, P10_3_N)
    power = _logistic(v, _at(P11_0_N, d_r, d_l), P11_1_N, P11_2_N, P11_3_N)  # this is 1 / p11, not p11
    return p1, P2_0_N, p3, p4, p5, 1.0, _at(P7_0_N, d_r, d_l) * math.exp(p9 * p10), p10, power


@kernel
def _reset(v, d_r, d_l):
    """Return the coefficients at V >= 0; p1 = p2 = p3 = p9 = 0 and p4 = 1."""
    p5 = -_at(P5_1_P, d_r, d_l) * math.expm1(-P5_2_P * v)
    p6 = _at(P6_0_P, d_r, d_l) + P6_1_P * v
    p7_2 = _at(P7_2_P, d_r, d_l) + d_l * d_r * (P7_2_CROSS_P[0] + P7_2_CROSS_P[1] * d_r)
    p7 = _at(P7_0_P, d_r, d_l) + P7_1_P * v + p7_2 * math.exp(-P7_3_P * v)
    p8 = _at(P8_0_P, d_r, d_l) + P8_1_P * v
    p10 = _at(P10_0_P, d_r, d_l) + v * (P10_1_P + P10_2_P * v)
    p11 = _at(P11_0_P, d_r, d_l) + v * (P11_1_P + P11_2_P * v)
    return 0.0, 0.0, 0.0, 1.0, p5, p6, p7 * math.exp(-p10 * math.log(p8)), p10, 1.0 / p11


@kernel
def _at(p, d_r, d_l):
    """Return a coefficient of the table at d_r and d_l."""
    return p[0] + d_r * (p[1] + p[2] * d_r) + p[3] * d_l


@kernel
def _logistic(v, low, high, middle, width):
    """Return a logistic step from `low` to `high` at v."""
    return low + (high - low) / (1.0 + math.exp((v - middle) / width))
