"""Devices with all parameters anywhere in their ranges, and the verdict of the oracle on their current and rate."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence

import numpy as np
from oracle import Jart

import ouro_spice as ouro
from ouro_spice.circuit import testbench
from ouro_spice.compact.jart import jart_characteristics as characteristics
from ouro_spice.device.jart.jart_netlist import REALISED
from ouro_spice.device.jart.jart_parameters import PARAMETERS

# relative error of current, and of the rate at that current; SPICE ends at reltol = 1e-4, and where a current is all
# but nothing at an absolute error [A]. The rate has the temperature in an exponent, in the behavioural form a node
WITHIN = {"compact": (1e-7, 1e-7, 0.0), "compiled": (1e-4, 1e-5, 2e-12), "behavioural": (2e-4, 2e-2, 2e-12)}
HOT_K, FIELD = 2e4, 0.98  # beyond them the realisations part from the published equations, which make no sense there
WIDE = 20  # ends of a range further apart than this: evenly spread in the logarithm
SHARES = (*PARAMETERS, "v", "n")

Case = tuple[ouro.Device, float, float]


def technology(share: Mapping[str, float]) -> dict[str, float]:
    """All parameters, each at a share 0 .. 1 of its range, or of what another leaves of it."""

    def at(name: str, high: float = math.inf) -> float:
        low, high = PARAMETERS[name].low, min(PARAMETERS[name].high, high)
        where = low * (high / low) ** share[name] if low > 0 and high / low > WIDE else low + (high - low) * share[name]
        return float(np.clip(where, low, high))

    p = {name: at(name) for name in PARAMETERS} | {"flim": round(share["flim"])}
    p["phibn0"] = 0.1 + 1.4 * share["phibn0"] ** 3  # most where phin is near it
    p["Ndiscmin"] = at("Ndiscmin", 0.8 * p["Ndiscmax"])
    p["l"] = at("l", 0.99 * p["lcell"])
    # a window that holds a part of the range, or all of it; r and l that move by up to their own size
    inside = p["Ndiscmax"] / p["Ndiscmin"]
    p["Nlo"] = 0.0 if share["Nlo"] < 0.3 else p["Ndiscmin"] * inside ** (0.4 * share["Nlo"])
    p["Nhi"] = 1e6 if share["Nhi"] > 0.7 else p["Ndiscmax"] / inside ** (0.4 * share["Nhi"])
    p["Nref"] = p["Ndiscmax"] * share["Nref"]
    p["drdN"] = (2 * share["drdN"] - 1) * p["r"] / p["Ndiscmax"]
    p["dldN"] = (2 * share["dldN"] - 1) * p["l"] / p["Ndiscmax"]
    return p


def legal(p: Mapping[str, float]) -> ouro.Device:
    """A device with these parameters; where its current would break off, with a phibn0 as low as phin."""
    try:
        return ouro.Device(**p)
    except ValueError as error:
        assert str(error).startswith("phin = "), error
        return ouro.Device(**p | {"phibn0": p["phin"]})


def case(share: Mapping[str, float]) -> Case:
    """Device, voltage and concentration; a hard stop begins close to its place: N keeps off both ends."""
    device = legal(technology(share))
    way = 0.01 + 0.98 * share["n"]
    volts = 3 * share["v"] - 1.5
    return device, volts if abs(volts) > 1e-3 else 1e-3, device.Ndiscmin * (device.Ndiscmax / device.Ndiscmin) ** way


def oracle(device: ouro.Device, n: float) -> Jart:
    """The oracle of a device whose r and l have followed the state."""
    own = {f.name: getattr(device, f.name) for f in dataclasses.fields(Jart)}
    r = min(max(device.r + device.drdN * (n - device.Nref), device.r / 2), 2 * device.r)
    length = min(max(device.l + device.dldN * (n - device.Nref), device.l / 2), 2 * device.l, device.lcell)
    return Jart(**own | {"r": r, "l": length})


def solved(realisation: str, cases: Sequence[Case], engine) -> list[tuple[float, float]]:
    """(current, rate) of each case, NaN where ngspice finds no operating point; compiled: all in one netlist."""
    if realisation == "behavioural" and len(cases) > 1:  # many of these in one netlist take longer than one by one
        return [one for case in cases for one in solved(realisation, [case], engine)]
    if realisation == "compact":
        return [(float(characteristics.static_current(*case)), float(characteristics.rate(*case))) for case in cases]
    realised = REALISED[realisation]
    elements, probes = [], []
    for k, (device, v, n) in enumerate(cases):
        # neither the edges of a window nor a heat capacity are asked here
        free = device.replace(Nlo=0, Nhi=1e6, cth=0, realisation=realisation)
        elements += [f"v{k} ae{k} 0 dc {v:.17g}", *free.element((n,), f"x{k}", f"ae{k}", "0")]
        probes += [(f"i{k}", dict(realised.probes(f"x{k}"))["i_cell"]), (f"rate{k}", realised.rate.format(f"x{k}"))]
    parts = (realised.library,), realised.models, tuple(elements)
    wave = engine.run(testbench.Testbench("technologies", *parts, 1e-15, 5e-16, tuple(probes)), throw=False)
    if wave.result is not ouro.Result.OK:  # many independent devices in one netlist can be too much
        alone = [(math.nan, math.nan)]
        return alone if len(cases) == 1 else [one for case in cases for one in solved(realisation, [case], engine)]
    return [(wave[f"i{k}"][0], wave[f"rate{k}"][0]) for k in range(len(cases))]


def sensible(case: Case) -> bool:
    """Whether the published equations make sense: heat, and a field that leaves the ions a barrier."""
    device, v, n = case
    jart = oracle(device, n)
    return all(jart.temperature(v, i) < HOT_K and abs(jart.gamma(v, n, i)) < FIELD for i in jart.currents(v, n))


def wrong(realisation: str, case: Case, found: tuple[float, float]) -> str:
    """What is wrong with a current and a rate; empty where both are right."""
    device, v, n = case
    jart, (i, rate), (near, near_rate, floor) = oracle(device, n), found, WITHIN[realisation]
    exact = jart.currents(v, n)
    where = f"V = {v:.6g}, N = {n:.6g}, {device}"
    if math.isnan(i) and realisation == "behavioural" and v < 0 and device.phin > device.phibn0:
        return ""  # not in silence: where the barrier begins to fall, with an infinite slope, ngspice may find nothing
    known = [x for x in exact if math.isclose(i, x, rel_tol=near, abs_tol=floor)]
    if not known:
        return f"{realisation}: I = {i:.8g} A, published {exact}; {where}"
    # that of its own current, whose heat and field stand in an exponent, unless there is none to speak of
    wanted = jart.rate(v, n, i if abs(i) > 100 * floor else known[0])
    if not math.isclose(rate, wanted, rel_tol=near_rate + 100 * floor / abs(i), abs_tol=1e-11):
        return f"{realisation}: dN/dt = {rate:.8g}, published {wanted:.8g}; {where}"
    return ""
