"""Ends of legal ranges are legal and what lies just beyond is refused; laws have the published numbers."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

import ouro_spice as ouro
from ouro_spice._util import files, philox, random_keys
from ouro_spice._util.files import OutputError
from ouro_spice.circuit.pulse import LONGEST_S, SHORTEST_S
from ouro_spice.dataset.recipe import LIMIT, MOST, Recipe
from ouro_spice.device.jart import walk_values
from ouro_spice.device.jart.read_noise import Telegraph
from ouro_spice.device.jart.spread import SPREADS
from ouro_spice.simulation.jart import telegraph_noise
from ouro_spice.simulation.jart.telegraph_noise import frequency_Hz

PAIR = ouro.Pair(-0.5, 0.9, 60e-6)
DEVICE = ouro.jart_vcm_v1b(window=True)


def legal(make, low, high):
    """Both ends are taken, the next numbers beyond them are not; a range from 0 on has no negative numbers."""
    make(low)
    make(high)
    for beyond in (math.nextafter(low, -math.inf), math.nextafter(high, math.inf)):
        with pytest.raises(ValueError, match=r"is outside its legal range|must"):
            make(beyond)


@pytest.mark.parametrize("name", ["kick", "progress", "kick_min", "kick_max", "band", "band_min"])
def test_numbers_of_a_walk(name):
    legal(lambda value: ouro.Walk(**{name: value}), 0.0, 0.95)


def test_ranges_of_the_other_laws():
    legal(lambda value: ouro.Walk(step_s=value), 2e-9, 1.0)
    for name in ("mean_Hz", "sigma_Hz"):
        legal(lambda value, name=name: ouro.ReadNoise(**{name: value}), 0.0, 1e6)
    for name in ("kick", "kick_min"):
        legal(lambda value, name=name: ouro.HalfCycleWalk(**{name: value}), 0.0, 0.99)
    legal(lambda value: ouro.HalfCycleWalk(high=(1.0, 1.0, 1.0, value)), np.nextafter(18.0, 19.0), 1e6)
    legal(
        lambda value: ouro.HalfCycleWalk(low=(value, 0.3, 0.004, 18.0), high=(1.0,) * 3 + (20.0,)), 5e-324, 1 - 2**-53
    )
    for low in ((50e-9, 0.36, 0.004, 18.0), (40.5e-9, 0.36, 0.016, 18.0), (0.0, 0.36, 0.004, 18.0)):
        with pytest.raises(ValueError, match="must be positive and below high"):
            ouro.HalfCycleWalk(low=low)
    legal(lambda value: ouro.Spread(sigma=(value,) * 4), 0.0, 100.0)
    legal(lambda value: ouro.Spread(low=(value,) * 4), 0.0, 1.0)
    legal(lambda value: ouro.Spread(high=(value,) * 4), 1.0, 100.0)
    legal(lambda value: ouro.spread_windows([DEVICE], np.random.default_rng(0), value), 0.0, 0.4)
    with pytest.raises(ValueError, match="model 'none' is unknown"):
        ouro.spread_windows([DEVICE], np.random.default_rng(0), model="none")
    ouro.spread_windows([DEVICE], np.random.default_rng(0), model="reduced")


def test_the_ranges_of_the_guide():
    law = ouro.HalfCycleWalk()
    assert law.low == pytest.approx((40.5e-9, 0.36, 0.004, 18.0), rel=1e-15)
    assert law.high == pytest.approx((49.5e-9, 0.44, 0.016, 22.0), rel=1e-15)
    assert (law.kick, law.kick_min) == (0.1, 0.9)
    walk = ouro.Walk()
    assert dataclasses.astuple(walk) == (10e-9, 0.01, 0.1, 0.9, 0.1, 0.1, 0.9)
    assert walk.settings.tolist() == [10e-9, 0.01, 0.01, 0.1, 0.9, 0.1, 0.1, 0.9]
    assert ouro.ReadNoise() == ouro.ReadNoise(50.0, 50.0)
    assert ouro.Spread() == ouro.Spread((0.1,) * 4, (0.9, 0.9, 0.5, 0.9), (1.1, 1.1, 2.0, 1.1), False)


@pytest.mark.parametrize(
    "name", ["r", "l", "Ndiscmin", "Ndiscmax", "r_before", "Ndiscmax_before", "n_begin", "clock_s"]
)
def test_where_a_walk_stands_is_no_negative_number(name):
    one = ouro.WalkState.at(44e-9, 0.4, 0.008, 20.0, 1.0)
    legal(lambda value: dataclasses.replace(one, **{name: value}), 0.0, 1e12)
    for value in (-1.0, -1, math.nan, math.inf, "1"):
        with pytest.raises(ValueError, match=name):
            dataclasses.replace(one, **{name: value})
    for polarity in (-2, 0.5, 2):
        with pytest.raises(ValueError, match="polarity"):
            dataclasses.replace(one, polarity=polarity)


def test_a_clock_is_within_its_step():
    device = DEVICE.replace(walk=ouro.Walk(10e-9))
    one = dataclasses.replace(ouro.WalkState.at(44e-9, 0.4, 0.008, 20.0, 1.0), clock_s=10e-9)
    assert walk_values.initial_state(device, 0.5, one) is one
    with pytest.raises(ValueError, match="clock_s"):
        walk_values.initial_state(device, 0.5, dataclasses.replace(one, clock_s=10.001e-9))
    new = dataclasses.replace(one, clock_s=0.0)
    assert walk_values.initial_state(device, 0.5, new) == dataclasses.replace(new, n_begin=0.5)
    assert walk_values.initial_state(device, 0.5, new, inside_pulse=True) is new


def test_walks_may_take_so_many_steps():
    walk = ouro.Walk(2**-20)
    walk.check_time(2**-10, 1024)
    with pytest.raises(ValueError, match=r"takes 1e\+03 steps in a pulse of 0\.000976562 s, more than 1023"):
        walk.check_time(2**-10, 1023)


def test_read_noise_has_numbers_of_its_own():
    """The frequency is made (Box and Muller) of none of the numbers that walk, warm-up and chain take."""
    device = DEVICE.replace(read_noise=ouro.ReadNoise(50.0, 20.0))
    for seed in range(5):
        found = frequency_Hz(device, random_keys.stream_key(seed))
        for stream in (philox.WALK, philox.WARM_UP, philox.READ_NOISE):
            u = philox.walk_uniforms(random_keys.stream_key(seed), 0, 1, stream)[0]
            other = abs(50 + 20 * math.sqrt(-2 * math.log(1 - u[0])) * math.cos(2 * math.pi * u[1]))
            assert abs(found - other) > 1e-9


def test_time_passes_for_memristors_that_have_been_read_and_for_no_others():
    device = DEVICE.replace(read_noise=ouro.ReadNoise(1e3, 0.0))
    array = ouro.Crossbar(1, 3, ouro.Cell1R(device))
    before = array.state().changed(1, telegraph=Telegraph(level=1, count=4))
    after = telegraph_noise.with_read_noise(array.cell_at(0, 0), before, before, 0.02, seed=3)
    for k, begun in ((0, Telegraph()), (1, Telegraph(level=1, count=4))):
        assert after.telegraph[k] == telegraph_noise.advance(device, begun, 0.02, random_keys.stream_key(3, k))
    assert after.telegraph[2:] in ((), (None,))
    assert telegraph_noise.with_read_noise(array.cell_at(0, 0), None, before, 0.02, seed=3) is None


# ---- recipes


def recipe(**changes):
    return Recipe(**{"n": 2, "seed": 0, "pair": PAIR} | changes)


def test_ranges_of_a_recipe():
    assert MOST == 100_000_000 and LIMIT == 4
    assert recipe(n=MOST).n == MOST
    with pytest.raises(ValueError, match="n = 100000001 is outside"):
        recipe(n=MOST + 1)
    legal(lambda value: recipe(step_s=value), PAIR.total_s / 1e7, PAIR.total_s / 10)
    legal(lambda value: recipe(step_s=value, pair=None), SHORTEST_S, LONGEST_S)
    for name in ("rise_s", "fall_s"):
        assert getattr(recipe(**{name: 1e-12}), name) == (1e-12, 1e-12)
        for value in (0.0, SHORTEST_S / 2, (1e-9, 2 * LONGEST_S)):
            with pytest.raises(ValueError, match=name):
                recipe(**{name: value})
        assert getattr(recipe(**{name: (1e-9, 1e-9)}), name) == (1e-9, 1e-9)
        with pytest.raises(ValueError, match="shortest edge"):
            recipe(**{name: (1.1e-9, 1e-9)})


def test_a_recipe_without_settings_is_the_documented_one():
    one = recipe()
    found = {field.name: getattr(one, field.name) for field in dataclasses.fields(one)[3:]}
    assert found == {
        "voltages": "given", "step_s": 10e-9, "rise_s": (2e-9, 2e-9), "fall_s": (2e-9, 2e-9), "d2d": None,
        "per_device": 1, "start": "stationary", "sampling": "uniform", "table": {}, "shard": 50, "sweep": None,
    }  # fmt: skip
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.n = 3
    assert one.longest_s == 4 * PAIR.total_s
    assert {name: (law.sigma, law.low, law.high, law.clamp) for name, law in SPREADS.items()} == {
        "ten_percent": ((0.1,) * 4, (0.9, 0.9, 0.5, 0.9), (1.1, 1.1, 2.0, 1.1), False),
        "in_use": ((5 / 45, 0.1, 0.25, 0.05), (0.9, 0.9, 0.5, 0.9), (1.1, 1.1, 2.0, 1.1), False),
        "yu": ((1.0,) * 4, (0.9, 0.9, 0.5, 0.9), (1.1, 1.1, 2.0, 1.1), True),
    }


def test_records_of_a_seed_are_drawn_from_streams_that_never_change():
    """By numpy alone: a record's own stream, the stream of its device, and that of the strata."""

    def stream(*key):
        return np.random.default_rng(np.random.SeedSequence(7, spawn_key=key))

    cell, law = ouro.CompactCell(DEVICE), ouro.Spread()
    low, high = cell.window_S
    for number in (0, 1, 2, 5):
        rng = stream(number)
        shares, edges, own = rng.random(2), rng.random(2), rng.random()
        seed = int(rng.integers(2**63))
        splits = {"train": own < 0.8, "validation": 0.8 <= own < 0.9, "test": own >= 0.9}
        found = recipe(seed=7, n=9, rise_s=(1e-9, 4e-9), fall_s=(1e-9, 9e-9)).draw(cell, number)
        assert (found.number, found.device_number, found.seed) == (number, 0, seed) and splits[found.split]
        assert (found.rise_s, found.fall_s) == pytest.approx((1e-9 * 4 ** edges[0], 1e-9 * 9 ** edges[1]), rel=1e-12)
        assert found.target_S == pytest.approx(low + shares[1] * (high - low), rel=1e-12)
        assert found.start_S == pytest.approx(low + shares[0] * (high - low), rel=1e-6)
        shared = recipe(seed=7, n=9, d2d=law, per_device=2).draw(cell, number)
        rng = stream(number // 2, 1)
        own = rng.random()
        splits = {"train": own < 0.8, "validation": 0.8 <= own < 0.9, "test": own >= 0.9}
        assert shared.device_number == number // 2 and splits[shared.split] and shared.seed == seed
        assert shared.device == DEVICE.draw(rng, 1, law)[0]
        part = divmod(int(stream(0, 0, 0).permutation(9)[number]), 3)
        found = recipe(seed=7, n=11, sampling="stratified").draw(cell, number)
        assert found.target_S == pytest.approx(low + (part[1] + shares[1]) / 3 * (high - low), rel=1e-12)


def test_stratified_records_fill_the_window_and_nothing_beside_it():
    cell = ouro.CompactCell(DEVICE)
    drawn = [recipe(n=27, sampling="stratified").draw(cell, k) for k in range(27)]
    low, high = cell.window_S
    shares = np.array([[(g - low) / (high - low) for g in (one.start_S, one.target_S)] for one in drawn])
    assert np.all((shares >= 0) & (shares <= 1))
    places = {(int(a), int(b)) for a, b in 5 * shares[:25]}
    assert places == {(a, b) for a in range(5) for b in range(5)}


def listed(**columns):
    good = {"g_start_S": [1e-4, 2e-4], "g_target_S": [2e-4, 1e-4]}
    return recipe(sampling="listed", table=good | columns)


def test_tables_name_the_row_that_is_wrong_and_what_stands_there():
    for name in ("g_start_S", "g_target_S", "rise_s", "fall_s"):
        for bad, said in ((-3.0, "-3"), (0.0, "0"), (math.inf, "inf")):
            with pytest.raises(ValueError, match=f"column {name}, row 1: {said} must be a positive number"):
                listed(**{name: [1e-9 if name in ("rise_s", "fall_s") else 1e-4, bad]})
        for wrong in (["a", "b"], [[1.0, 2.0]]):
            with pytest.raises(ValueError, match=f"column {name}"):
                listed(**{name: wrong})
    for name in ("rise_s", "fall_s"):
        for wrong in ([1e-9, SHORTEST_S / 2], [2 * LONGEST_S, 1e-9]):
            with pytest.raises(ValueError, match=f"column {name} = .* is outside"):
                listed(**{name: wrong})
    for wrong in ([1e-4, 300.0], [300.0, 1e-4]):
        with pytest.raises(ValueError, match="column g_target_S"):
            listed(g_target_S=wrong)
    assert listed(g_start_S=[1e-4, 2e-4, -1.0]).table["g_start_S"].tolist() == [1e-4, 2e-4]  # n rows count


# ---- what the system says is said as it is


def test_words_of_the_system_stand_alone(tmp_path):
    (tmp_path / "file").touch()
    below = tmp_path / "file" / "below"
    for work in (files.make_folder, files.check_file, lambda path: files.write_text(path, "x")):
        with pytest.raises(OutputError) as caught:
            work(below)
        assert str(caught.value).startswith("cannot write ")
        assert str(caught.value).split(": ")[-1] in ("File exists", "Not a directory")
        assert "Errno" not in str(caught.value)
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(ValueError, match=f"^cannot read {tmp_path}/loop: Too many levels of symbolic links$"):
        files.read_bytes(tmp_path / "loop")
