"""One attempt each: deployments of a predictor, baselines, and the noise floor that no predictor can pass."""

from __future__ import annotations

from .bands import BANDS, Estimate, best_constant, constant, label, shares, within
from .baselines import NoiseFree, Predict, compute_times, noise_free, nothing, simulated
from .deployment import Deployment, deploy
from .floor import Floor, Trials
from .increments import STEPS_S, Increments, best_updates, of_trials, small_updates
from .trying import trials

__all__ = [
    "BANDS", "STEPS_S", "Deployment", "Estimate", "Floor", "Increments", "NoiseFree", "Predict", "Trials",
    "best_constant", "best_updates", "compute_times", "constant", "deploy", "label", "noise_free", "nothing",
    "of_trials", "shares", "simulated", "small_updates", "trials", "within",
]  # fmt: skip
