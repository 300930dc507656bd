"""Differences in words, of the smallest origins that have them: values, units, files, tools and code."""

from __future__ import annotations

import pytest

from ouro_spice.provenance import former_format
from ouro_spice.provenance.differences import CIRCUIT, EVERYTHING, MAKER, differences, listed

CELL = {
    "kind": "measured", "gain": 2.0, "device": {"Rth0": 1.0}, "lines": {"r_bl": 1.0, "c_bl": 0.0},
    "driver": {"resistance": 1.0}, "devices": [{"Rth0": 1.0}, {"Rth0": 2.0}], "walk": None,
}  # fmt: skip
ORIGIN = {
    "circuit": "a", "cell": CELL, "files": {"a.va": "1", "netlist, set": "1", "netlist, more": "1"},
    "settings": {"n": 1}, "simulator": {"numpy": "1"}, "code": {"c2c.py": "1"},
}  # fmt: skip


def settings(old, new, name="n"):
    """Differences of one setting; `...`: it is not there."""
    sides = ({"code": {}, "settings": {} if value is ... else {name: value}} for value in (old, new))
    return differences(*sides)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (1, 2, "n 1 -> 2"), (1, 1.5, "n 1 -> 1.5"), (1, True, "n 1 -> yes"), (0, False, "n 0 -> no"),
        (True, False, "n yes -> no"), (None, 1, "n none -> 1"), (1, None, "n 1 -> none"), (..., 1, "n none -> 1"),
        (1.0, 1.0000001, "n 1 -> 1.0000001000000001"), (1.23456789, 2, "n 1.23457 -> 2"),
        (1, 1 + 1e-15, "n 1 -> 1.0000000000000011"),
        ((1, 2), (1, 2, 3), "n (1, 2) -> (1, 2, 3)"), ([1, 2], [1, 3], "n (1, 2) -> (1, 3)"), ([], [1], "n () -> (1)"),
        ("", "x", "n  -> x"), ("x" * 40, "y", f"n {'x' * 40} -> y"), ("x" * 41, "y", "n changed"),
        ("y", "x" * 41, "n changed"), ("1", 1, "n changed"), ({}, 1, "n none -> 1"), ({}, {"a": 1}, "n.a none -> 1"),
        ("a" * 16, "x", "n changed"), ("x", "0" * 64, "n changed"), ("a" * 15, "x", f"n {'a' * 15} -> x"),
        ("g" * 16, "x", f"n {'g' * 16} -> x"), (f"{'a' * 16} b", "x", f"n {'a' * 16} b -> x"),
        (None, {"a": 1}, "n none -> given"), ({"a": 1}, None, "n given -> none"), ({"a": 1}, 2, "n a 1 -> 2"),
        ({"a": 1, "b": 2}, {"a": 1, "b": 3}, "n.b 2 -> 3"), ({"a": {"b": 1}}, {"a": {"b": 2}}, "n.a.b 1 -> 2"),
        ([{"a": 1}, {"a": 2}], [{"a": 1}, {"a": 3}], "n[1].a 2 -> 3"),
        ([{"a": 1}, {"a": 2}], [{"a": 1}], "n (a 1, a 2) -> (a 1)"),
        ([{"a": 1}, 2], [{"a": 1}, 3], "n (a 1, 2) -> (a 1, 3)"), ([{}, {}], [{}, 1], "n (none, none) -> (none, 1)"),
    ],
    ids=str,
)  # fmt: skip
def test_a_setting_that_differs_is_said_in_one_way(old, new, words):
    assert settings(old, new) == [words]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (1, 1.0), (True, True), (None, None), (..., None), ([1, 2], (1, 2)), ([1, [2]], (1.0, (2,))), ({}, {}),
        ([], ()), ({"a": 1, "b": 2}, {"b": 2, "a": 1}), ([{"a": 1}], [{"a": 1.0}]),
    ],
)  # fmt: skip
def test_what_is_the_same_value_is_no_difference(old, new):
    assert settings(old, new) == [] == settings(new, old)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("v_set", "v_set 1 -> 2 V"), ("gate_reset", "gate_reset 1 -> 2 V"), ("width_s", "width_s 1 -> 2 s"),
        ("mean_Hz", "mean_Hz 1 -> 2 Hz"), ("width", "width 1 -> 2"), ("s", "s 1 -> 2"), ("l_more", "l_more 1 -> 2"),
    ],
)  # fmt: skip
def test_settings_have_their_units(name, words):
    assert settings(1, 2, name) == [words]
    unit = words.partition(" -> 2")[2]
    assert settings(None, 2, name) == [f"{name} none -> 2{unit}"]
    assert settings(1, None, name) == [f"{name} 1{unit} -> none"]


def test_several_settings_come_in_the_order_of_what_is_wanted():
    a, b = {"code": {}, "settings": {"a": 1, "gone": 1, "b": 1}}, {"code": {}, "settings": {"b": 2, "a": 2}}
    assert differences(a, b) == ["b 1 -> 2", "a 1 -> 2", "gone 1 -> none"]


