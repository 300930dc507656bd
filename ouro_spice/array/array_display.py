"""How a write into an array shows itself: a line, a table with a map, and axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .._util import display
from .._util.checks import shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MAPS = {"g_before_S": "G before", "g_after_S": "G after", "v_cell_V": "V(AE, OE)", "v_peak_V": "largest V(AE, OE)"}
"""Maps that can be drawn, with what they are."""

_ROUNDING = 1e-12
"""A relative change below this is the error of rounding."""


def _selected(write: Any) -> list[tuple[int, int]]:
    """Return (row, col) of the selected cells."""
    return [divmod(int(k), write.selection.array.cols) for k in write.selection.indices]


def _pulse(pulse: Any) -> str:
    """Return a pulse, or parallel ones, in words."""
    sent = getattr(pulse, "given", [pulse])
    volts = display.span([one.amplitude for one in sent], "V")
    return f"{volts} for {display.span([one.width for one in sent], 's')}"


def line(write: Any) -> str:
    """Return a write in one line."""
    array, cells = write.selection.array, _selected(write)
    kind = "1T1R" if array.gated else "1R"
    where = f"cell ({cells[0][0]}, {cells[0][1]})" if len(cells) == 1 else f"{len(cells)} cells of row {cells[0][0]}"
    words = [f"{array.rows} x {array.cols} {kind}", where, _pulse(write.pulse)]
    if write.wave.state is not None:
        before, after = write.g_before_S[cells[0]], write.g_after_S[cells[0]]
        words.append(display.way(float(before), float(after), "S"))
    return f"ArrayWrite: {', '.join([*words, display.quantity(write.wave.energy_J, 'J'), write.wave.result.name])}"


def html(write: Any) -> str:
    """Return a write as HTML: what it did to the selected cells and the others, and the map of conductances."""
    wave, cells = write.wave, _selected(write)
    rows = [("pulse", _pulse(write.pulse)), ("energy", display.quantity(wave.energy_J, "J"))]
    if wave.state is None:
        return display.card(line(write), [*rows, ("result", f"{wave.result.name}: {wave.result.value}")])
    before, after = write.g_before_S, write.g_after_S
    for cell in cells[:8]:
        volts = display.quantity(float(write.v_cell_V[cell]), "V") if "v_ae" in wave.maps else "-"
        rows.append((f"cell {cell}", f"{display.way(float(before[cell]), float(after[cell]), 'S')}, {volts} across it"))
    if len(cells) > 8:
        rows.append(("..", f"{len(cells) - 8} more"))
    change = np.abs(after / before - 1)
    change[tuple(np.transpose(cells))] = 0.0
    largest = float(change.max())
    rows.append(("others change by", f"{largest:.2g} of their G at most" if largest > _ROUNDING else "nothing"))
    rows.append(("fidelity", str(wave.fidelity)))
    image = display.picture(draw(write, "g_after_S", None), "map of the conductances after the write")
    return display.card(line(write), rows, image)


def draw(write: Any, name: str, ax: Axes | None) -> Axes:
    """Draw a map of the array, the selected cells framed; return the axes."""
    if name not in _MAPS:
        raise ValueError(f"map {shown(name)} is unknown; there is {', '.join(_MAPS)}")
    values, unit = getattr(write, name), name.rpartition("_")[2]
    ax = display.axes(ax, 4.0, 3.1)
    factor, label = display.scaled(values, unit)
    seen = values * factor
    low, high = float(np.nanmin(seen)), float(np.nanmax(seen))
    # values that are alike but for the solver's error are one colour
    wide = max((high - low) / 2, 5e-3 * max(abs(low), abs(high)))
    middle = (low + high) / 2
    image = ax.imshow(seen, cmap="viridis", vmin=middle - wide, vmax=middle + wide, aspect="auto")
    for row, col in _selected(write):
        x, y = [col - 0.5, col + 0.5], [row - 0.5, row + 0.5]
        ax.plot([*x, *x[::-1], x[0]], [y[0], y[0], y[1], y[1], y[0]], color=display.RESET_COLOUR, linewidth=2)
    if max(seen.shape) <= 8:
        for (row, col), value in np.ndenumerate(seen):
            colour = "black" if value > middle + 0.3 * wide else "white"
            ax.text(col, row, f"{value:.3g}", ha="center", va="center", fontsize=8, color=colour)
    for axis in (ax.xaxis, ax.yaxis):
        display.whole_numbers(axis)
    ax.grid(visible=False)
    ax.set(xlabel="column", ylabel="row")
    ax.set_title(f"{_MAPS[name]} ({label})", fontsize=9)
    ax.figure.colorbar(image, ax=ax, shrink=0.9)
    return ax
