"""Static current and rate of a device, of any of its realisations: one call for all, so that they can be compared."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

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
    device: Memristor, v: ArrayLike, x: ArrayLike, realisation: str | None = None, engine: Engine | None = None
) -> np.ndarray:
    """Return the static current I(V, x) from AE to OE [A].

    Parameters
    ----------
    device
        The memristor; of one that walks, its own values.
    v, x
        V(AE, OE) [V] and the first state variable, of JART the vacancy concentration [1e26 m^-3], broadcast against
        each other to shape (...).
    realisation
        One that the family has in ngspice, such as "compiled", or "compact" without; the device's own where None.
    engine
        What runs the netlists.

    Raises
    ------
    ValueError
        For an unknown realisation, a voltage that is not finite or beyond 20 V, an illegal state.
    SimulationError
        Where ngspice finds no operating point.
    """
    return _solved(device, v, x, realisation, engine)[0]


def rate(
    device: Memristor, v: ArrayLike, x: ArrayLike, realisation: str | None = None, engine: Engine | None = None
) -> np.ndarray:
    """Return dx/dt at constant voltage [1/s of the unit of x]; parameters and errors as `static_current`.

    The edges of a programming window are not part of it: at them a device stands still.
    """
    found = _solved(device, v, x, realisation, engine)[1]
    return found if device.realised.rate else characteristics.rate(device, v, x)  # which says why there is none


def _solved(
    device: Memristor, v: ArrayLike, x: ArrayLike, realisation: str | None, engine: Engine | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return I [A] and dx/dt of each point, both (...)."""
    check_kind("device", device, Memristor)
    check_engine(engine)
    kind = device.realisation if realisation is None else realisation
    if not isinstance(kind, str) or (kind != "compact" and kind not in device.REALISATIONS):
        raise ValueError(f"realisation {shown(kind)} is unknown; there is compact, {', '.join(device.REALISATIONS)}")
    volts, n = np.broadcast_arrays(checked_numbers("v", v), checked_numbers(device.lead.name, x))
    for value in volts.flat:
        check_range("v", float(value), -HIGHEST_V, HIGHEST_V, "V")
    for value in n.flat:
        device.legal((float(value), *device.start[1:]))
    if kind == "compact":
        return characteristics.static_current(device, volts, n), characteristics.rate(device, volts, n)
    if not device.realised.rate:  # a model of somebody's own: it is solved as it solves for itself
        return characteristics.static_current(device, volts, n), np.full(volts.shape, np.nan)
    still = device.bare if kind == device.realisation else device.bare.replace(realisation=kind)
    pairs = list(_points(still, volts.ravel(), n.ravel(), engine or default_engine()))
    found = np.array(pairs, dtype=float).reshape(-1, 2)
    return found[:, 0].reshape(volts.shape), found[:, 1].reshape(volts.shape)


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
    return ((wave[f"i{k}"][0], wave[f"rate{k}"][0]) for k in range(count))


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
