"""Campaigns notice what made what they find in their folder: nothing of another maker is taken, and it is said why."""

from __future__ import annotations

import shutil

import pytest

from ouro_spice._util import progress
from ouro_spice.experiment.attempts import prediction_attempts
from ouro_spice.experiment.configuration import Configuration
from ouro_spice.experiment.context import ExperimentContext
from ouro_spice.experiment.networks import network
from ouro_spice.provenance import sources
from ouro_spice.spice.ngspice import Ngspice

SETTING = "reduced_60us"
TINY = """
seed = 3
records = 20
deployments = 3
[variant.A_G]
output = "signed_time"
stages = [{ objective = "time", epochs = 1, keep = "conductance" }]
[[setting]]
name = "reduced_60us"
cell = "reduced"
judged = false
variants = ["A_G"]
"""


def run(folder):
    """One network and what it does in one attempt; the hash of the network."""
    (folder / "tiny.toml").write_text(TINY)
    configuration = Configuration.load("paper", folder / "tiny.toml")
    with Ngspice(1) as engine:
        place = ExperimentContext(configuration, configuration.settings[0], folder, 1, engine)
        found = network(place, configuration.variants["A_G"])
        prediction_attempts(place, "A_G", found.answer)
    return found.sha256


def files(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*.*") if path.suffix != ".toml"}


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = tmp_path_factory.mktemp("campaign")
    return folder, run(folder)


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    return shutil.copytree(
        sources.ROOT, tmp_path_factory.mktemp("copy") / "ouro_spice", ignore=lambda *_: ["__pycache__"]
    )


CASES = {
    "device/jart/walk_values.py": ["the records in ", "A_G is trained anew", "deployed-A_G is made anew"],
    "prediction/objectives.py": ["A_G is trained anew", "deployed-A_G is made anew"],
    "experiment/attempts.py": ["deployed-A_G is made anew"],
    "simulation/sensing.py": [],
}
"""A module, and what is made anew where it has changed."""


@pytest.mark.parametrize("name", CASES)
def test_what_another_maker_made_is_not_taken(done, package, tmp_path, monkeypatch, caplog, name):
    folder = shutil.copytree(done[0], tmp_path / "again")
    before, text = files(folder), (package / name).read_text()
    monkeypatch.setattr(progress, "_said", set())
    monkeypatch.setattr("ouro_spice.provenance.cache._taken", set())
    monkeypatch.setattr(sources, "ROOT", package)
    (package / name).write_text(text + "\nMORE = 1\n")
    sources._closure.cache_clear()
    try:
        assert (run(folder) == done[1]) != ("A_G is trained anew" in CASES[name])
    finally:
        (package / name).write_text(text)
        sources._closure.cache_clear()
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == len(CASES[name])
    for words, line in zip(CASES[name], said, strict=True):
        assert words in line and line.endswith(f" {name} changed")
    after = files(folder)
    assert before.keys() <= after.keys()
    assert (after == before) != bool(CASES[name])
