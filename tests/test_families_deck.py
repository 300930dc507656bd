"""The deck of the survey's families: its targets by other solutions, and a change that it notices."""

from __future__ import annotations

import re
import subprocess

import numpy as np
import pytest
from family_judge import truth
from scipy.optimize import brentq

from ouro_spice._util import assets
from ouro_spice.device.threshold.drift import linear_drift
from ouro_spice.device.threshold.zhang_device import zhang
from ouro_spice.spice import decks

TEXT = (assets.folder("netlists") / "bench_threshold.cir").read_text()


def listed(name):
    return re.search(rf"^set {name}=\(([^)]*)\)", TEXT, re.MULTILINE)[1].split()


def drift_up():
    """x after half a period: R dy = 4 k v dt, with the flux 1/pi."""
    d = linear_drift()
    k, y0 = d.mu_v * d.R_on / d.D**2, np.log(0.1 / 0.9)

    def excess(y):
        way = d.R_off * (y - y0) - (d.R_off - d.R_on) * (np.logaddexp(0, y) - np.logaddexp(0, y0))
        return way / (4 * k) - 1 / np.pi

    return 1 / (1 + np.exp(-brentq(excess, y0, 20)))


def test_independent_targets():
    t, v = np.array([0, 1e-3, 0.101, 0.103, 10]), np.array([0, 1.5, 1.5, -1.5, -1.5])
    zhang_set, zhang_reset = truth("zhang", zhang().parameters, t, v, 0.5, [0.102, 1.2])
    expected = {
        "vteam_still": 0.2, "vteam_half": 0.5 * 3e-9 / (0.091 * (0.4 / 0.3 - 1) ** 4), "team_half": 0.5 * 3e-9 / 6.4e-5,
        "drift_up": drift_up(), "drift_back": 0.1, "zhang_set": zhang_set, "zhang_reset": zhang_reset, "ten_years": 0.0,
    }  # fmt: skip
    assert listed("figures") == list(expected)
    for name, target, tolerance in zip(listed("figures"), listed("targets"), listed("tolerances"), strict=True):
        assert float(target) == pytest.approx(expected[name], rel=2e-7, abs=1e-12), name
        assert float(tolerance) <= max(1e-3 * float(target), 1e-9), name


@pytest.mark.ngspice
def test_another_device_misses_its_targets(tmp_path):
    """A speed that is off by a per cent, and a state that does not stay."""
    (tmp_path / "lib").mkdir()
    for library in ("linear_drift", "vteam", "team", "zhang"):
        (tmp_path / "lib" / f"{library}.lib").write_text(assets.library(library).read_text())
    leaking = (tmp_path / "lib" / "zhang.lib").read_text().replace("cs s 0 1\n", "cs s 0 1\nrs s 0 1e9\n")
    (tmp_path / "lib" / "zhang.lib").write_text(leaking)
    (tmp_path / "bench_threshold.cir").write_text(
        TEXT.replace("k_off=8e-6", "k_off=8.1e-6").replace(
            "xzhang zhang 0 zhang xinit=0.5", "xzhang zhang 0 zhang xinit=0.51"
        )
    )
    done = subprocess.run(
        ["ngspice", "-b", "bench_threshold.cir"], cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True,
        text=True, timeout=60, check=False,
    )  # fmt: skip
    passed = {figure.figure: figure.passed for figure in decks.parse_results("threshold", done.stdout + done.stderr)}
    assert done.returncode == 1
    assert not (passed["team_half"] or passed["zhang_set"] or passed["ten_years"])
    assert passed["vteam_half"] and passed["drift_up"]
