"""One attempt each: deployments of a predictor, baselines, and the noise floor that no predictor can pass."""

from __future__ import annotations

from .bands import BANDS, Estimate, best_constant, constant, label, shares, within
from .baselines import NoiseFree, Predict, noise_free, nothing, prediction_s, simulated
from .deployment import Deployment, deploy
from .floor import Floor, Trials
from .trying import trials

__all__ = [
    "BANDS", "Deployment", "Estimate", "Floor", "NoiseFree", "Predict", "Trials", "best_constant", "constant",
    "deploy", "label", "noise_free", "nothing", "prediction_s", "shares", "simulated", "trials", "within",
]  # fmt: skip
