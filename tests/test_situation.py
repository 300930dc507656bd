"""What a programmer is told, fields that have the name of a method, and predictors of one kind."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
import torch

import ouro_spice as ouro
from ouro_spice.dataset.recipe import Recipe
from ouro_spice.prediction.network import Network
from ouro_spice.prediction.specification import ACTIVATIONS, PLAIN, Specification
from ouro_spice.programming.lockstep import write_many

CELL = ouro.CompactCell(ouro.jart_vcm_v1b(window=True))
PAIR = ouro.Pair(-0.4162, 0.8587, 60e-6)


class Told:
    """A programmer that keeps what it was told; it has no other method."""

    name, knows = "told", "nothing"

    def __init__(self):
        self.heard = []

    def next_choices(self, situation):
        self.heard.append(situation)
        return [ouro.Pulse(-0.5, 20e-9 * (1 + cell)) for cell in situation.cells.tolist()]


def cells(count):
    return ouro.fleet(CELL, [Recipe(count, 1, None).draw(CELL, k) for k in range(count)], "nominal")


def test_a_programmer_is_told_tolerance_and_cell():
    programmer = Told()
    found = write_many(cells(3), programmer, [300e-6, 320e-6], 0.07, 2, places=[2, 0])
    first = programmer.heard[0]
    assert first.tolerance == 0.07 and first.cells.tolist() == [2, 0] and first.readings_S.shape == (2, 1)
    assert [one.pulses[0].width for one in found] == pytest.approx([60e-9, 20e-9])
    ouro.write_verify(CELL, programmer, 300e-6, 0.05, 1, state=CELL.state(200e-6))
    assert programmer.heard[-1].cells.tolist() == [0] and programmer.heard[-1].tolerance == 0.05


@dataclasses.dataclass(frozen=True)
class Checked:
    """A programmer with fields that have the names of methods of others."""

    check: Callable = lambda: None
    predictions: Callable = lambda: None
    next_pulses: Callable = lambda: None
    name: str = "checked"
    knows = "nothing"

    def next_pulse(self, target, readings):
        return ouro.Pulse(-0.5, 50e-9)


def test_a_field_called_check_is_a_setting():
    """It is no method, so that nobody calls it."""
    found = write_many(cells(2), Checked(), [300e-6, 300e-6], 0.05, 2)
    one = ouro.write_verify(CELL, Checked(), 300e-6, 0.05, 2, state=CELL.state(200e-6))
    assert {one.outcome for one in (*found, one)} <= {ouro.Outcome.PULSE_LIMIT, ouro.Outcome.REACHED}
    assert len(one.pulses) == 2


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_networks_of_any_size_answer_as_they_were_trained(activation):
    network = Network(3, np.linspace(-1, 1, 2), 4, (5, 7, 3, 2), activation)
    x = np.random.default_rng(1).normal(size=(300, 3)) * 3
    with torch.no_grad():
        wanted = network(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(network.weights(x), wanted, rtol=1e-12, atol=1e-14)
    assert network.weights.sizes == (3, 5, 7, 3, 2, 1)


def test_a_specification_says_its_size_only_where_it_is_another():
    """Hashes of checkpoints of before hold what was said then."""
    assert {"hidden", "activation"}.isdisjoint(PLAIN.plain)
    other = dataclasses.replace(PLAIN, hidden=(16, 16), activation="relu")
    assert Specification.of(other.plain | {"hidden": [16, 16]}) == other
    for wrong in ({"hidden": ()}, {"hidden": (0,)}, {"hidden": 3}, {"activation": "swish"}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            dataclasses.replace(PLAIN, **wrong)


def test_the_nominal_device_is_a_predictor_too(tmp_path):
    predictor = ouro.NominalPredictor.of(CELL, PAIR)
    start, dg = np.array([150e-6, 400e-6]), np.array([100e-6, -150e-6])
    wanted = ouro.noise_free(CELL, PAIR)(start, dg)
    np.testing.assert_allclose(predictor.predict(start, dg), wanted, rtol=0.02)
    again = ouro.NominalPredictor.load(predictor.save(tmp_path / "nominal.npz"))
    assert again.sha256 == predictor.sha256 and np.array_equal(again.predict(start, dg), predictor.predict(start, dg))
    assert (predictor.control, predictor.circuit) == ("width", predictor.manifest.circuit)
    pulse = ouro.NeuralProgrammer(predictor).next_pulse(250e-6, [150e-6])
    assert pulse.width == pytest.approx(wanted[0], rel=0.02) and pulse.amplitude == PAIR.v_set
    with pytest.raises(ValueError, match="lookup of times"):
        ouro.NominalPredictor.load(tmp_path / "none.npz")
