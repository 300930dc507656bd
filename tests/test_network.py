"""Networks: several of the same shape at once are what each of them is alone, in numpy as in torch."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ouro_spice.prediction.network import Network, Weights, shares


def test_an_ensemble_is_each_of_its_networks_at_its_centre_and_a_mean_between():
    centres = np.array([-1.0, 0.5, 2.0])
    weights = Network(3, centres, seed=2).weights
    alone = [
        Weights(tuple((m[k : k + 1], b[k : k + 1]) for m, b in weights.layers), np.zeros(1)) for k in range(3)
    ]  # fmt: skip
    rng = np.random.default_rng(0)
    for k, centre in enumerate(centres):
        x = np.column_stack([np.full(20, centre), rng.normal(size=(20, 2))])
        assert weights(x) == pytest.approx(alone[k](x), rel=1e-12)
    x = np.column_stack([np.full(20, -0.25), rng.normal(size=(20, 2))])
    assert weights(x) == pytest.approx((alone[0](x) + alone[1](x)) / 2, rel=1e-12)
    for end, k in ((-9.0, 0), (9.0, 2)):
        x[:, 0] = end
        assert weights(x) == pytest.approx(alone[k](x), rel=1e-12)
    assert len({float(one(x)[0]) for one in alone}) == 3, "each begins with weights of its own"


def test_shares_add_up_to_1():
    found = shares(np.array([-1.0, 0.0, 3.0]), np.linspace(-5, 5, 101))
    assert found.sum(axis=0) == pytest.approx(np.ones(101))
    assert np.all(found >= 0)


@pytest.mark.parametrize("networks", [1, 4])
def test_the_numpy_network_is_the_trained_one(networks):
    network = Network(2, np.linspace(-1.3, 1.3, networks), seed=6)
    x = np.random.default_rng(1).normal(size=(50, 2))
    with torch.no_grad():
        theirs = network(torch.from_numpy(x)).numpy()
    assert network.weights(x) == pytest.approx(theirs, rel=1e-12)
    assert network.weights.sizes == (2, 32, 64, 32, 1)


def test_numbers_of_another_shape_are_refused_and_change_nothing():
    network, other = Network(2, np.zeros(1), seed=1), Network(3, np.zeros(1), seed=2)
    before = network.weights
    for weights in (
        other.weights,
        Network(2, np.linspace(-1, 1, 2), 2).weights,
        Weights(before.layers[:3], np.zeros(1)),
    ):
        with pytest.raises(ValueError, match="is none to go on from"):
            network.load(weights)
    assert all(np.array_equal(one, two) for one, two in zip(network.weights.arrays, before.arrays, strict=True))


def test_weights_are_a_copy_of_the_present_ones():
    network = Network(2, np.zeros(1), seed=1)
    before = network.weights
    network.load(Network(2, np.zeros(1), seed=2).weights)
    assert not np.array_equal(network.weights.layers[0][0], before.layers[0][0])
    network.load(before)
    assert all(np.array_equal(one, two) for one, two in zip(network.weights.arrays, before.arrays, strict=True))
