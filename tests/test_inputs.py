"""The libraries' own parts: the inputs for the walk, a limit that walks past the state, the heat capacity."""

from __future__ import annotations

import numpy as np
import pytest
from benches import bench, crossing

import ouro_spice as ouro
from ouro_spice.circuit.jart.walk_inputs import inputs, walk_sources
from ouro_spice.circuit.pulse import PWL
from ouro_spice.compact.jart import jart_characteristics as characteristics
from ouro_spice.device.jart.jart_netlist import REALISED

pytestmark = pytest.mark.ngspice
FULL = ouro.jart_vcm_v1b()
KINDS = ("compiled", "behavioural")


def run(engine, device, n, source, stop_s, walk=None, steps=400):
    """The bare device at a source, with its inputs driven."""
    realised = REALISED[device.realisation]
    lines = [
        f"vin ae 0 {source}",
        "voe oe 0 dc 0",
        *device.element((n,), "x0", "ae", "oe", inputs("x0", walk)),
        *walk_sources("x0", walk),
    ]
    more = {"libraries": (realised.library,), "models": realised.models}
    return engine.run(bench(lines, stop_s, steps, realised.probes("x0"), **more))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("volts", [-0.4, 0.6])
def test_a_walk_and_the_state_move_r_and_l_together(engine, kind, volts):
    """The walk multiplies the parameter; what the state adds is not multiplied."""
    device = FULL.replace(realisation=kind, Nref=0.5, drdN=4e-9, dldN=0.05)
    walk = {"r": PWL.constant(0.08), "l": PWL.constant(-0.06)}
    wave = run(engine, device, 1.5, f"dc {volts}", 1e-15, walk, 2)
    there = characteristics.static_current(
        FULL, volts, 1.5, r=45e-9 * np.exp(0.08) + 4e-9, l=0.4 * np.exp(-0.06) + 0.05
    )
    assert wave["i_cell"][0] == pytest.approx(float(there), rel=1e-5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("n", "limit", "kick", "end"), [(19.5, "Ndiscmax", -0.1, 20), (0.009, "Ndiscmin", 0.4, 0.008)])
def test_a_limit_that_walks_past_the_state_takes_it_along(engine, kind, n, limit, kick, end):
    """At rest: nothing else moves N. Inside its limits it stands still."""
    walk = {name: PWL.constant(0.0) for name in ("r", "l", "Ndiscmin", "Ndiscmax")}
    walk[limit] = PWL((0.0, 10e-9, 12e-9, 30e-9), (0.0, 0.0, kick, kick))
    wave = run(engine, FULL.replace(realisation=kind), n, "dc 0", 30e-9, walk)
    before = np.interp(9e-9, wave.time_s, wave["n_disc"])
    assert before == pytest.approx(n, rel=1e-5)
    assert wave["n_disc"][-1] == pytest.approx(end * np.exp(kick), rel=2e-3)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("volts", "share"), [(-0.03, 1.0), (0.03, FULL.Rtheff_scaling)])
def test_a_heat_capacity_has_the_time_constant_of_its_polarity(engine, kind, volts, share):
    """cth Rth, Rth being Rtheff_scaling times smaller at V > 0; a few kelvin leave the power as it is."""
    device = FULL.replace(realisation=kind, cth=1e-17)
    wave = run(engine, device, 2.0, f"pwl(0 0 .1p {volts} 1n {volts})", 1e-9)
    rise, tau = wave["temperature"] - device.T0, device.cth * device.Rth0 * share
    assert rise[-1] > 0.2
    level = rise[-1] * (1 - np.exp(-1))
    assert crossing(wave.time_s, np.maximum(rise, 1e-9), level) == pytest.approx(tau, rel=0.02, abs=0)
