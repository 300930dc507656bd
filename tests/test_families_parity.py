"""The survey's families: one text in Verilog-A, libraries and Python; values that are refused, by name and range."""

from __future__ import annotations

import re

import numpy as np
import pytest
from family_benches import MAKE
from test_parity import assignments, declared, logical_lines, number, source

from ouro_spice._util import assets
from ouro_spice.compact.threshold import survey_families
from ouro_spice.device.threshold.drift import LinearDrift, linear_drift
from ouro_spice.device.threshold.parameter_sets import PARAMETER_SETS, parameter_set
from ouro_spice.device.threshold.team_device import Team, team
from ouro_spice.device.threshold.vteam_device import Vteam, vteam
from ouro_spice.device.threshold.windows import LOGIT, WINDOWS
from ouro_spice.device.threshold.zhang_device import Zhang, zhang

TABLES = {kind.FAMILY: kind.table() for kind in (LinearDrift, Vteam, Team, Zhang)}
each = pytest.mark.parametrize("name", TABLES)


def header(library, name):
    (line,) = (line for line in logical_lines(library) if line.startswith(f".subckt {name} "))
    return line


@each
def test_verilog_a_and_python_are_equal(name):
    rows = declared(name)
    assert list(rows) == list(TABLES[name])
    assert len(rows) == len(re.findall(r"\bparameter\b", source(name).replace("localparam", "")))
    for key, ours in TABLES[name].items():
        theirs = rows[key]
        assert (ours.default, ours.low, ours.high) == (theirs["default"], theirs["low"], theirs["high"]), key
        assert ours.unit == theirs["units"], key
        assert ours.text.lower() == str(theirs["desc"]).lower(), key
        assert ours.per_instance == (theirs.get("type") == "instance"), key
        assert ours.low <= ours.default <= ours.high, key
    assert name in survey_families.FAMILIES


@each
@pytest.mark.parametrize("kind", ["", "_compiled"])
def test_libraries_have_the_same_names_defaults_and_ports(name, kind):
    line = header(name + kind, name)
    values = assignments(line)
    assert sorted(values) == sorted(TABLES[name])
    for key, text in values.items():
        assert number(text) == pytest.approx(TABLES[name][key].default, rel=1e-15, abs=0), key
    assert [word for word in line.split()[2:] if "=" not in word] == ["plus", "minus"]
    assert re.search(rf"module\s+{name}\s*\(\s*plus\s*,\s*minus\s*\)", source(name))


@each
def test_the_compiled_library_passes_every_parameter_on_and_to_the_right_place(name):
    lines = logical_lines(f"{name}_compiled")
    (instance,) = (assignments(line) for line in lines if line.startswith("n1 "))
    (model,) = (assignments(line) for line in lines if line.startswith(".model"))
    for key, parameter in TABLES[name].items():
        there, not_there = (instance, model) if parameter.per_instance else (model, instance)
        assert there.get(key) == f"{{{key}}}" and key not in not_there


@each
def test_no_hidden_memory_and_no_random_numbers_in_the_verilog_a(name):
    text = source(name)
    assert "initial_step" not in text and "$random" not in text and "idt(" not in text and "$abstime" in text
    # each variable of the analog block is assigned before it is used: nothing is kept from step to step
    assert not re.search(r"\blast_|\bprevious", text)


@each
def test_the_library_puts_brackets_around_what_is_more_than_a_product(name):
    """ngspice puts a {} into a B source as it stands: a sum in it would come apart."""
    for line in logical_lines(name):
        if line.startswith("b"):
            for inner in re.findall(r"\{([^}]*)\}", line):
                assert re.fullmatch(r"\w+", inner), line


def test_polarities_and_read_voltages():
    assert {name: make().POLARITY for name, make in MAKE.items()} == {
        "linear_drift": 1, "vteam": -1, "team": -1, "zhang": 1,
    }  # fmt: skip
    assert [make().read_V for make in MAKE.values()] == pytest.approx([0.2, 0.01, 2.5e-5, 0.2])
    for make in MAKE.values():
        device = make()
        state = float(survey_families.states_at(device, 0.4))
        # a voltage of the family's sign raises the conductance, the other lowers it
        volts = 1.5 * device.POLARITY * max(device.threshold_V * 40, 1.0)
        rise = -1 if not device.state.rises else 1
        assert rise * survey_families.rates(device, volts, state) > 0
        assert rise * survey_families.rates(device, -volts, state) < 0
        for sign in (-1, 1):
            moved = survey_families.rates(device, sign * device.read_V, state)
            assert (moved == 0) == (device.FAMILY != "linear_drift")


@pytest.mark.parametrize("one", PARAMETER_SETS, ids=lambda one: one.name)
def test_published_sets_are_legal_and_say_where_they_come_from(one):
    assert parameter_set(one.name) is one
    assert len(one.source) > 20 and len(one.caveat) > 10
    assert sum(other.device.FAMILY == one.device.FAMILY for other in PARAMETER_SETS) == 2
    assert one.device.replace(realisation="behavioural").parameters == one.device.parameters


