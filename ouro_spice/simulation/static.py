"""Static current and rate of a device, of any of its realisations: one call for all, so that they can be compared."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import ArrayLike

from .._util.checks import check_engine, check_kind, check_range, checked_numbers, shown
from ..circuit.pulse import HIGHEST_V
from ..circuit.result import Result
from ..circuit.testbench import Testbench
from ..circuit.waveform import Waveform
from ..compact import characteristics
from ..device.memristor import Memristor
from ..spice.ngspice import Engine, default_engine

_BATCH = 8
"""Points that are solved in one netlist."""

_INSTANT_S = 1e-15


def static_current(
    device: Memristor,
    v: ArrayLike,
    state: ArrayLike | None = None,
    realisation: str | None = None,
    engine: Engine | None = None,
    **named: ArrayLike,
) -> np.ndarray:
    """Return the static current I(V, state) from AE to OE [A].

    Parameters
    ----------
    device
        The memristor; of one that walks, its own values.
    v, state
        V(AE, OE) [V] and the first state variable, of JART the vacancy concentration [1e26 m^-3], broadcast against
        each other to shape (...).
    realisation
        One that the family has in ngspice, such as "compiled", or "compact" without; the device's own where None.
    engine
        What runs the netlists.
    **named
        The state by its variable's own name, such as ``n_disc=1.0``, in place of `state`.

    Raises
    ------
    ValueError
        For an unknown realisation, a voltage that is not finite or beyond 20 V, no state, an illegal one.
    SimulationError
        Where ngspice finds no operating point.
    """
    return _solved(device, v, _given(device, state, named), realisation, engine)[0]


def rate(
    device: Memristor,
    v: ArrayLike,
    state: ArrayLike | None = None,
    realisation: str | None = None,
    engine: Engine | None = None,
    **named: ArrayLike,
) -> np.ndarray:
    """Return d state/dt at constant voltage [1/s of its unit]; parameters and errors as `static_current`.

    The edges of a programming window are not part of it: at them a device stands still. ValueError for a realisation
    whose netlist does not tell it.
    """
    found = _solved(device, v, _given(device, state, named), realisation, engine)[1]
    if found is None:
        raise ValueError(f"realisation {shown(realisation or device.realisation)} of {device.title} tells no rate")
    return found


def _given(device: object, state: ArrayLike | None, named: Mapping[str, ArrayLike]) -> ArrayLike:
    """Return the state that is given, by place or by its own name; ValueError for none, or several."""
    check_kind("device", device, Memristor)
    name = device.lead.name if isinstance(device, Memristor) else ""
    if unknown := set(named) - {name}:
        raise ValueError(f"{sorted(unknown)[0]!r} is unknown; the state is {name}")
    given = [one for one in (state, named.get(name)) if one is not None]
    if len(given) != 1:
        raise ValueError(f"state: give it once, as the values of {name}")
    return given[0]


def _solved(
    device: Memristor, v: ArrayLike, state: ArrayLike, realisation: str | None, engine: Engine | None
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return I [A] and d state/dt of each point, both (...); None where no rate is told."""
    check_engine(engine)
    kind = device.realisation if realisation is None else realisation
    if not isinstance(kind, str) or (kind != "compact" and kind not in device.REALISATIONS):
        raise ValueError(f"realisation {shown(kind)} is unknown; there is compact, {', '.join(device.REALISATIONS)}")
    volts, n = np.broadcast_arrays(checked_numbers("v", v), checked_numbers(device.lead.name, state))
    for value in volts.flat:
        check_range("v", float(value), -HIGHEST_V, HIGHEST_V, "V")
    for value in n.flat:
        device.legal((float(value), *device.start[1:]))
    if kind == "compact":
        return characteristics.static_current(device, volts, n), characteristics.rate(device, volts, n)
    if "kernels" not in device.capabilities:  # a model of somebody's own: it is solved as it solves for itself
        return characteristics.static_current(device, volts, n), None
    still = device.bare if kind == device.realisation else device.bare.replace(realisation=kind)
    pairs = list(_points(still, volts.ravel(), n.ravel(), engine or default_engine()))
    found = np.array(pairs, dtype=float).reshape(-1, 2)
    rates = found[:, 1].reshape(volts.shape) if still.realised.rate else None
    return found[:, 0].reshape(volts.shape), rates


def _points(device: Memristor, volts: np.ndarray, n: np.ndarray, engine: Engine) -> Iterator[tuple[float, float]]:
    """Yield (I, dx/dt) of each point: at the operating point the state is held where it starts."""
    points = zip(map(float, volts), map(float, n), strict=True)
    while batch := tuple(itertools.islice(points, _BATCH)):
        wave = engine.run(_bench(device, batch), throw=False)
        if wave.result is Result.OK and not _ramped(wave):
            yield from _read(wave, len(batch))
        else:  # many independent devices in one netlist can be too much where each alone is not
            for point in batch:
                yield from _read(engine.run(_bench(device, (point,))), 1)


def _ramped(wave: Waveform) -> bool:
    """Return whether ngspice has ramped the sources up in a transient: its last resort, in large netlists 0.1 % off."""
    return any("Transient op" in line for line in wave.log)


def _read(wave: Waveform, count: int) -> Iterator[tuple[float, float]]:
    rates = (wave[f"rate{k}"][0] if f"rate{k}" in wave.traces else np.nan for k in range(count))
    return ((wave[f"i{k}"][0], rate) for k, rate in enumerate(rates))


def _bench(device: Memristor, points: tuple[tuple[float, float], ...]) -> Testbench:
    realised = device.realised
    elements, probes = [], []
    for k, (volts, n) in enumerate(points):
        elements.append(f"v{k} ae{k} 0 dc {volts:.17g}")
        elements += device.element((n, *device.start[1:]), f"x{k}", f"ae{k}", "0")
        vectors = dict(realised.probes(f"x{k}"))
        probes += [(f"i{k}", vectors["i_cell"])]
        probes += [(f"rate{k}", realised.rate.format(f"x{k}"))] if realised.rate else []
    return Testbench(
        title=f"static points of {realised.subcircuit}",
        libraries=(realised.library,) if realised.library else (),
        texts=(realised.text,) if realised.text else (),
        models=realised.models,
        elements=tuple(elements),
        stop_s=_INSTANT_S,
        max_step_s=_INSTANT_S / 2,
        probes=tuple(probes),
        ambient_K=device.ambient_K,
    )
