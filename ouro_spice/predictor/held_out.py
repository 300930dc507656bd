"""A predictor on records that it was not trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from ..dataset import PulseDataset
from ..one_shot import shares
from .examples import Examples

if TYPE_CHECKING:
    from . import PulsePredictor


def held_out(predictor: PulsePredictor, data: PulseDataset, split: str = "test") -> dict[str, Any]:
    """Errors on the records of a split that reached their targets.

    Returns
    -------
    dict
        ``n`` records; median and mean relative error of the pulse time, ``t_error_median`` and ``t_error_mean``; where
        the dataset has histories, the share that ends within each band around the target when the predicted time is
        looked up in them: ``within_50``, ``within_20``, ``within_10``. A time beyond a history ends where that ends, a
        time of the wrong sign where the pulse began. ``n`` alone where there is no such record.
    """
    rows = data.reached(split)
    if not len(rows):
        return {"n": 0}
    examples = Examples.of(data, split, curves="history_g_S" in rows)
    seen = {name: column.numpy() for name, column in examples.seen.items()}
    more = {name: seen[name] for name in predictor.specification.inputs[2:] if name in seen}
    # records may lie beyond the ends of those that were trained on
    time_s = getattr(predictor, "answer", predictor.predict)(seen["g_start_S"], seen["dg_S"], **more)
    error = np.abs(time_s / examples.time_s.numpy() - 1)
    found = {"n": len(error), "t_error_median": float(np.median(error)), "t_error_mean": float(error.mean())}
    if examples.curves is None:
        return found
    end_S = examples.curves.at(torch.tensor(time_s) * torch.sign(examples.time_s))
    return found | shares(end_S.numpy(), examples.target_S.numpy())
