"""Write-and-verify: read, pulse, read again, until the reading is within tolerance of the target.

Every programmer runs in the same loop, with the same cell, reads and limits, and sees only what a chip sees: the
readings so far and the target. Conductance changes only through the simulated pulses. Limits count pulses.
"""

from __future__ import annotations

from .choice import Candidates, of_best, ratio_of_best, share_of_best
from .coarse_fine import CoarseFine
from .fixed import FixedPulse
from .history import History
from .ispp import ISPP, ISPPWidth
from .loop import write_verify
from .many import write_many
from .model_time import ModelTime
from .nominal import NominalTimes, nominal_times
from .outcome import Outcome
from .posterior import Posterior
from .programmer import KNOWS, Conventional, Programmer
from .proportional_integral import ProportionalIntegral, ProportionalIntegralWidth
from .statistics import ratio, summary
from .tuning import tune

__all__ = [
    "ISPP",
    "KNOWS",
    "Candidates",
    "CoarseFine",
    "Conventional",
    "FixedPulse",
    "History",
    "ISPPWidth",
    "ModelTime",
    "NominalTimes",
    "Outcome",
    "Posterior",
    "Programmer",
    "ProportionalIntegral",
    "ProportionalIntegralWidth",
    "nominal_times",
    "of_best",
    "ratio",
    "ratio_of_best",
    "share_of_best",
    "summary",
    "tune",
    "write_many",
    "write_verify",
]
