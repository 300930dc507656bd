"""A picture of each deck's waveform."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ..device.families import FAMILIES
from ..spice.raw_file import Plot, read_raw

_WIDEST = 3.6
_BROKEN = ((0, (6, 2)), (0, (2, 2)), (0, (8, 2, 2, 2)), (0, (4, 4)), (0, (1, 3)))
"""Widths of lines and dashes, for curves that lie on each other."""

_STATE = f"v({FAMILIES['jart_vcm_v1b']().lead.name})"
"""Where the decks, which are about JART, have its state."""


def picture(deck: str, plots: list[Plot]) -> Any:
    """Draw what a deck wrote; return the matplotlib figure. A deck without a picture of its own is drawn plainly."""
    from matplotlib.figure import Figure

    def empty() -> Any:
        """Return an empty figure."""
        return Figure(figsize=(7, 4.4), layout="constrained", dpi=140)

    figure = empty()
    try:
        _PICTURES.get(deck, _draw_all)(figure, plots)
    except (KeyError, ValueError, IndexError):
        # a deck that somebody changed, or a waveform that a failure cut short: show what there is
        figure = empty()
        _draw_all(figure, plots)
    return figure


def _draw_iv(figure: Any, plots: list[Plot]) -> None:
    axes = figure.subplots()
    (plot,) = plots
    volts, current = plot["v(ae)"], np.abs(plot["i(current)"])
    for label, part, color in (("SET sweep", volts < 0, "C0"), ("RESET sweep", volts > 0, "C3")):
        # a logarithmic axis has no room for the zero crossings
        shown = np.where(part & (current > 1e-9), current, np.nan)
        axes.semilogy(volts, shown, color=color, label=label, lw=1.6)
    axes.set(xlabel="V(AE, OE) (V)", ylabel="|I| (A)", title="I-V under a triangle of 1 V/s", ylim=(1e-8, None))
    _finish(axes)


def _draw_kinetics(figure: Any, plots: list[Plot]) -> None:
    axes = figure.subplots()
    for k, plot in enumerate(plots):
        time = plot["time"]
        axes.loglog(time[1:], plot[_STATE][1:], color=f"C{k}", lw=1.6, label=f"{plot['v(ae)'][-1]:+.4g} V")
    # the first steps of a transient are too short to show anything
    axes.set_xlim(min(plot["time"][-1] for plot in plots) * 1e-2, max(plot["time"][-1] for plot in plots) * 1.5)
    direction = "SET" if plots[0]["v(ae)"][-1] < 0 else "RESET"
    axes.set(xlabel="time at constant voltage (s)", ylabel=r"$N_\mathrm{disc}$ ($10^{26}$ m$^{-3}$)")
    axes.set_title(f"{direction} kinetics")
    _finish(axes)


def _draw_1t1r(figure: Any, plots: list[Plot]) -> None:
    (plot,) = plots
    figure.set_size_inches(7, 6)
    top, middle, bottom = figure.subplots(3, sharex=True)
    time = plot["time"] * 1e9
    for name, label in (("v(bl_driver)", "bit line"), ("v(sl_driver)", "source line"), ("v(wl_driver)", "gate")):
        top.plot(time, plot[name], label=label, lw=1.4)
    top.plot(time, plot["v(ae)"] - plot["v(oe)"], "k--", label="V(AE, OE)", lw=1.2)
    top.set(ylabel="voltage (V)", title="1T1R cell: SET pulse and transient read")
    middle.plot(time, plot["i(current)"] * 1e6, color="C3", lw=1.4, label="bit line driver to cell")
    middle.set_ylabel("current (uA)")
    bottom.plot(time, plot[_STATE], color="C2", lw=1.6, label="vacancy concentration")
    bottom.set(xlabel="time (ns)", ylabel=r"$N_\mathrm{disc}$ ($10^{26}$ m$^{-3}$)")
    for axes in (top, middle, bottom):
        _finish(axes)


def _draw_train(figure: Any, plots: list[Plot]) -> None:
    (plot,) = plots
    time, volts, current = plot["time"], plot["v(ae)"], plot["i(current)"]
    low, high = figure.subplots(2, sharex=True, height_ratios=(1, 2.2))
    low.plot(time * 1e6, volts, color="0.35", lw=0.8, label="V(AE, OE)")
    low.set(ylabel="voltage (V)", title="Equal pulses, up and down")
    # the cell is read after each pulse, at +0.2 V
    reads = np.flatnonzero(np.abs(volts - 0.2) < 1e-6)
    reads = np.array([part[len(part) // 2] for part in np.split(reads, np.flatnonzero(np.diff(reads) > 1) + 1)])
    after_set = np.arange(len(reads)) < np.searchsorted(reads, np.argmax(volts > 0.3))
    for label, part, color in (("after a SET pulse", after_set, "C0"), ("after a RESET pulse", ~after_set, "C3")):
        shown = reads[part]
        high.plot(time[shown] * 1e6, current[shown] / volts[shown] * 1e6, "o-", ms=4, lw=1, color=color, label=label)
    high.set(xlabel="time (us)", ylabel="conductance at +0.2 V (uS)")
    _finish(low)
    _finish(high)


def _draw_mosfets(figure: Any, plots: list[Plot]) -> None:
    # two plots a model: Id-Vd at three gate voltages, and Id-Vg at two drain voltages; p devices after n devices
    figure.set_size_inches(9, 6)
    panels = figure.subplots(2, 2)
    for k, name in enumerate(("nmos_core", "pmos_core", "nmos_io", "pmos_io")):
        output, transfer = plots[2 * k : 2 * k + 2]
        by_gate, by_drain = panels[k // 2]
        title = name.replace("mos_", "MOS, ")
        supply, color = transfer["v(gate)"][-1], f"C{3 * (k % 2)}"
        # W = 10 um
        by_gate.semilogy(
            transfer["v(gate)"], transfer["i(sat)"] / 10, color=color, lw=1.6, label=f"{title}, {supply:g} V"
        )
        by_gate.semilogy(transfer["v(gate)"], transfer["i(lin)"] / 10, "--", color=color, lw=1, label=f"{title}, 50 mV")
        for number, part in enumerate(np.split(np.arange(len(output["v(drain)"])), 3)):
            label = title if number == 0 else None
            by_drain.plot(output["v(drain)"][part], output["i(current)"][part] * 1e5, color=color, lw=1.4, label=label)
        by_gate.set(xlabel="gate voltage (V)", ylabel="drain current (A/um)")
        by_drain.set(xlabel="drain voltage (V)", ylabel="drain current (uA/um)")
    panels[0, 0].set_title("Transistors, over the gate voltage")
    panels[0, 1].set_title("gate at 1/3, 2/3, all of the supply")
    for axes in panels.flat:
        _finish(axes)


def _draw_over_time(
    figure: Any, plots: list[Plot], title: str, panels: tuple[tuple[str, float, dict[str, str]], ...]
) -> None:
    """Draw panels over one time axis, each given by label, factor, and the vectors with their names.

    Curves that lie on each other are seen: the first ones are wide, the later ones thin and broken.
    """
    (plot,) = plots
    figure.set_size_inches(7, 2 + 2 * len(panels))
    rows = np.atleast_1d(figure.subplots(len(panels), sharex=True))
    for axes, (label, factor, vectors) in zip(rows, panels, strict=True):
        widths = np.linspace(_WIDEST, 1.2, len(vectors)) if len(vectors) > 2 else [1.4] * len(vectors)
        for k, (vector, name) in enumerate(vectors.items()):
            dashes = _BROKEN[(k - 1) % len(_BROKEN)] if k and len(vectors) > 2 else "-"
            axes.plot(plot["time"] * 1e9, plot[vector] * factor, label=name, lw=widths[k], linestyle=dashes)
        axes.set_ylabel(label)
        _finish(axes)
    rows[0].set_title(title)
    rows[-1].set_xlabel("time (ns)")


def _draw_write_driver(figure: Any, plots: list[Plot]) -> None:
    control = {"v(ctl)": "control", "v(en)": "enable", "v(wl)": "word line, 50 fF"}
    panels = (("voltage (V)", 1, control), ("voltage (V)", 1, {"v(bl)": "bit line, 100 fF and 2 kOhm"}),
              ("current (mA)", 1e3, {"i(vpp)": "into the programming supply"}))  # fmt: skip
    _draw_over_time(figure, plots, "Write driver: edges out of the circuit", panels)


def _draw_sense(figure: Any, plots: list[Plot]) -> None:
    kinds = {"low": "1 uA", "mid": "10 uA", "high": "100 uA", "slow": "1 uA, 1 pF", "fast": "100 uA, 10 fF"}
    lines = {"v(sl)": "source line"} | {f"v(bl_{kind})": f"bit line, {name}" for kind, name in kinds.items()}
    outputs = {f"i({kind})": name for kind, name in kinds.items()}
    _draw_over_time(
        figure,
        plots,
        "Sense path: settling for currents of the cell",
        (("voltage (V)", 1, lines), ("output (uA)", 1e6, outputs)),
    )


def _draw_lines(figure: Any, plots: list[Plot]) -> None:
    steps = {"v(step)": "step", "v(far16)": "16 segments", "v(far64)": "64 segments", "v(loaded)": "with 20 kOhm"}
    pulses = {"v(inpulse)": "pulse", "v(short)": "at the far end"}
    _draw_over_time(
        figure, plots, "Lines: delay and loss along a line", (("voltage (V)", 1, steps), ("voltage (V)", 1, pulses))
    )


def _draw_threshold(figure: Any, plots: list[Plot]) -> None:
    vteam, team, drift, _ = plots
    figure.set_size_inches(7, 5)
    panels = figure.subplots(2, 2)
    states = (
        (panels[0, 0], vteam, 1e6, "us", {"v(xbeyond.s)": "0.4 V", "v(xbelow.s)": "0.299 V"}, "VTEAM, threshold 0.3 V"),
        (panels[0, 1], team, 1e6, "us", {"v(xteam.s)": "3 uA"}, "TEAM, threshold 1 uA"),
        (panels[1, 1], drift, 1.0, "s", {"v(xzhang.x)": "1.5 V, then -1.5 V"}, "Threshold model of Zhang et al."),
    )
    for axes, plot, factor, unit, vectors, title in states:
        for vector, name in vectors.items():
            axes.plot(plot["time"] * factor, plot[vector], label=name, lw=1.4)
        axes.set(xlabel=f"time ({unit})", ylabel="state x", ylim=(-0.03, 1.03), title=title)
    # a source's current flows into its plus
    panels[1, 0].plot(drift["v(drift)"], -drift["i(vdrift)"] * 1e6, lw=1.4, label="a sine of 1 Hz")
    panels[1, 0].set(xlabel="voltage (V)", ylabel="current (uA)", title="Linear ion drift: pinched at 0 V")
    for axes in panels.flat:
        axes.title.set_fontsize(9)
        _finish(axes)


def _draw_all(figure: Any, plots: list[Plot]) -> None:
    """Draw every vector of all plots, a panel each."""
    names = list(dict.fromkeys(name for plot in plots for name in plot if name != "time"))
    figure.suptitle("All vectors of the waveform", fontsize=10)
    panels = np.atleast_1d(figure.subplots(len(names), sharex=True))
    figure.set_size_inches(7, 1 + 1.3 * len(names))
    for axes, name in zip(panels, names, strict=True):
        for plot in plots:
            if name in plot:
                axes.plot(plot["time"], plot[name])
        axes.set_ylabel(f"{name} ({'A' if name.startswith('i(') else 'V'})", fontsize="small")
        axes.grid(True, alpha=0.3)
    panels[-1].set_xlabel("time (s)")


def _finish(axes: Any) -> None:
    """Give a panel its grid and its legend."""
    axes.grid(True, which="major", alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize="small")


_PICTURES: dict[str, Callable[[Any, list[Plot]], None]] = {
    "iv_triangle": _draw_iv,
    "set_kinetics": _draw_kinetics,
    "reset_kinetics": _draw_kinetics,
    "write_1t1r": _draw_1t1r,
    "pulse_train": _draw_train,
    "mosfets": _draw_mosfets,
    "write_driver": _draw_write_driver,
    "sense": _draw_sense,
    "lines": _draw_lines,
    "threshold": _draw_threshold,
}


def draw(out: Path) -> list[Path]:
    """Draw the waveform of each deck that `run_decks` left in ``out/decks`` to ``out/DECK.png``; return the paths."""
    written = []
    for raw in sorted((Path(out) / "decks").glob("bench_*.raw")):
        plots = read_raw(raw)
        if plots:
            target = Path(out) / f"{raw.stem}.png"
            picture(raw.stem.removeprefix("bench_"), plots).savefig(target)
            written.append(target)
    return written
