"""What a dataset folder holds, in numbers; one whose extraction is under way, too."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .consistency import OUTCOMES, SPLITS, miscount
from .controls import controls, unvaried
from .making import maker_short
from .storage import check_shard, open_folder, read_shard, shard_name, shards_present
from .sweep import WIDTH, control_of

if TYPE_CHECKING:
    import pandas as pd

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)

_DRAWN = (
    "n", "seed", "voltages", "pair", "sampling", "d2d", "per_device", "start", "step_s", "limit_s", "rise_s", "fall_s",
    "left_out", "control", "sweep",
)  # fmt: skip


def summary(path: str | Path) -> dict[str, Any]:
    """Return the numbers of a dataset, units in their names.

    Its keys are those of the settings, where the dataset has them, and ``circuit``, a hash, ``cell``, ``maker``,
    ``versions``, ``records``, how many are there, counts by ``outcomes``, ``splits``, ``failures`` and of ``devices``;
    quantiles of ``t_pulse_s`` by direction, range and number of values of each of ``controls`` by direction,
    ``unvaried``, the sentence that the pulse time does not vary, or ""; mean, median and 95th percentile of
    ``rpd_g_end``, the relative distance from the target of those that reached it, None where these were measured;
    ``control``, what the records vary; ``agreement`` with full SPICE at fidelity "circuit", else None;
    ``size_bytes``; ``manifest``, what a whole dataset's manifest counts and its records do not hold, or "".

    Raises
    ------
    ValueError
        For a folder that holds no dataset, or a damaged one, naming the file.
    """
    import pandas as pd

    folder = Path(path)
    manifest, count = open_folder(folder)
    there = [k for k in shards_present(folder, count) if check_shard(folder / shard_name(k), manifest, k)]
    frames = [read_shard(folder / shard_name(k)) for k in there]
    frame = pd.concat(frames, ignore_index=True) if there else None
    found: dict[str, Any] = {"path": str(folder), "circuit": manifest.circuit, "cell": manifest.cell}
    found["maker"] = maker_short(manifest)
    found |= {name: manifest.settings[name] for name in _DRAWN if name in manifest.settings}
    found |= {"complete": len(there) == count, "records": 0 if frame is None else len(frame)}
    found |= {} if frame is None else _counted(frame)
    found["manifest"] = "" if frame is None or not found["complete"] else miscount(frame.result, manifest)
    found["control"] = control_of(manifest.settings)
    if found["control"] != WIDTH:  # what is the same by design is no finding
        found["unvaried"] = ""
    if manifest.cell.get("kind") == "measurement" or found["control"] != WIDTH:  # a target is what a pulse led to
        found["rpd_g_end"] = None
    return found | {
        "size_bytes": sum(file.stat().st_size for file in folder.iterdir() if file.is_file()),
        "versions": manifest.versions,
        "agreement": manifest.agreement,
    }


def _counted(frame: pd.DataFrame) -> dict[str, Any]:
    """Return the figures that are taken from the records: counts, quantiles, controls, errors."""
    reached = frame.loc[frame.outcome == "reached"]
    rpd = (reached.g_end_S / reached.g_target_S - 1).abs()
    found = {
        name: {kind: int((frame.loc[:, column] == kind).sum()) for kind in kinds}
        for name, column, kinds in (("outcomes", "outcome", OUTCOMES), ("splits", "split", SPLITS))
    }
    failed = frame.result.loc[frame.result != "OK"].value_counts().sort_index()
    return found | {
        "failures": {str(name): int(count) for name, count in failed.items()},
        "devices": int(frame.device.nunique()),
        "t_pulse_s": {
            name: _quantiles(reached.t_pulse_s[np.sign(reached.t_pulse_s) == sign].abs())
            for name, sign in (("set", 1), ("reset", -1))
        },
        "controls": {
            direction: {one.name: one.plain for one in controls(frame) if one.direction == direction.upper()}
            for direction in ("set", "reset")
        },
        "unvaried": unvaried(frame),
        "rpd_g_end": {
            "mean": float(rpd.mean()), "median": float(rpd.median()), "p95": float(rpd.quantile(0.95)),
        } if len(rpd) else None,
    }  # fmt: skip


def _quantiles(values: pd.Series) -> dict[str, float] | None:
    """Return `QUANTILES` of values by name, ``p5``; None where there is no value."""
    return {f"p{100 * share:.0f}": float(values.quantile(share)) for share in QUANTILES} if len(values) else None
