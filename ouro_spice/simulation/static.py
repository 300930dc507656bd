"""Static current and rate of a device, of any of its realisations: one call for all, so that they can be compared."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike

from .._util.checks import check_engine, check_kind, check_range, checked_numbers, shown
from ..circuit.memristor import REALISED, element
from ..circuit.pulse import HIGHEST_V
from ..circuit.result import Result
from ..circuit.testbench import Testbench
from ..circuit.waveform import Waveform
from ..compact.jart import jart_characteristics as characteristics
from ..device.jart.jart_device import Device
from ..device.jart.jart_parameters import PARAMETERS
from ..spice.ngspice import Engine, default_engine

_BATCH = 8
"""Points that are solved in one netlist."""

_INSTANT_S = 1e-15


def static_current(
    device: Device, v: ArrayLike, n_disc: ArrayLike, realisation: str | None = None, engine: Engine | None = None
) -> np.ndarray:
    """Return the static current I(V, N) from AE to OE [A].

    Parameters
    ----------
    device
        The memristor; of one that walks, its own values.
    v, n_disc
        V(AE, OE) [V] and vacancy concentration [1e26 m^-3], broadcast against each other to shape (...).
    realisation
        "compiled", "behavioural" or "tud" in ngspice, "compact" without; the device's own where None.
    engine
        What runs the netlists.

    Raises
    ------
    ValueError
        For an unknown realisation, a voltage that is not finite or beyond 20 V, a concentration out of range.
    SimulationError
        Where ngspice finds no operating point.
    """
    return _solved(device, v, n_disc, realisation, engine)[0]


def rate(
    device: Device, v: ArrayLike, n_disc: ArrayLike, realisation: str | None = None, engine: Engine | None = None
) -> np.ndarray:
    """Return dN/dt at constant voltage [1e26 m^-3 s^-1]; parameters and errors as `static_current`.

    The edges of a programming window are not part of it: at them a device stands still.
    """
    return _solved(device, v, n_disc, realisation, engine)[1]


def _solved(
    device: Device, v: ArrayLike, n_disc: ArrayLike, realisation: str | None, engine: Engine | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return I [A] and dN/dt [1e26 m^-3 s^-1] of each point, both (...)."""
    check_kind("device", device, Device)
    check_engine(engine)
    kind = device.realisation if realisation is None else realisation
    if not isinstance(kind, str) or (kind != "compact" and kind not in REALISED):
        raise ValueError(f"realisation {shown(kind)} is unknown; there is compact, {', '.join(REALISED)}")
    volts, n = np.broadcast_arrays(checked_numbers("v", v), checked_numbers("n_disc", n_disc))
    for value in volts.flat:
        check_range("v", float(value), -HIGHEST_V, HIGHEST_V, "V")
    for value in n.flat:
        check_range("n_disc", float(value), PARAMETERS["Ninit"].low, PARAMETERS["Ninit"].high, "1e26 m^-3")
    if kind == "compact":
        return characteristics.static_current(device, volts, n), characteristics.rate(device, volts, n)
    still = device.replace(walk=None, read_noise=None, realisation=kind, Nlo=0, Nhi=1e6, cth=0)
    pairs = list(_points(still, volts.ravel(), n.ravel(), engine or default_engine()))
    found = np.array(pairs, dtype=float).reshape(-1, 2)
    return found[:, 0].reshape(volts.shape), found[:, 1].reshape(volts.shape)


def _points(device: Device, volts: np.ndarray, n: np.ndarray, engine: Engine) -> Iterator[tuple[float, float]]:
    """Yield (I, dN/dt) of each point: at the operating point the state is held where it starts."""
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
    return ((wave[f"i{k}"][0], wave[f"dndt{k}"][0]) for k in range(count))


def _bench(device: Device, points: tuple[tuple[float, float], ...]) -> Testbench:
    realised = REALISED[device.realisation]
    elements, probes = [], []
    for k, (volts, n) in enumerate(points):
        elements.append(f"v{k} ae{k} 0 dc {volts:.17g}")
        elements += element(device, n, f"x{k}", f"ae{k}", "0")
        vectors = dict(realised.probes(f"x{k}"))
        probes += [(f"i{k}", vectors["i_cell"]), (f"dndt{k}", realised.rate.format(f"x{k}"))]
    return Testbench(
        title=f"static points of {realised.subcircuit}",
        libraries=(realised.library,),
        models=realised.models,
        elements=tuple(elements),
        stop_s=_INSTANT_S,
        max_step_s=_INSTANT_S / 2,
        probes=tuple(probes),
        ambient_K=device.ambient_K,
    )
