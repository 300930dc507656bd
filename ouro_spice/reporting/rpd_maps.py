"""Maps of single attempts over start and target, where there are enough of them (Fig. 4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from .._util.checks import check_count
from ..evaluation.deployment import Deployment
from .attempt_figures import fewest_attempts, plain_numbers
from .figures import axes
from .variants import check_some, check_window

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PER_CELL, _FEWEST = 8, 5
"""Attempts in a cell of a map, about; and at least so many in one that is drawn."""

_COARSEST = 4
"""Bins along each axis below which a map shows nothing."""

_COLOURS_OF = (3.0, 300.0)
"""Relative percentage differences that the colours of maps stand for [%]: the same in all maps."""


def map_bins(attempts: int) -> int:
    """Return the number of bins of a map along each axis; 0 where there are too few attempts for a map."""
    if attempts < _FEWEST * _COARSEST**2:
        return 0
    return int(np.clip(np.sqrt(attempts / _PER_CELL), _COARSEST, 24))


def rpd_map(
    deployments: Mapping[str, Deployment],
    window_S: tuple[float, float],
    bins: int | None = None,
    columns: int = 3,
    fewest: int = _FEWEST,
) -> Figure:
    """Draw the mean relative percentage difference over (G_start, G_target), a map a variant, the same colours in all;
    return the figure.

    Parameters
    ----------
    deployments
        By variant.
    window_S
        Its ends [S].
    bins
        Along each axis; None: `map_bins`, or one.
    columns
        Maps side by side.
    fewest
        A cell with fewer attempts is grey.

    Raises
    ------
    ValueError
        For no deployment at all, a window that is none, or counts that are not whole and positive.
    """
    from matplotlib.colors import LogNorm

    check_some("deployments", deployments)
    check_count("columns", columns)
    check_count("fewest", fewest)
    bins = max(map_bins(fewest_attempts(deployments)), 1) if bins is None else bins
    check_count("bins", bins)
    edges_S = np.linspace(*check_window(window_S), bins + 1)
    columns = min(columns, len(deployments))
    figure, grid = axes(columns, -(-len(deployments) // columns), width=3.2, height=3.0)
    for ax in grid.flat[len(deployments) :]:
        ax.set_visible(False)
    shown = list(grid.flat[: len(deployments)])
    meshes = [
        _map(ax, _enough(one.over(edges_S), fewest), edges_S * 1e6, LogNorm(*_COLOURS_OF))
        for ax, one in zip(shown, deployments.values(), strict=True)
    ]
    for ax, name in zip(shown, deployments, strict=True):
        ax.set_title(name, fontsize=9)
    for ax in grid[:, 0]:
        ax.set_ylabel("G_target (uS)")
    for k, ax in enumerate(shown):
        ax.set_xlabel("G_start (uS)" if k + columns >= len(shown) else "")
    bar = figure.colorbar(meshes[-1], ax=grid, extend="both", label="mean RPD of G_end (%)", aspect=30)
    plain_numbers(bar.ax, "y")
    return figure


def _enough(table: Mapping[str, np.ndarray], fewest: int) -> np.ndarray:
    """Return the mean RPD [%] of the cells of a map that have enough attempts, NaN in the others."""
    return np.where(table["n"] >= fewest, 100 * table["rpd_mean"], np.nan)


def _map(ax: Axes, rpd: np.ndarray, edges_uS: np.ndarray, norm: Any) -> Any:
    """Draw one map; return what its colours stand for, for a colour bar."""
    ax.grid(visible=False)
    ax.set_facecolor("#d9d9d9")
    # what is 0 has the lowest colour, as all that is below the scale
    mesh = ax.pcolormesh(
        edges_uS, edges_uS, np.maximum(rpd, 1e-3).T, norm=norm, cmap="magma_r", rasterized=True, linewidth=0
    )
    ax.plot(edges_uS[[0, -1]], edges_uS[[0, -1]], color="#888", linewidth=0.8)
    ax.set_box_aspect(1)
    return mesh
