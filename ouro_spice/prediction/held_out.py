"""A predictor on records that it was not trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from ..dataset.pulse_dataset import PulseDataset
from ..dataset.sweep import WIDTH
from ..evaluation.bands import BANDS, label, shares
from ..evaluation.increments import STEPS_S, Increments
from ..programming.predictor import answers
from .examples import Examples
from .swept_examples import NeededVolts
from .teachable import check_control, has_trajectories

if TYPE_CHECKING:
    from .pulse_predictor import PulsePredictor


def held_out(predictor: PulsePredictor, data: PulseDataset, split: str = "test") -> dict[str, Any]:
    """Return the errors of a predictor on the records of a split that reached their targets, by name.

    Returns
    -------
    dict
        ``n`` records; median and mean relative error of the pulse time, ``t_error_median`` and ``t_error_mean``; the
        share that ends within each band around the target when the predicted time is looked up in the histories:
        ``within_50``, ``within_20``, ``within_10``. A time beyond a history ends where that ends, a time of the wrong
        sign where the pulse began. ``small_updates``: what the same histories say of small changes in their
        direction, as `Increments.rows`, each asked of the records that went at least twice as far. Single pulses,
        whose histories have two points, do not tell where another time would have ended: None for all of these. ``n``
        alone where there is no such record. Of a predictor of voltages the errors are ``voltage_error_median_V``,
        ``voltage_error_mean_V`` [V] of what each record's device would have needed for some targets, and the shares
        where it would have ended, see `NeededVolts`; there are no small updates.
    """
    check_control(data, predictor.control, "this predictor")
    rows = data.reached(split)
    if not len(rows):
        return {"n": 0}
    if predictor.control != WIDTH:
        return _of_voltages(predictor, NeededVolts.of(data, split))
    examples = Examples.of(data, split, curves=has_trajectories(data, split))
    seen = {name: column.numpy() for name, column in examples.inputs.items()}
    more = {name: seen[name] for name in predictor.specification.inputs[2:] if name in seen}
    # records may lie beyond the ends of those that were trained on
    time_s = answers(predictor)(seen["g_start_S"], seen["dg_S"], **more)
    error = np.abs(time_s / examples.time_s.numpy() - 1)
    found = {"n": len(error), "t_error_median": float(np.median(error)), "t_error_mean": float(error.mean())}
    if examples.curves is None:
        return found | {label("within", band): None for band in BANDS} | {"small_updates": None}
    end_S = examples.curves.at(torch.tensor(time_s) * torch.sign(examples.time_s))
    updates = _small_updates(predictor, examples, more)
    return found | shares(end_S.numpy(), examples.target_S.numpy()) | {"small_updates": updates}


def _of_voltages(predictor: PulsePredictor, asked: NeededVolts) -> dict[str, Any]:
    """Return errors and shares of a predictor of voltages."""
    volts = answers(predictor)(asked.start_S, asked.target_S - asked.start_S)
    off = np.abs(volts - asked.volts)
    found = {"n": len(off), "voltage_error_median_V": float(np.median(off)), "voltage_error_mean_V": float(off.mean())}
    return found | shares(asked.ends_S(volts), asked.target_S)


def _small_updates(predictor: PulsePredictor, examples: Examples, more: dict[str, np.ndarray]) -> list[dict[str, Any]]:
    """Return gain and spread of small changes, a row each as of `Increments.rows`, from the records that went at least
    twice as far.
    """
    start_S, dg_S = examples.inputs["g_start_S"].numpy(), examples.inputs["dg_S"].numpy()
    parts = []
    for step_S in STEPS_S:
        asked = np.sign(dg_S) * step_S
        time_s = answers(predictor)(start_S, asked, **more)
        change = examples.recorded.at(torch.tensor(time_s) * torch.sign(examples.time_s)).numpy() - start_S
        far = np.flatnonzero(np.abs(dg_S) >= 2 * step_S)
        parts.append((asked[far], start_S[far], change[far], far))
    asked, start, change, case = (np.concatenate(one) for one in zip(*parts, strict=True))
    return Increments(asked, start, change, (float(start_S.min()), float(start_S.max()) + 1e-9), case).rows()
