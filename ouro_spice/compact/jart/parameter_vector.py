"""A device as the vector that kernels take: one place for each parameter of the model, in the order of the model."""

from __future__ import annotations

import numpy as np

from ...device.jart.jart_parameters import PARAMETERS, JartParameters, values_of

(
    NINIT, NDISCMIN, NDISCMAX, NLO, NHI, R, L, NREF, DRDN, DLDN,
    T0, EPS, EPSPHIB, PHIBN0, PHIN, UN, NPLUG, A, NU0, DWA, RTH0, RTHEFF_SCALING, RDET, LCELL, RTIOX, R_0, RTHLINE,
    ALPHALINE, FLIM, CTH,
) = range(len(PARAMETERS))  # fmt: skip


def vector(device: JartParameters) -> np.ndarray:
    """Return all parameters of a device, (P,) float64, at the places that are named above."""
    return np.array(values_of(device), dtype=float)
