"""The energy that drivers spend: what they deliver; what flows back into one is lost in it, not given back.

A driver discharges a line through a transistor to ground, and one that holds a line at half the amplitude turns the
current that it takes up into heat: neither fills its supply again. Three kinds of sources:

- The ideal driver of a bit, source or 1R word line delivers v i, its own voltage times its current.
- That of a gate takes each charge from a supply of the gate's full voltage V: a gate that is charged to V and
  discharged has cost Q V, which for a capacitance is C V^2, however slow the edge.
- A direct supply, such as those of drivers and sense path made of transistors, counts in all: a charge that a gate
  pushes back into it is there for the next one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

Sources = Iterable[tuple[str, str]]
"""``(voltage trace, current trace)`` of each source; the current flows into it."""

Gates = Iterable[tuple[float, str]]
"""``(voltage of the supply [V], current trace)`` of each driver of gates."""

Traces = Mapping[str, np.ndarray]


def delivered_J(traces: Traces, sources: Sources, time_s: np.ndarray) -> float:
    """Return the energy that sources deliver over times (T,) [s], each for itself, never less than 0 [J].

    Each time step counts where the source delivers in it, by the trapezoidal rule: parts of a transient add up, and the
    ringing of the solver behind an edge, whose sign turns from point to point, counts as nothing.
    """
    return sum(_positive(-traces[v] * traces[i], time_s) for v, i in sources)


def gates_J(traces: Traces, gates: Gates, time_s: np.ndarray) -> float:
    """Return the energy that the charge out of drivers of gates has cost their supplies over times (T,) [s] [J]."""
    return sum(volts * _positive(-traces[i], time_s) for volts, i in gates)


def net_J(traces: Traces, sources: Sources, time_s: np.ndarray) -> float:
    """Return the energy that sources deliver over times (T,) [s], less what flows back into them [J]."""
    return sum(float(-np.trapezoid(traces[v] * traces[i], time_s)) for v, i in sources)


def _positive(rate: np.ndarray, time_s: np.ndarray) -> float:
    """Return the integral of a rate (T,) over the time steps in which it is positive."""
    return float(np.sum(np.maximum((rate[1:] + rate[:-1]) / 2 * np.diff(time_s), 0.0)))