@each
def test_conductance_and_its_inverse(name):
    rng = np.random.default_rng(3)
    for device in (one.device for one in PARAMETER_SETS if name == one.device.FAMILY):
        low, high = device.window_S
        g = rng.uniform(low, high, 20)
        found = survey_families.state_conductances(device, survey_families.states_for(device, g))
        assert found == pytest.approx(g, rel=1e-9)
        x = rng.uniform(0, 1, 20)
        assert survey_families.positions(device, survey_families.states_at(device, x)) == pytest.approx(x, rel=1e-9)
        with pytest.raises(ValueError, match="outside the device's range"):
            survey_families.states_for(device, 2 * high)


BAD = [
    (lambda: linear_drift("gauss"), "window 'gauss' is unknown; there is none, strukov"),
    (lambda: linear_drift(xinit=1.5), r"xinit = 1.5 is outside its legal range \[0, 1\]"),
    (lambda: linear_drift(R_on=200e3), "R_on = 200000 must be below R_off = 16000 Ohm"),
    (lambda: linear_drift(R_on=1, R_off=1e8), "at most 1e[+]06 times"),
    (lambda: linear_drift(yinit=2e5), "yinit = 200000 must be at most 100000, or 1e[+]06"),
    (lambda: linear_drift("biolek", yinit=3), "yinit = 3: with this window the state is x, give xinit"),
    (lambda: linear_drift(mu=1e-14), "'mu' is not a parameter of linear_drift; did you mean mu_v"),
    (lambda: linear_drift(D=float("nan")), "D = nan is outside"),
    (lambda: LinearDrift(window=1.5), "window = 1.5 must be a whole number"),
    (lambda: vteam(v_on=0.2), r"v_on = 0.2 is outside its legal range \[-10, -0.001\] V"),
    (lambda: vteam(alpha_on=0.5), r"alpha_on = 0.5 is outside its legal range \[1, 20\]"),
    (lambda: vteam(w_on=4e-9), "w_on = 4e-09 must be below w_off = 3e-09 m"),
    (lambda: vteam(k_on="3"), "k_on = '3' is outside .*: it is a str"),
    (lambda: vteam(rlaw=0.5), "rlaw = 0.5 must be a whole number"),
    (lambda: vteam("tud"), "realisation 'tud' is unknown; there is compiled and behavioural"),
    (lambda: team(i_off=-1e-6), r"i_off = -1e-06 is outside its legal range \[1e-12, 1\] A"),
    (lambda: team(Nmax=1), "'Nmax' is not a parameter of team; known are xinit"),
    (lambda: zhang(i_0=1e-4), "i_0 = 0.0001 must be below V_Tp / R_off = 0.0001 A: the rate has its pole"),
    (lambda: zhang(R_off=2e5), "i_0 = 1e-05 must be below V_Tp / R_off = 5e-06"),
    (lambda: zhang().replace(V_Tp=-1), r"V_Tp = -1 is outside its legal range \[0.001, 10\] V"),
    (lambda: parameter_set("hp"), "parameter set 'hp' is unknown; there is drift_hp"),
    (lambda: survey_families.states_at(vteam(), 1.2), "x = 1.2 is outside"),
    (lambda: survey_families.states_after(vteam(), [0, 0], [0, 1], 0.5), "must ascend"),
    (lambda: survey_families.states_after(vteam(), [0, 1], [0, np.inf], 0.5), "must be finite"),
    (lambda: survey_families.states_after(vteam(), [0, 1], [0, 1], 1.5), "x = 1.5 is outside"),
    (lambda: survey_families.currents(vteam(), np.nan, 0.5), "v must be finite, not nan"),
]


@pytest.mark.parametrize(("make", "words"), BAD)
def test_bad_values_are_refused_in_one_line(make, words):
    with pytest.raises(ValueError, match=words) as error:
        make()
    assert "\n" not in str(error.value)


@each
def test_ends_of_ranges_are_legal_and_what_lies_beyond_is_not(name):
    for key, parameter in TABLES[name].items():
        for end, beyond in ((parameter.low, -np.inf), (parameter.high, np.inf)):
            parameter.check(end)
            with pytest.raises(ValueError, match=f"{key} = .* legal range"):
                parameter.check(float(np.nextafter(end, beyond)))


def test_windows_that_vanish_at_both_bounds_have_a_state_of_their_own():
    names = {WINDOWS[number] for number in LOGIT}
    assert names == {"strukov", "joglekar", "prodromakis"}
    for window in WINDOWS:
        state = linear_drift(window).state
        assert (state.name, state.start) == (("y", "yinit") if window in names else ("x", "xinit"))
    assert survey_families.initial_state(linear_drift(yinit=3.0)) == 3.0
    assert survey_families.initial_state(linear_drift(xinit=0.5)) == 0.0
    assert abs(survey_families.initial_state(linear_drift(xinit=0.0))) > 600


def test_every_family_is_shipped():
    for name in TABLES:
        assert assets.verilog_a(name).is_file()
        assert assets.library(name).is_file() and assets.library(f"{name}_compiled").is_file()
