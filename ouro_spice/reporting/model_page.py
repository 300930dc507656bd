"""The page of a model's acceptance test: what it is able to, each figure, currents and pulses."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

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
        text = (
            "Static currents over voltage in several states; the state over time at a constant SET and RESET voltage."
        )
        page.figure(model_figure(found), text, text)
    return page.write(folder / "model.html")


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"


def model_figure(found: Acceptance) -> Figure:
    """Return the figure of static currents in several states, and of the state at a constant voltage."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    for x, volts, current in found.curves:
        left.plot(volts, current * 1e6, label=f"{x:.3g}")
    left.set(xlabel="V(AE, OE) (V)", ylabel="current from AE to OE (uA)", title="static, by state")
    left.legend(fontsize=7)
    for volts, time_s, x in found.pulses:
        right.semilogx(time_s, x, label=f"{volts:+.3g} V")
    right.set(xlabel="time (s)", ylabel="state", title="at a constant voltage")
    ends = [time_s[-1] for _, time_s, _ in found.pulses if len(time_s)]
    right.set_xlim(left=1e-4 * min(ends, default=1.0))
    right.legend(fontsize=7)
    return figure
