"""Law 2: names, defaults, units, ranges and meanings are equal in the Verilog-A, the library and device.py."""

from __future__ import annotations

import math
import re

import pytest

from ouro_spice._util import assets
from ouro_spice.device.jart.jart_device import REALISATIONS, TUD_LACKS
from ouro_spice.device.jart.jart_parameters import PARAMETERS
from ouro_spice.device.jart.jart_preset import jart_vcm_v1b

DECLARATION = re.compile(
    r"\(\*(?P<attributes>(?:(?!\*\)).)*)\*\)\s*"
    r"parameter\s+(?P<type>real|integer)\s+(?P<name>\w+)\s*=\s*(?P<default>[^;]*?)\s+from\s+"
    r"(?:`RANGE\((?P<low>[^,]+),\s*(?P<high>[^)]+)\)|\[(?P<low_i>[^:]+):(?P<high_i>[^\]]+)\])\s*;",
    re.DOTALL,
)
# library, subcircuit
LIBRARIES = {
    "compiled": ("jart_vcm_compiled", "jart_vcm"),
    "behavioural": ("jart_vcm_behavioural", "jart_vcm"),
    "tud": ("jart_tud", "jart_tud"),
}
WALKED = ("", "_walk")


def number(text: str) -> float:
    scale = {"f": 1e-15, "p": 1e-12, "n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3, "meg": 1e6, "g": 1e9, "t": 1e12}
    match = re.fullmatch(r"([-+0-9.eE]*[0-9.])(meg|[fpnumkgt])?", text.strip().lower())
    assert match, f"{text!r} is not a number"
    return float(match[1]) * scale.get(match[2], 1)


def source(model: str = "jart_vcm_v1b") -> str:
    text = assets.verilog_a(model).read_text()
    return re.sub(r"//[^\n]*", "", text)


def declared(model: str = "jart_vcm_v1b") -> dict[str, dict[str, object]]:
    found = {}
    for match in DECLARATION.finditer(source(model)):
        attributes = dict(re.findall(r'(\w+)\s*=\s*"([^"]*)"', match["attributes"]))
        assert match["name"] not in found
        found[match["name"]] = {
            "default": number(match["default"]),
            "low": number(match["low"] or match["low_i"]),
            "high": number(match["high"] or match["high_i"]),
            **attributes,
        }
    return found


def logical_lines(name: str) -> list[str]:
    joined = re.sub(r"\n\+", " ", assets.library(name).read_text())
    return [line for line in joined.splitlines() if line and not line.startswith("*")]


def assignments(line: str) -> dict[str, str]:
    return dict(re.findall(r"(\w+)=(\{[^}]*\}|\S+)", line))


def test_every_parameter_of_the_verilog_a_is_understood_by_this_test():
    assert len(declared()) == len(re.findall(r"\bparameter\b", source().replace("localparam", "")))
    assert len(declared()) > 20


def test_names_are_equal_and_in_the_same_order():
    assert list(declared()) == list(PARAMETERS)


@pytest.mark.parametrize("name", PARAMETERS)
def test_default_range_and_unit_are_equal(name):
    ours, theirs = PARAMETERS[name], declared()[name]
    assert ours.default == theirs["default"]
    assert (ours.low, ours.high) == (theirs["low"], theirs["high"])
    assert ours.unit == theirs["units"]
    assert getattr(jart_vcm_v1b(), name) == theirs["default"]


@pytest.mark.parametrize("name", PARAMETERS)
def test_every_parameter_says_what_it_is_in_the_same_words(name):
    ours, theirs = PARAMETERS[name].text, str(declared()[name]["desc"])
    assert len(theirs) > 8
    assert ours.lower() == theirs.lower()


@pytest.mark.parametrize("name", PARAMETERS)
def test_instance_parameters_are_the_same(name):
    assert PARAMETERS[name].per_instance == (declared()[name].get("type") == "instance")


def test_defaults_lie_inside_their_ranges():
    for name, row in declared().items():
        assert row["low"] <= row["default"] <= row["high"], name
        assert math.isfinite(row["low"]) and math.isfinite(row["high"]), name


def names(realisation: str) -> list[str]:
    return [name for name in PARAMETERS if realisation != "tud" or name not in TUD_LACKS]


def header(realisation: str, walk: str) -> str:
    library, subcircuit = LIBRARIES[realisation]
    lines = [line for line in logical_lines(library) if line.lower().startswith(f".subckt {subcircuit}{walk} ")]
    (line,) = lines
    return line


def test_the_reduced_model_declares_what_it_has_in_the_same_way():
    assert declared("jart_tud") == {name: row for name, row in declared().items() if name in names("tud")}
    assert set(REALISATIONS) == set(LIBRARIES)


@pytest.mark.parametrize("walk", WALKED)
@pytest.mark.parametrize("realisation", REALISATIONS)
def test_library_has_the_same_names_and_defaults(realisation, walk):
    values = assignments(header(realisation, walk))
    assert sorted(values) == sorted(names(realisation))
    for name, text in values.items():
        assert number(text) == pytest.approx(PARAMETERS[name].default, rel=1e-15), name


@pytest.mark.parametrize("walk", WALKED)
@pytest.mark.parametrize("realisation", REALISATIONS)
def test_library_has_the_ports_of_the_model_in_its_order(realisation, walk):
    ports = ["ae", "oe", *(("wl", "wr", "wmin", "wmax") if walk else ())]
    assert [word for word in header(realisation, walk).split()[2:] if "=" not in word] == ports


@pytest.mark.parametrize("model", ["jart_vcm_v1b", "jart_tud"])
def test_models_have_the_ports_of_the_libraries(model):
    ports = r"\s*,\s*".join(["ae", "oe", "wl", "wr", "wmin", "wmax"])
    assert re.search(rf"module\s+{model}\s*\(\s*{ports}\s*\)", source(model))


@pytest.mark.parametrize("walk", [0, 1])
@pytest.mark.parametrize("realisation", ["compiled", "tud"])
def test_library_passes_every_parameter_on_and_to_the_right_place(realisation, walk):
    lines = logical_lines(LIBRARIES[realisation][0])
    instance = assignments([line for line in lines if line.lower().startswith("n1 ")][walk])
    model = assignments([line for line in lines if line.lower().startswith(".model")][walk])
    for name in names(realisation):
        there, not_there = (instance, model) if PARAMETERS[name].per_instance else (model, instance)
        assert there.get(name) == f"{{{name}}}"
        assert name not in not_there


def test_published_defaults_and_ranges():
    """The table of the model text: defaults and legal ranges."""
    published = {
        "T0": (293, 100, 500), "eps": (17, 10, 25), "epsphib": (5.5, 1, 10), "phibn0": (0.18, 0.1, 1.5),
        "phin": (0.1, 0.1, 0.3), "un": (4e-6, 1e-6, 1e-5), "Ndiscmax": (20, 0.001, 1100),
        "Ndiscmin": (0.008, 1e-4, 100), "Ninit": (0.008, 1e-4, 1000), "Nplug": (20, 0.001, 100),
        "a": (0.25e-9, 0.1e-9, 1e-9), "nu0": (2e13, 1e10, 1e14), "dWa": (1.35, 0.8, 1.5), "Rth0": (15.72e6, 1e6, 20e6),
        "rdet": (45e-9, 5e-9, 100e-9), "r": (45e-9, 5e-9, 100e-9), "lcell": (3, 2, 5), "l": (0.4, 0.1, 5),
        "Rtheff_scaling": (0.27, 0.1, 1), "RTiOx": (650, 0, 5000),
    }  # fmt: skip
    for name, expected in published.items():
        parameter = PARAMETERS[name]
        assert (parameter.default, parameter.low, parameter.high) == pytest.approx(expected, rel=1e-14), name
    line = PARAMETERS["R0"].default, PARAMETERS["Rthline"].default, PARAMETERS["alphaline"].default
    assert line == (719.2437, 90471.47, 3.92e-3)
