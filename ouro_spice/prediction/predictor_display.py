"""How a predictor shows itself: a line, a table of its answers, a table with a map, and axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .._util import display
from ..dataset.sweep import COLUMNS, CONTROL_WORDS, WIDTH

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_POINTS = 21
"""Starts, and targets, of the table of answers."""

_FINE = 61
"""The same of the map."""


def _ranges(predictor: Any) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the ranges of starts and targets [S] in the training data."""
    ranges = predictor.domain.ranges
    return ranges["g_start_S"], ranges["g_target_S"]


def _amplitudes(predictor: Any) -> tuple[float, float]:
    """Return the amplitudes of SET and RESET [V]; NaN where there is not one of each."""
    try:
        return predictor.pair.v_set, predictor.pair.v_reset
    except (ValueError, KeyError):
        return float("nan"), float("nan")


def _data(predictor: Any) -> str:
    """Return what it was trained on, in words."""
    manifest = predictor.manifest
    count = predictor.domain.records or manifest.settings.get("n")
    words = f"{count} records of " if count else ""
    return f"{words}{manifest.cell.get('kind', '?')}"


def line(predictor: Any) -> str:
    """Return a predictor in one line."""
    words = [f"{display.counted(len(predictor.inputs), 'input')}, trained on {_data(predictor)}"]
    words += [
        f"starts {display.span(_ranges(predictor)[0], 'S')}",
        f"targets {display.span(_ranges(predictor)[1], 'S')}",
    ]
    v_set, v_reset = _amplitudes(predictor)
    if np.isfinite(v_set):
        words.append(f"SET {display.quantity(v_set, 'V')}, RESET {display.quantity(v_reset, 'V')}")
    return f"PulsePredictor: {', '.join(words)}"


def table(predictor: Any, points: int = _POINTS) -> pd.DataFrame:
    """Return its answers over a grid, see `PulsePredictor.frame`."""
    import pandas as pd

    starts, targets = (np.linspace(*ends, points) for ends in _ranges(predictor))
    start, target = (one.ravel() for one in np.meshgrid(starts, targets, indexing="ij"))
    ways, dg_S = predictor.domain.directions, target - start
    asked = np.abs(dg_S) > 1e-9 * target
    asked &= np.isin(np.where(dg_S > 0, "SET", "RESET"), ways) if ways else True
    time_s = predictor.answer(start[asked], dg_S[asked])
    v_set, v_reset = _amplitudes(predictor)
    where = {"g_start_S": start[asked], "g_target_S": target[asked], "dg_S": dg_S[asked]}
    if predictor.control != WIDTH:
        return pd.DataFrame(where | {COLUMNS[predictor.control]: time_s})
    return pd.DataFrame({
        **where, "t_pulse_s": time_s,
        "amplitude_V": np.where(time_s > 0, v_set, v_reset),
    })  # fmt: skip


def html(predictor: Any) -> str:
    """Return a predictor as HTML: what it sees and was trained on, and the map of its answers."""
    starts, targets = _ranges(predictor)
    v_set, v_reset = _amplitudes(predictor)
    stages = [f"{stage.objective}, {stage.epochs} epochs" for stage in predictor.specification.stages]
    rows = [
        ("trained on", _data(predictor)), ("starts", display.span(starts, "S")),
        ("targets", display.span(targets, "S")),
        ("directions", ", ".join(predictor.domain.directions or ())),
        ("amplitudes", f"SET {display.quantity(v_set, 'V')}, RESET {display.quantity(v_reset, 'V')}"),
        ("inputs", ", ".join(predictor.inputs)), ("training", "; ".join(stages)), ("sha256", predictor.sha256[:16]),
    ]  # fmt: skip
    kept = (predictor.manifest.settings.get("training") or {}).get("kept") or {}
    rows += [(f"validation score, {name}", f"{score:.4g}") for name, score in kept.items() if score is not None]
    image = display.picture(draw(predictor, None), "map of the pulse time over start and target")
    return display.card(line(predictor), rows, image)


def draw(predictor: Any, ax: Axes | None) -> Axes:
    """Draw the pulse time over start and target, SET above the diagonal; return the axes."""
    ax, name = display.axes(ax, 4.2, 3.2), COLUMNS[predictor.control]
    timed, frame = predictor.control == WIDTH, table(predictor, _FINE)
    frame = frame.assign(t_pulse_s=frame.t_pulse_s.abs()) if timed else frame
    shown = frame.pivot_table(index="g_target_S", columns="g_start_S", values=name, dropna=False)
    x, y, t_s = shown.columns.to_numpy(float) * 1e6, shown.index.to_numpy(float) * 1e6, shown.to_numpy(float)
    if t_s.size:
        image = ax.pcolormesh(
            x, y, t_s, norm="log" if timed else None, cmap="viridis", shading="nearest", rasterized=True
        )
        ax.figure.colorbar(image, ax=ax, label=f"{CONTROL_WORDS[predictor.control]} ({'s' if timed else 'V'})")
        ends = max(x[0], y[0]), min(x[-1], y[-1])
        ax.plot(ends, ends, color="#444444", linewidth=0.8, linestyle=":")
    ax.grid(visible=False)
    ax.set(xlabel="G_start (uS)", ylabel="G_target (uS)")
    ax.set_title("SET above the line, RESET below", fontsize=9)
    return ax
