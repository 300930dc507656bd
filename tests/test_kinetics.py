"""Published switching kinetics (JART User Guide, May 2021): delay times over five decades of voltage and state."""

from __future__ import annotations

import numpy as np
import pytest
from benches import device_bench

import ouro_spice as ouro

pytestmark = pytest.mark.ngspice

# source, as in the file, up to the space: (voltage, N0, ramp) of a row; x is its second column
ROWS = {
    "UG3.5a": lambda x: (-0.75, x, 0.0),
    "UG3.5b": lambda x: (x, 0.008, 0.0),
    "UG6.1": lambda x: (x, 0.008, 100e-9),
    "UG3.7a": lambda x: (1.5, x, 1e-9),
    "UG3.7b": lambda x: (x, 8.0, 1e-9),
    "UG4.2e": lambda x: (x, None, 0.0),
}
# far below the time of their own ramp: what was read off there is the ramp
VOID = {("UG6.1", -1.1), ("UG3.7a", 2.0)}


def delay(wave, volts, ramp) -> float:
    """From the start of the pulse to the largest d ln|I|/dt (smallest in RESET), after the ramp."""
    behind = wave.time_s > ramp * (1 + 1e-4)
    time_s, current = wave.time_s[behind], np.log(np.abs(wave["i_device"][behind]))
    slope = np.diff(current) / np.diff(time_s)
    return float(((time_s[1:] + time_s[:-1]) / 2)[np.argmax(slope if volts < 0 else -slope)])


@pytest.fixture(scope="module")
def delays(engine, reference_table):
    """(name, x, ramp, published, exact without the ramp, ours)."""
    cases = []
    for row in reference_table("kinetics_targets.csv"):
        name = row["source"].split()[0]
        if name not in ROWS or (name, row["x"]) in VOID:
            continue  # UG4.2f are medians of devices that vary
        volts, n0, ramp = ROWS[name](row["x"])
        n0 = n0 or (20.0 if "LRS II" in row["source"] else 2.0)
        source = f"pwl(0 0 {ramp:.12g} {volts:.12g})" if ramp else f"dc {volts:.12g}"
        cases.append((name, row, volts, ramp, device_bench(ouro.jart_vcm_v1b(Ninit=n0), source, n0,
                                                           max(3 * row["t_ref_s"], 1.5 * ramp))))  # fmt: skip
    waves = engine.map([bench for *_, bench in cases])
    return [
        (name, row["x"], ramp, row["t_target_s"], row["t_ref_s"], delay(wave, volts, ramp))
        for (name, row, volts, ramp, _), wave in zip(cases, waves, strict=True)
    ]


def test_published_delays(delays):
    """Read off figures of circuit simulations: within |log10| of 0.2."""
    assert len(delays) == 28
    for name, x, _, published, _, ours in delays:
        assert abs(np.log10(ours / published)) <= 0.2, (name, x, ours, published)


def test_exact_delays(delays):
    """An independent integration without the ramp, given in three digits; where the ramp is short beside it."""
    short = [row for row in delays if row[2] < 0.01 * row[4]]
    assert len(short) > 20
    for name, x, _, _, exact, ours in short:
        assert ours == pytest.approx(exact, rel=0.015), (name, x)


def test_the_guides_second_triangle(engine):
    """+-1.3 V at 1 V/s, Ninit .010, Nmin .004, Nmax 22: V_SET -.5502 V, V_RESET .9363 V."""
    device = ouro.jart_vcm_v1b(Ninit=0.01, Ndiscmin=0.004, Ndiscmax=22)
    wave = engine.run(device_bench(device, "pwl(0 0 1.3 -1.3 3.9 1.3 5.2 0)", 0.01, 5.2, 3000))
    volts, current = wave["v_cell"], np.log(np.abs(wave["i_device"]) + 1e-15)
    slope, middle = np.diff(current) / np.diff(wave.time_s), (volts[1:] + volts[:-1]) / 2
    v_set = middle[middle < -0.2][np.argmax(slope[middle < -0.2])]
    v_reset = middle[middle > 0.3][np.argmin(slope[middle > 0.3])]
    assert (v_set, v_reset) == pytest.approx((-0.5502, 0.9363), abs=1e-3)
