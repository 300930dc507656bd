"""The acceptance test: all trials of a foreign model, in a process of its own with a time limit."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..._util.machine import ToolError
from ...circuit.result import Result, SimulationError
from ...device.foreign.foreign_device import ForeignDevice
from ...spice.foreign.model_runs import ModelRuns
from ...spice.pool import Pool
from . import model_trials as trials
from .finding import Acceptance, Finding
from .write_pulses import write_pulse

LIMIT_S = 20.0
"""Of one simulation of the test; a model that takes longer hangs."""

_GONE = (Result.TIMEOUT, Result.WORKER)

NAMES = (
    "loads", "crosses up", "crosses down", "static", "set", "memory", "read", "resume at rest", "resume on a plateau",
    "bounds", "steps", "repeats",
)  # fmt: skip
"""What is looked at, in the order in which it is."""


class _Found:
    """Collects findings; what follows a model that ends or hangs the simulator is not run."""

    def __init__(self) -> None:
        self.findings: dict[str, Finding] = {}
        self.gone = False

    @contextlib.contextmanager
    def looking(self, *names: str) -> Iterator[None]:
        """Wrap what finds `names`: a simulation that fails is a finding, of all that are not found by then."""
        try:
            yield
        except (SimulationError, ToolError) as error:
            said = next((line for line in str(error).splitlines() if "error" in line.lower()), str(error))
            head = str(error).splitlines()[0]
            says = head if said in head else f"{head} {said.strip()}"
            for name in names:
                if name not in self.findings:
                    self.add(Finding(name, False, None, None, " ".join(says.split())[:400]))
            self.gone |= isinstance(error, ToolError) or error.result in _GONE

    def add(self, *found: Finding) -> None:
        """Add findings."""
        self.findings |= {one.name: one for one in found}


def accept(
    device: ForeignDevice, limit_s: float = LIMIT_S, show: Callable[[Finding], Any] = lambda _: None
) -> Acceptance:
    """Return what a foreign device is able to, as trials of it in ngspice find.

    Parameters
    ----------
    device
        The device.
    limit_s
        Time limit of one simulation [s]; the first that takes longer, or that ends ngspice, ends the test.
    show
        Takes each finding at the end.
    """
    found = _Found()
    curves: tuple[tuple[float, np.ndarray, np.ndarray], ...] = ()
    pulses: tuple[tuple[float, np.ndarray, np.ndarray], ...] = ()
    with contextlib.closing(Pool(1, timeout_s=limit_s)) as pool:
        runs = ModelRuns(pool.run)
        with found.looking("loads"):
            found.add(_loads(runs, device))
        tried = _tried(runs, device, found) if found.findings["loads"].ok else None
        if tried:
            pulses = tuple((one.volts, *one.trace) for one in (tried.set_, tried.reset))
            found.add(trials.crosses(tried, tried.set_, "crosses up"))
            found.add(trials.crosses(tried, tried.reset, "crosses down"))
            with found.looking("static"):
                finding, curves = trials.static(tried)
                found.add(finding)
            with found.looking("set", "memory"):
                found.add(*trials.memory(tried))
            _rest(tried, found)
    missing = (Finding(name, False, None, None, "not run") for name in NAMES if name not in found.findings)
    found.add(*missing)
    findings = tuple(_believed(device, found.findings[name]) for name in NAMES)
    for one in findings:
        show(one)
    return Acceptance(device.description.name, findings, _capabilities(device, found.findings), curves, pulses)


def _loads(runs: ModelRuns, device: ForeignDevice) -> Finding:
    """Return whether a model loads, and gives a current."""
    current = float(runs.currents(device, np.array([device.read_V]), np.array([device.start]))[0])
    finite = bool(np.isfinite(current))
    return Finding("loads", finite, current, None, f"{current:.4g} A at {device.read_V:g} V in its start state")


def _tried(runs: ModelRuns, device: ForeignDevice, found: _Found) -> trials.Tried | None:
    """Return the device with its write pulses; None where ngspice fails at them."""
    with found.looking("crosses up", "crosses down"):
        return trials.Tried(runs, device, write_pulse(runs, device, -1), write_pulse(runs, device, 1))
    return None


def _rest(tried: trials.Tried, found: _Found) -> None:
    """Run what is left of the trials, each where no earlier one has ended ngspice."""
    left: tuple[tuple[str, Callable[[], Finding]], ...] = (
        ("read", lambda: trials.read(tried)),
        ("resume at rest", lambda: trials.resume(tried, plateau=False)),
        ("resume on a plateau", lambda: trials.resume(tried, plateau=True)),
        ("bounds", lambda: trials.bounds(tried)),
        ("steps", lambda: trials.refinement(tried)),
        ("repeats", lambda: trials.repeats(tried)),
    )
    for name, trial in left:
        if not found.gone:
            with found.looking(name):
                found.add(trial())


def _believed(device: ForeignDevice, finding: Finding) -> Finding:
    """Return a finding as it counts: a plateau need not be resumed where the description does not promise it."""
    if finding.name != "resume on a plateau" or finding.ok or finding.figure is None:
        return finding
    if device.description.resume == "anywhere":
        says = f'{finding.says}; the description says resume = "anywhere": say "rest"'
        return Finding(finding.name, False, finding.figure, finding.limit, says)
    says = f'{finding.says}; cut it at 0 V alone: resume = "rest"'
    return Finding(finding.name, True, finding.figure, None, says)


def _capabilities(device: ForeignDevice, found: dict[str, Finding]) -> dict[str, tuple[bool, str]]:
    """Return by name whether a model is able to something, and why."""
    compiled = device.description.kind == "verilog_a"
    laws = ", ".join(device.description.spread.names) if device.description.spread else ""

    def by(*names: str) -> tuple[bool, str]:
        bad = [found[name] for name in names if not found[name].ok]
        said = (f"{one.name}: {_figure(one)}" for one in (bad or [found[name] for name in names]))
        return not bad, "; ".join(said)

    return {
        "compiled": (compiled, "Verilog-A" if compiled else "a subcircuit of SPICE"),
        "behavioural": (not compiled, "Verilog-A" if compiled else "a subcircuit of SPICE"),
        "simulate": by("loads", "static", "bounds", "steps"),
        "write": by("set", "memory", "crosses up", "crosses down"),
        "read": by("static", "read"),
        "resume at rest": by("resume at rest"),
        "resume anywhere": by("resume at rest", "resume on a plateau"),
        "repeats": by("repeats"),
        "spread": (bool(laws), f"draws {laws}" if laws else "the description has no table [spread]"),
        "kernels": (False, "its equations are known to ngspice alone"),
        "walk": (False, "no law of cycle-to-cycle variation"),
        "read noise": (False, "no law of read noise"),
        "stationary start": (False, "needs a walk"),
        "frozen": (False, "needs kernels"),
        "solved": (False, "needs kernels"),
    }


def _figure(one: Finding) -> str:
    """Return a finding's figure with its bar, or what it says."""
    if one.figure is None:
        return one.says
    return f"{one.figure:.2g}" + ("" if one.limit is None else f" (bar {one.limit:g})")
