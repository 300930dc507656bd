"""What predictions cost in this software, on this machine."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from ..programming.history import History
from ..programming.programmer import Programmer, predictions_for

_MOST = 100
"""Choices of a pulse that are timed."""


def prediction_times(programmer: Programmer, histories: Sequence[History], most: int = _MOST) -> dict[str, float]:
    """Return the CPU time that a programmer takes to choose a pulse, one write at a time; {} where it predicts nothing.

    Writes of its own, drawn evenly, are gone through again, pulse after pulse as they came: what a programmer carries
    from one call to the next helps it as it did then. So a mean over these is what a pulse of such a write costs.

    Returns
    -------
    dict
        ``pulse_s``: mean time of a choice [s]; ``prediction_s``: of one of its predictions [s]; ``n`` choices timed.
    """
    predicted = [history for history in histories if history.predictions]
    if not predicted:
        return {}
    order = np.random.default_rng(0).permutation(len(predicted))
    writes = [predicted[k] for k in order]
    asked = [(one.target_S, list(one.readings_S[: j + 1])) for one in writes for j in range(len(one.choices))][:most]
    programmer.next_pulse(*asked[0])  # what is only done once
    begun = time.process_time()
    for target, readings in asked:
        programmer.next_pulse(target, readings)
    spent_s = (time.process_time() - begun) / len(asked)
    count = np.mean([predictions_for(programmer, np.array([t]), np.array([readings]))[0] for t, readings in asked])
    return {"pulse_s": spent_s, "prediction_s": spent_s / float(count), "n": len(asked)}
