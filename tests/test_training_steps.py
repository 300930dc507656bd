"""Steps of training: what the network is shown, on which curves it is judged, and what its output's gradient is."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from analytic_device import quick, records

from ouro_spice import PulsePredictor
from ouro_spice.prediction.examples import Examples
from ouro_spice.prediction.objectives import SOFTNESS
from ouro_spice.prediction.recorded_curves import Curves
from ouro_spice.prediction.specification import Specification, Stage
from ouro_spice.prediction.training import Scale, _Run

DATA = records(100, histories=True)


class Answers(torch.nn.Module):
    """In place of a network: what it is to say, and what it was shown."""

    def __init__(self, y):
        super().__init__()
        self.y = torch.nn.Parameter(torch.as_tensor(y, dtype=torch.float64))

    def forward(self, x):
        self.x = x
        return self.y


def step(stage, output, y):
    """The loss of all training records for some answers; scale, examples, and the network in place of which it was."""
    specification, examples = Specification((stage,), output=output), Examples.of(DATA, "train")
    scale = Scale.of(specification, examples)
    run = _Run(specification, stage, scale, examples, examples, 1e-9, np.random.SeedSequence(0))
    network = Answers(np.full(len(examples), y(scale)))
    run._loss(network, torch.arange(len(examples)), examples.curves, 0.5, torch.Generator().manual_seed(0)).backward()
    return scale, examples, network


@pytest.mark.parametrize(("output", "way"), [("log_time", 1.0), ("signed_time", 1.0), ("signed_time", -1.0)])
def test_beyond_the_records_a_step_of_the_output_counts_1(output, way):
    """A tenth of a second of SET or RESET: the gradient by the normalised output is that of a slope of 1."""
    asked = np.log(0.1) if output == "log_time" else 0.1 * way
    scale, examples, network = step(
        Stage("conductance"), output, lambda scale: (asked - scale.shift_out) / scale.scale_out
    )
    sign = np.sign(examples.time_s.numpy())
    behind = np.ones(len(sign), bool) if output == "log_time" else sign == way
    ends = np.where(behind, examples.curves.at(examples.curves.end_s), examples.curves.at(0 * examples.curves.end_s))
    slope = 2 * np.abs(ends - examples.target_S.numpy()) / scale.scale[1] / len(sign)
    # log times grow with the width; signed ones go down to shorten a SET, up to shorten a RESET
    expected = slope if output == "log_time" else way * slope
    assert network.y.grad.numpy() == pytest.approx(expected, rel=1e-6)


def test_asking_for_the_band_shows_nearer_targets_too():
    scale, examples, network = step(Stage("band"), "log_time", lambda scale: 0.0)
    start, dg = (network.x.detach().numpy() * scale.scale + scale.shift).T
    assert start == pytest.approx(examples.inputs["g_start_S"].numpy())
    share = dg / examples.inputs["dg_S"].numpy()
    assert np.all((share > -1e-9) & (share < 1 + 1e-9))
    assert 0.3 < np.mean(share < 1 - 1e-9) < 0.7


def test_curves_are_averaged_over_steps_of_the_dataset(monkeypatch):
    windows_s = []
    smoothed = Curves.smoothed

    def noted(curves, window_s):
        windows_s.append(window_s)
        return smoothed(curves, window_s)

    monkeypatch.setattr(Curves, "smoothed", noted)
    stages = (*(Stage("conductance", 1, smoothing=steps) for steps in (1001, 11, 1)), Stage("band", 1))
    PulsePredictor.fit(DATA, Specification(stages))
    assert windows_s == pytest.approx([1001e-9, 11e-9])


def test_the_conductance_is_learned_from_the_averaged_curves_and_judged_on_the_recorded_ones():
    """Averaged over all of it, a curve between 0 and twice the time is nearly straight: other losses, other scores."""
    examples = Examples.of(DATA, "train")

    def run(smoothing, keep="conductance"):
        stage = Stage("conductance", smoothing=smoothing, keep=keep)
        specification = Specification((stage,), output="signed_time")
        scale = Scale.of(specification, examples)
        return _Run(specification, stage, scale, examples, examples, 1e-8, np.random.SeedSequence(0)), scale

    rough, scale = run(1)
    smooth, _ = run(1001)
    assert rough._curves() is examples.curves
    assert torch.equal(smooth._curves().g_S, examples.curves.smoothed(1001e-8).g_S)
    perfect = examples.time_s / scale.scale_out
    assert smooth._score(perfect) == rough._score(perfect) < 1e-3


def test_the_edge_of_the_band_gets_sharper(monkeypatch):
    seen = []

    def noted(self, network, rows, curves, softness, generator):
        seen.append(softness)
        return network.biases[-1].sum()

    monkeypatch.setattr(_Run, "_loss", noted)
    PulsePredictor.fit(DATA, quick("band", epochs=50))
    assert seen[0] == SOFTNESS[0]
    assert seen[-1] == pytest.approx(SOFTNESS[1], rel=0.05)
    assert np.all(np.diff(seen) < 0)