def changed(**parts):
    return ORIGIN | {name: ORIGIN[name] | new for name, new in parts.items()}


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"gain": 3.0}, "gain 2 -> 3"), ({"device": {"Rth0": 2.0}}, "Rth0 1 -> 2 K/W"),
        ({"lines": {"r_bl": 2.0, "c_bl": 0.0}}, "r_bl 1 -> 2 Ohm"),
        ({"lines": {"r_bl": 1.0, "c_bl": 1e-12}}, "c_bl 0 -> 1e-12 F"),
        ({"driver": {"resistance": 2.0}}, "driver.resistance 1 -> 2 Ohm"),
        ({"devices": [{"Rth0": 1.0}, {"Rth0": 3.0}]}, "Rth0 2 -> 3 K/W"), ({"walk": {"kick": 1}}, "walk none -> given"),
        ({"kind": "other"}, "measured -> other"),
    ],
)  # fmt: skip
def test_values_of_a_cell_have_names_and_units(parts, words):
    """A part's name stands before its value, but for parts whose values need none."""
    other = changed(cell=parts)
    assert differences(ORIGIN, other) == [words] == differences(ORIGIN, other, CIRCUIT)
    assert differences(ORIGIN, other, MAKER) == []


def test_one_side_without_a_cell_has_no_other_cell():
    none = {name: value for name, value in ORIGIN.items() if name != "cell"}
    assert differences(ORIGIN, none) == [] == differences(none, ORIGIN)
    kindless = ORIGIN | {"cell": {"gain": 2.0}}
    assert differences(ORIGIN, kindless, ("cell",)) == ["measured -> no cell"]
    assert differences(kindless, ORIGIN, ("cell",)) == ["no cell -> measured"]


def test_texts_are_named_and_netlists_only_where_nothing_else_says_why():
    def found(files, only=EVERYTHING, **parts):
        return differences(ORIGIN, changed(**parts) | {"files": files}, only)

    same = ORIGIN["files"]
    assert found(same) == []
    assert found(same | {"a.va": "2"}) == ["a.va changed"]
    assert found(same | {"b.va": "2"}) == ["b.va is new"]
    assert found({name: one for name, one in same.items() if name != "a.va"}) == ["a.va is gone"]
    assert found(same | {"netlist, set": "2"}) == ["the netlist of a SET changed"]
    assert found(same | {"netlist, reset": "2", "netlist, read": "1"}) == [
        "the netlist of a read changed", "the netlist of a RESET changed",
    ]  # fmt: skip
    assert found(same | {"netlist, more": "2"}) == ["the netlist of more changed"]
    assert found(same | {"netlist, set": "2", "a.va": "2"}) == ["a.va changed"]
    assert found(same | {"netlist, set": "2"}, cell={"gain": 3.0}) == ["gain 2 -> 3"]
    assert found(same | {"a.va": "2"}, cell={"gain": 3.0}) == ["gain 2 -> 3", "a.va changed"]
    # where the cell is not compared it explains nothing
    assert found(same | {"netlist, set": "2"}, ("files",), cell={"gain": 3.0}) == ["the netlist of a SET changed"]
    assert found(same | {"a.va": "2"}, cell={"kind": "other"}) == ["measured -> other"]
    assert found(same | {"a.va": "2"}, ("settings", "tools", "code")) == []


def test_files_of_the_former_format_are_not_compared():
    for former_one in ({**ORIGIN, "code": None}, {name: one for name, one in ORIGIN.items() if name != "code"}):
        other = former_one | {"files": {"a.va": "2"}}
        assert differences(ORIGIN, other) == [former_format.UNKNOWN] == differences(other, ORIGIN)
        assert differences(former_one, other) == []


def test_tools_and_code():
    for name in ("simulator", "code"):
        for both in ((ORIGIN, ORIGIN), (ORIGIN | {name: {}}, ORIGIN | {name: {}})):
            assert differences(*both) == []
    assert differences(ORIGIN, changed(simulator={"numpy": "2"})) == ["numpy 1 -> 2"]
    assert differences(ORIGIN, changed(simulator={"numpy": "2"}), ("tools",)) == ["numpy 1 -> 2"]
    assert differences(ORIGIN, changed(simulator={"scipy": "2"})) == []  # not known of one side
    assert differences(changed(simulator={"scipy": "2"}), ORIGIN) == []
    more = changed(code={"c2c.py": "2", "a.py": "1"})
    assert differences(ORIGIN, more) == ["a.py is new", "c2c.py changed"] == differences(ORIGIN, more, ("code",))
    assert differences(more, ORIGIN, MAKER) == ["a.py is gone", "c2c.py changed"]
    assert differences(ORIGIN, ORIGIN | {"code": {}}) == [former_format.UNKNOWN]
    assert differences(ORIGIN, more | {"settings": {"n": 2}}, ("settings",)) == ["n 1 -> 2"]


def test_the_first_six_are_listed_and_the_others_counted():
    names = "abcdefgh"
    assert listed([]) == "nothing that is recorded" and listed(["a"]) == "a"
    assert listed(names[:6]) == "a, b, c, d, e, f"
    assert listed(names[:7]) == "a, b, c, d, e, f and 1 more"
    assert listed(names, 2) == "a, b and 6 more" and listed(names[:2], 2) == "a, b"
