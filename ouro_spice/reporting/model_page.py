"""The page of a model's acceptance test: what it is able to, each figure, currents and pulses."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..simulation.acceptance.finding import Acceptance
from .page import Fact, Page

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def write_model_page(found: Acceptance, folder: Path) -> Path:
    """Write ``model.html`` into a folder; return its path."""
    page = Page(f"Model {found.model}", "What it has to be able to, before it is put into a cell.")
    good = sum(one.ok for one in found.findings)
    able = sum(able for able, _ in found.capabilities.values())
    page.card([
        Fact(f"{good} of {len(found.findings)}", "checks passed", good=found.ok),
        Fact(f"{able} of {len(found.capabilities)}", "capabilities"),
    ])  # fmt: skip
    page.heading("Checks")
    page.table(("", "", "figure", "bar", "says"), [
        (one.name, "PASS" if one.ok else "FAIL", _number(one.figure), _number(one.limit), one.says)
        for one in found.findings
    ])  # fmt: skip
    page.heading("Capabilities")
    rows = [(name, "yes" if able else "no", why) for name, (able, why) in found.capabilities.items()]
    page.table(("", "", "why"), rows)
    if found.curves:
        page.heading("Currents and pulses")
        text = "Static currents over voltage in several states; conductance over time: read, SET, read, rest, read."
        page.figure(model_figure(found), text, text)
    return page.write(folder / "model.html")


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"


def model_figure(found: Acceptance) -> Figure:
    """Return the figure of static currents in several states, and of the SET that has to stay."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    for x, volts, current in found.curves:
        left.plot(volts, current * 1e6, label=f"{x:.3g}")
    left.set(xlabel="V(AE, OE) (V)", ylabel="current from AE to OE (uA)", title="static, by state")
    left.legend(fontsize=7)
    if found.pulses:
        _draw_pulse(right, found.pulses)
    return figure


def _draw_pulse(ax, pulses) -> None:  # noqa: ANN001 - matplotlib's axes
    volts, current, time_s = (np.asarray(pulses[name]) for name in ("v", "i_cell", "time"))
    seen = np.abs(volts) > 0.5 * np.min(np.abs(volts[np.abs(volts) > 0]), initial=np.inf)
    seen &= np.abs(volts) > 1e-3
    ax.plot(np.arange(np.sum(seen)), current[seen] / volts[seen] * 1e6, ".-")
    ax.set(xlabel=f"points with a voltage, over {time_s[-1]:.3g} s", ylabel="I/V (uS)", title="read, SET, read, rest, read")
