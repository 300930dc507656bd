"""One call for the static current and the rate of all realisations: the same numbers, the same errors."""

from __future__ import annotations

import numpy as np
import pytest
from oracle import Jart

import ouro_spice as ouro
from ouro_spice.compact.jart.jart_characteristics import static_current as compact_current

DEVICE = ouro.jart_vcm_v1b()
# (current, rate): largest relative deviation from the reference
WITHIN = {"compiled": (1e-6, 1e-5), "behavioural": (1e-6, 1e-5), "compact": (1e-8, 1e-7)}
SPICE = [pytest.param(name, marks=pytest.mark.ngspice) for name in ("compiled", "behavioural")]
ALL = [*SPICE, "compact"]


@pytest.fixture(scope="module")
def points(reference_columns):
    columns = reference_columns("unit_points.csv")
    return [columns[name] for name in ("V", "N_1e26", "I_A", "dNdt_1e26_per_s")]


@pytest.fixture
def engine_or_none(request):
    """The shared engine where the realisation needs one."""
    needed = request.node.callspec.params["realisation"] != "compact"
    return request.getfixturevalue("engine") if needed else None


@pytest.mark.parametrize("realisation", ALL)
def test_unit_points(points, realisation, engine_or_none):
    v, n, current, speed = points
    i_within, rate_within = WITHIN[realisation]
    found = ouro.static_current(DEVICE, v, n, realisation, engine_or_none)
    assert found == pytest.approx(current, rel=i_within)
    assert ouro.rate(DEVICE, v, n, realisation, engine_or_none) == pytest.approx(speed, rel=rate_within)


@pytest.mark.parametrize("realisation", ALL)
def test_points_between_against_the_oracle(realisation, engine_or_none):
    """Where three static solutions exist (V > 0) it must be the one of the largest current."""
    rng = np.random.default_rng(8)
    v = np.concatenate([rng.uniform(-1.6, -0.05, 30), rng.uniform(0.05, 1.6, 50)])
    n = np.exp(rng.uniform(np.log(0.0085), np.log(19.5), 80))
    model = Jart()
    i_within, rate_within = WITHIN[realisation]
    exact = [model.current(*point) for point in zip(v, n, strict=True)]
    speed = [model.rate(*point) for point in zip(v, n, strict=True)]
    assert ouro.static_current(DEVICE, v, n, realisation, engine_or_none) == pytest.approx(exact, rel=i_within)
    assert ouro.rate(DEVICE, v, n, realisation, engine_or_none) == pytest.approx(speed, rel=rate_within)


@pytest.mark.ngspice
def test_the_three_roots_are_one(engine):
    """V = 0.2, N = 2: 108.8, 67.6 and 44.7 uA solve the published equations; the largest is physical."""
    for realisation in ("compiled", "behavioural", "compact"):
        assert float(ouro.static_current(DEVICE, 0.2, 2.0, realisation, engine)) == pytest.approx(108.8e-6, rel=2e-3)


@pytest.mark.parametrize("realisation", [*ALL, pytest.param("tud", marks=pytest.mark.ngspice)])
def test_shapes_are_broadcast_and_the_device_chooses(realisation, engine_or_none):
    grid = ouro.static_current(DEVICE, [[-0.4], [0.7]], [0.1, 1.0, 5.0], realisation, engine_or_none)
    assert grid.shape == (2, 3)
    one = ouro.static_current(DEVICE, 0.7, 1.0, realisation, engine_or_none)
    assert one.shape == () and float(one) == pytest.approx(grid[1, 1], rel=1e-6)
    assert ouro.rate(DEVICE, [], [], realisation, engine_or_none).shape == (0,)
    if realisation != "compact":
        own = ouro.static_current(DEVICE.replace(realisation=realisation), 0.7, 1.0, engine=engine_or_none)
        assert float(own) == pytest.approx(float(one), rel=1e-12)


@pytest.mark.ngspice
def test_more_points_than_a_netlist_holds(engine):
    v = np.linspace(-1, 1, 97)
    found = ouro.static_current(DEVICE, v, 0.5, "compiled", engine)
    assert found == pytest.approx(compact_current(DEVICE, v, 0.5), rel=1e-6, abs=1e-18)


@pytest.mark.parametrize("realisation", ALL)
def test_r_and_l_that_follow_the_state(realisation, engine_or_none):
    """drdN and dldN: at concentration N the device is one with those r and l."""
    moving = DEVICE.replace(Nref=0.5, drdN=2e-9, dldN=0.03)
    still = DEVICE.replace(r=DEVICE.r + 2e-9 * 0.7, l=DEVICE.l + 0.03 * 0.7)
    for call in (ouro.static_current, ouro.rate):
        for v in (-0.5, 0.8):
            a, b = (float(call(device, v, 1.2, realisation, engine_or_none)) for device in (moving, still))
            assert a == pytest.approx(b, rel=1e-6)


@pytest.mark.parametrize("realisation", ["compiled", "behavioural", "compact", "tud"])
@pytest.mark.parametrize(
    ("v", "n", "words"),
    [
        (float("nan"), 1.0, "v = nan is outside its legal range [-20, 20] V"),
        (float("inf"), 1.0, "v = inf is outside its legal range"),
        (25.0, 1.0, "v = 25 is outside its legal range"),
        (0.2, float("nan"), "n_disc = nan is outside its legal range [0.0001, 1000] 1e26 m^-3"),
        (0.2, 0.0, "n_disc = 0 is outside its legal range"),
        (0.2, -1.0, "n_disc = -1 is outside its legal range"),
    ],
)
def test_bad_input_is_the_same_error_for_all(realisation, v, n, words):
    for call in (ouro.static_current, ouro.rate):
        with pytest.raises(ValueError, match=r"^") as caught:
            call(DEVICE, v, n, realisation)
        assert words in str(caught.value)


def test_unknown_realisations_are_named():
    with pytest.raises(ValueError, match="realisation 'spectre' is unknown; there is compact, "):
        ouro.static_current(DEVICE, 0.2, 1.0, "spectre")
