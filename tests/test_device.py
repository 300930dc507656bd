"""Device: legal values only, errors that name what is wrong, presets."""

from __future__ import annotations

import dataclasses
import math
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ouro_spice as ouro
from ouro_spice.device.constants import V_READ
from ouro_spice.device.jart.jart_device import Device
from ouro_spice.device.jart.jart_parameters import PARAMETERS, WINDOW_N
from ouro_spice.device.jart.jart_preset import jart_vcm_v1b


def test_the_nominal_device_is_the_published_one():
    device = jart_vcm_v1b()
    assert (device.Ninit, device.Ndiscmin, device.Ndiscmax) == (0.008, 0.008, 20)
    assert (device.r, device.l, device.lcell, device.Rth0) == (45e-9, 0.4, 3, 15.72e6)
    assert device.flim == 1
    assert device.cth == 0
    assert device.bounds == (0.008, 20)
    assert V_READ == 0.2


def test_window_preset_keeps_the_physical_limits():
    device = jart_vcm_v1b(window=True)
    assert (device.Nlo, device.Nhi) == WINDOW_N == (0.06, 1.98975)
    assert (device.Ndiscmin, device.Ndiscmax) == (0.008, 20)  # these alone enter the rate limiter
    assert device.bounds == WINDOW_N
    assert WINDOW_N[0] <= device.Ninit <= WINDOW_N[1]


def test_a_given_value_wins_over_the_preset():
    assert jart_vcm_v1b(window=True, Nhi=1.5, Ninit=1).bounds == (0.06, 1.5)


@given(st.sampled_from(sorted(PARAMETERS)), st.data())
def test_values_outside_their_range_are_refused_by_name(name, data):
    parameter = PARAMETERS[name]
    outside = st.one_of(
        st.floats(max_value=parameter.low, exclude_max=True), st.floats(min_value=parameter.high, exclude_min=True),
        st.just(math.nan))  # fmt: skip
    value = data.draw(outside)
    with pytest.raises(ValueError, match=f"^{name} = ") as caught:
        jart_vcm_v1b(**{name: value})
    assert f"{value:g}" in str(caught.value)
    assert f"[{parameter.low:g}, {parameter.high:g}]" in str(caught.value)
    assert parameter.unit in str(caught.value)


@given(st.sampled_from(["T0", "eps", "un", "a", "nu0", "dWa", "Rth0", "r", "RTiOx", "Rtheff_scaling"]), st.data())
def test_values_inside_their_range_are_kept(name, data):
    value = data.draw(st.floats(PARAMETERS[name].low, PARAMETERS[name].high))
    flat = {"phibn0": 0.1}  # phin: no current breaks off, whatever the others are
    assert getattr(jart_vcm_v1b(**flat, **{name: value}), name) == value


@pytest.mark.parametrize("value", ["1", None, [1.0], 1j])
def test_values_that_are_no_numbers_are_refused_by_name(value):
    with pytest.raises(ValueError, match="T0"):
        jart_vcm_v1b(T0=value)


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"Ndiscmin": 5, "Ndiscmax": 1}, ("Ndiscmin", "Ndiscmax")),
        ({"Nlo": 2, "Nhi": 1}, ("Nlo", "Nhi")),
        ({"l": 3.0}, ("l", "lcell")),
        ({"flim": 0.5}, ("flim",)),
        ({"realisation": "nosuch"}, ("nosuch", "compiled")),
    ],
)
def test_values_that_contradict_each_other(changes, names):
    with pytest.raises(ValueError) as caught:
        jart_vcm_v1b(**changes)
    assert all(name in str(caught.value) for name in names)


def test_unknown_parameters_get_the_nearest_name():
    for make in (jart_vcm_v1b, jart_vcm_v1b().replace):
        with pytest.raises(ValueError, match="did you mean Rth0"):
            make(Rth=1e7)
        with pytest.raises(ValueError, match="known are"):
            make(zzzzqq=1)


def test_replace_changes_one_value_and_checks_it():
    device = jart_vcm_v1b(window=True)
    other = device.replace(r=40e-9)
    assert (other.r, device.r) == (40e-9, 45e-9)
    assert other.Nhi == device.Nhi
    with pytest.raises(ValueError, match=r"^r = "):
        device.replace(r=1.0)


def test_devices_are_values():
    device = jart_vcm_v1b(r=50e-9)
    assert device == jart_vcm_v1b(r=50e-9)
    assert hash(device) == hash(jart_vcm_v1b(r=50e-9))
    assert device != jart_vcm_v1b()
    assert pickle.loads(pickle.dumps(device)) == device
    with pytest.raises(dataclasses.FrozenInstanceError):
        device.r = 1e-9


def test_parameters_are_listed_in_the_order_of_the_model():
    device = ouro.jart_vcm_v1b(l=0.3)
    assert list(device.parameters) == list(PARAMETERS)
    assert device.parameters["l"] == 0.3
    assert isinstance(device, Device)
