"""The reduced model of Ntinas et al., IEEE TCAS-II 2022: the current as an explicit function of V and N.

Fitted to the nominal JART device, as Yu, Menzel, Strachan and Neftci (Asilomar 2022) use it for pulse programming. The
current knows neither r nor l; temperature, field and rate follow from it by the equations of the full model with the
actual values (`kinetics`).
"""

from __future__ import annotations

import math

import numpy as np

from ..._util.jit import kernel

# V < 0: I = -al - be / (1 + (c / N)^d)^f
AL0, AL2, AL3 = 4.81951e-5, 1.03685, 0.34567
AL1 = AL0 * math.exp(-AL2 / AL3)
# V > 0: I = g / (1 + h (N / N0)^-K)^(1 / M)
LN_N0, K, M = math.log(0.008), 1.054, 1.0526

COEFFICIENTS = 6
"""Length of the vector that `prepare` fills."""


@kernel
def current(v, n, p):
    """Return the current from AE to OE [A] at V(AE, OE) [V] and concentration n [1e26 m^-3]; p is not used."""
    c = np.empty(COEFFICIENTS)
    prepare(v, c)
    return prepared(math.log(n), c)


@kernel
def prepare(v, c):
    """Fill c with all that depends on the voltage alone; its first place is the voltage."""
    c[0] = v
    if v < 0.0:
        c[1] = AL0 - (AL1 + AL0) / (1.0 + math.exp(-(v + AL2) / AL3))
        c[2] = -4.2383e-5 * math.expm1(-v) - 7.0526e-4 * v
        c[3] = math.log(4.2125 * math.exp(-v / 1.4134) + 2.8646 * v - 4.004)
        c[4] = 7.4235 * math.exp(-v / 4.0585) + 1.4524 * v - 6.6103
        c[5] = 6.326e-4 + (1.4711 - 6.326e-4) / (1.0 + (-v / 0.5199) ** 1.561)
    else:
        c[1] = -4.84e-3 * math.expm1(-0.1353 * v)
        c[2] = 5.548 + 6.8648 * v + 51.586 * math.exp(-0.36 * v)


@kernel
def prepared(x, c):
    """Return the current [A] at x = ln N for the coefficients of a voltage."""
    if c[0] > 0.0:
        return c[1] * math.exp(-math.log1p(c[2] * math.exp(K * (LN_N0 - x))) / M)
    if c[0] == 0.0:
        return 0.0
    # far below the fitted range the first term, of the other sign, would be the larger one
    return min(c[1] - c[2] * math.exp(-c[5] * math.log1p(math.exp(c[4] * (c[3] - x)))), 0.0)
