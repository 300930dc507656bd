"""Every parameter of the device by its effect, in all realisations, and the technologies that are refused."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from oracle import Jart
from technologies import SHARES, WITHIN, case, sensible, solved, wrong

import ouro_spice as ouro

CASES = st.fixed_dictionaries({name: st.floats(0, 1) for name in SHARES}).map(case)


@pytest.mark.ngspice
# always the same: benchmarks/technology.py searches further; shrinking takes minutes in SPICE
@settings(max_examples=4, derandomize=True, phases=[Phase.explicit, Phase.generate])
@given(cases=st.lists(CASES, min_size=8, max_size=8))
def test_all_parameters_in_all_realisations(engine, cases):
    """Against a search for roots that scans beyond the barrier's kink."""
    for realisation in WITHIN:
        for one, found in zip(cases, solved(realisation, cases, engine), strict=True):
            assert not (sensible(one) and wrong(realisation, one, found))


def breaks_off(parameters, n: float, count: int = 30) -> bool:
    """Whether the physical current ends: the oracle's largest one has its barrier outrun, or its kink behind it."""
    jart = Jart(**{f.name: parameters[f.name] for f in dataclasses.fields(Jart)})
    return any(jart.outrun(v, n, max(jart.roots(v, n))) for v in np.geomspace(0.02, 20, count))


@pytest.mark.parametrize(
    ("fixed", "name", "low", "high"),
    [
        ({}, "phin", 0.1, 0.17),
        ({}, "phibn0", 0.19, 0.11),
        ({}, "T0", 293.0, 100.0),
        ({"Rth0": 1e6, "l": 0.3}, "Rtheff_scaling", 1.0, 0.1),
        ({"phibn0": 0.9, "epsphib": 9.0, "Ndiscmin": 0.01, "Ndiscmax": 1.0}, "phin", 0.1, 0.3),
    ],
)
def test_a_technology_is_legal_until_its_current_breaks_off(fixed, name, low, high):
    """Just inside the limit the current goes on at all concentrations and voltages, just outside it does not."""

    def refused(value: float) -> str:
        try:
            ouro.Device(**fixed | {name: value})
        except ValueError as error:
            return str(error)
        return ""

    inside, outside = low, high
    while abs(outside - inside) > 1e-3 * abs(high - low):
        middle = 0.5 * (inside + outside)
        inside, outside = (inside, middle) if refused(middle) else (middle, outside)

    def worst(value: float) -> float:
        return float(re.findall(r"N = (\S+)e26 m\^-3 the published Schottky barrier", refused(value))[0])

    values = ouro.Device(**fixed | {name: low}).parameters
    reachable = np.clip(worst(outside) * np.array([0.2, 1, 5]), values["Ndiscmin"], values["Ndiscmax"])
    assert not any(breaks_off(values | {name: inside}, n) for n in reachable)
    beyond = outside + 0.05 * (outside - low)
    assert breaks_off(values | {name: beyond}, worst(beyond), 300)
