"""Each default of a JART device and its laws as it was when its field came in, see ``provenance.cell_description``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DEVICE_DEFAULTS: Mapping[str, dict[str, Any]] = {
    "Device": {
        "Ninit": 0.008, "Ndiscmin": 0.008, "Ndiscmax": 20, "Nlo": 0, "Nhi": 1e6, "r": 45e-9, "l": 0.4, "Nref": 0.008,
        "drdN": 0, "dldN": 0, "T0": 293.0, "eps": 17, "epsphib": 5.5, "phibn0": 0.18, "phin": 0.1, "un": 4e-6,
        "Nplug": 20, "a": 0.25e-9, "nu0": 2e13, "dWa": 1.35, "Rth0": 15.72e6, "Rtheff_scaling": 0.27, "rdet": 45e-9,
        "lcell": 3, "RTiOx": 650, "R0": 719.2437, "Rthline": 90471.47, "alphaline": 3.92e-3, "flim": 1, "cth": 0,
        "realisation": "compiled", "walk": None, "read_noise": None,
    },
    "Walk": {
        "step_s": 1e-8, "kick": 0.01, "progress": 0.1, "kick_min": 0.9, "kick_max": 0.1, "band": 0.1, "band_min": 0.9,
    },
    "HalfCycleWalk": {
        "kick": 0.1, "kick_min": 0.9, "low": [40.5e-9, 0.36, 0.004, 18.0], "high": [49.5e-9, 0.44, 0.016, 22.0],
    },
    "ReadNoise": {"mean_Hz": 50.0, "sigma_Hz": 50.0},
}  # fmt: skip
"""The values by the name of a field, by class. One that changes in its class stays here as it is."""
