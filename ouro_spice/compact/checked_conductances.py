"""Conductances that a device is asked for: refused, naming the range, where it cannot have them."""

from __future__ import annotations

import numpy as np

from .._util import quantities


def check_inside(g_S: np.ndarray, low_S: float, high_S: float) -> None:
    """Raise ValueError, naming the range, for conductances [S] that a device cannot have."""
    if not np.all(np.isfinite(g_S)) or np.any(g_S < low_S * (1 - 1e-6)) or np.any(g_S > high_S * (1 + 1e-6)):
        told = " ".join(np.array2string(g_S * 1e6, precision=5, threshold=4).split())
        odd = g_S[np.isfinite(g_S) & quantities.implausible("S", g_S)]
        meant = quantities.question("S", float(odd[0])) if odd.size else ""
        raise ValueError(
            f"conductance {told} uS is outside the device's range, {low_S * 1e6:.5g} to {high_S * 1e6:.5g} uS{meant}"
        )
