"""Specifications of networks, as files say them: what is wrong is told with its name and what is legal."""

from __future__ import annotations

import json
import tomllib

import pytest

from ouro_spice.experiment.configuration import Configuration
from ouro_spice.prediction.specification import DEFAULTS, OBJECTIVES, OUTPUTS, PLAIN, Specification, Stage

TIME = {"objective": "time"}


def test_a_table_says_what_it_says():
    table = tomllib.loads("""
        output = "signed_time"
        networks = 4
        start = "A"
        inputs = ["g_start_S", "dg_S", "log_rise"]
        stages = [{ objective = "time", epochs = 3 }, { objective = "conductance", smoothing = 101, keep = "time" }]
    """)
    stages = (Stage("time", 3), Stage("conductance", smoothing=101, keep="time"))
    expected = Specification(stages, ("g_start_S", "dg_S", "log_rise"), "signed_time", 4, "A")
    assert Specification.of(table) == expected
    assert [stage.keep for stage in expected.stages] == ["time", "time"]
    assert [stage.needs_curves for stage in expected.stages] == [False, True]


@pytest.mark.parametrize("specification", [PLAIN, Specification((Stage("time", keep="band"),), networks=3)])
def test_a_manifest_keeps_all_of_it(specification):
    assert Specification.of(json.loads(json.dumps(specification.plain))) == specification


def test_what_is_not_said_is_the_default():
    found = Specification.of({"stages": [TIME]})
    assert (found.inputs, found.output, found.networks) == (("g_start_S", "dg_S"), "log_time", 1)
    assert found.stages == (Stage("time", 100, 256, 3e-3, "time", 1, 0.2),)


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({}, ["at least one stage"]),
        ({"stages": []}, ["at least one stage"]),
        ({"stages": "time"}, ["stages = 'time'", "list"]),
        ({"stages": 3}, ["stages = 3", "list"]),
        ({"stages": ["time"]}, ["'time'", "table"]),
        ({"stages": [{}]}, ["needs objective"]),
        ({"stages": [{"objective": "speed"}]}, ["objective 'speed'", *OBJECTIVES]),
        ({"stages": [TIME | {"keep": "speed"}]}, ["keep 'speed'", *OBJECTIVES]),
        ({"stages": [TIME | {"epoch": 3}]}, ["'epoch'", "epochs", "learning_rate"]),
        ({"stages": [TIME | {"epochs": 0}]}, ["epochs = 0", "at least 1"]),
        ({"stages": [TIME | {"epochs": 2.5}]}, ["epochs = 2.5", "whole number"]),
        ({"stages": [TIME | {"batch": -1}]}, ["batch = -1", "at least 1"]),
        ({"stages": [TIME | {"smoothing": 0}]}, ["smoothing = 0", "at least 1"]),
        ({"stages": [{"objective": "band", "smoothing": 11}]}, ["smoothing = 11", "'conductance'"]),
        ({"stages": [TIME | {"learning_rate": 0.0}]}, ["learning_rate = 0", "[1e-09, 1]"]),
        ({"stages": [TIME | {"learning_rate": float("nan")}]}, ["learning_rate = nan", "[1e-09, 1]"]),
        ({"stages": [TIME | {"band": 20}]}, ["band = 20", "[0.001, 1]"]),
        ({"stages": [TIME | {"band": "20 %"}]}, ["band = '20 %'", "[0.001, 1]"]),
        ({"stages": [TIME], "output": "time"}, ["output 'time'", *OUTPUTS]),
        ({"stages": [TIME], "inputs": ["g_start_S", "dg_S", "g"]}, ["input 'g'", *DEFAULTS]),
        ({"stages": [TIME], "inputs": ["dg_S", "g_start_S"]}, ["inputs = ['dg_S', 'g_start_S']", "begin with"]),
        ({"stages": [TIME], "inputs": []}, ["inputs = []", "begin with g_start_S and dg_S"]),
        ({"stages": [TIME], "inputs": "g_start_S"}, ["inputs = 'g_start_S'", "list"]),
        ({"stages": [TIME], "networks": 0}, ["networks = 0", "at least 1"]),
        ({"stages": [TIME], "networks": 1.5}, ["networks = 1.5", "whole number"]),
        ({"stages": [TIME], "networks": 65}, ["networks = 65", "[1, 64]"]),
        ({"stages": [TIME], "layers": 3}, ["'layers'", "networks", "output"]),
        ({"stages": [{"objective": "band"}], "output": "signed_time"}, ["'band'", "'log_time'"]),
    ],
    ids=str,
)
def test_what_is_wrong_is_told_with_its_name_and_what_is_legal(table, told):
    with pytest.raises(ValueError) as error:
        Specification.of(table)
    for words in told:
        assert words in str(error.value)


# ---- the campaigns that the package has


@pytest.mark.parametrize("name", ["paper", "circuit"])
def test_the_campaigns_are_sound(name):
    configuration = Configuration.load(name)
    assert configuration.settings and configuration.seed >= 0
    for setting in configuration.settings:
        variants = configuration.of(setting)
        assert len({variant.name for variant in variants}) == len(variants), "results know variants by name"
        for variant in variants:
            begin = variant.specification.start
            if begin:
                start = configuration.variants[begin].specification
                assert (start.inputs, start.output, start.networks) == (
                    variant.specification.inputs, variant.specification.output, variant.specification.networks,
                )  # fmt: skip
            if variant.drives:
                assert "drive" in variant.specification.inputs
                law = variant.experience or configuration.variants[variant.like].experience
                assert law.low <= variant.drives.low and variant.drives.high <= law.high
            if "slow_same" in variant.specification.inputs:
                assert variant.experience or variant.like, "a history is learned from experience"
        known = {variant.key for variant in variants} | {variant.name for variant in variants}
        assert {*setting.converge, *setting.timed, setting.transfer} - {""} <= known


def test_the_published_training_is_the_published_one():
    """Sections III-A and III-B: 100 epochs; smoothing over 1001, 101, 11, 1 steps, 50 epochs each, from A(G)."""
    variants = Configuration.load("paper").variants
    smoothed = variants["B_smoothed"].specification
    assert [(stage.objective, stage.smoothing, stage.epochs) for stage in smoothed.stages] == [
        ("conductance", steps, 50) for steps in (1001, 101, 11, 1)
    ]
    assert (smoothed.start, smoothed.output) == ("A_G", "signed_time")
    assert [stage.smoothing for stage in variants["B_smoothed_short"].specification.stages] == [101, 11, 1]
    for key, keep in (("A_t", "time"), ("A_G", "conductance"), ("B", "conductance")):
        (stage,) = variants[key].specification.stages
        assert (stage.epochs, stage.keep) == (100, keep)
