"""Netlists of the survey's families, and what is common to their tests: states, random legal sets, pulses."""

from __future__ import annotations

import numpy as np

from ouro_spice.circuit.testbench import Testbench
from ouro_spice.compact.threshold.survey_families import currents, initial_state, positions, rates
from ouro_spice.device.threshold.drift import linear_drift
from ouro_spice.device.threshold.team_device import team
from ouro_spice.device.threshold.vteam_device import vteam
from ouro_spice.device.threshold.zhang_device import zhang

MAKE = {"linear_drift": linear_drift, "vteam": vteam, "team": team, "zhang": zhang}
SPICE_KINDS = ("compiled", "behavioural")


def pwl(t, v):
    """A voltage source: straight between points."""
    pairs = " ".join(f"{a:.17g} {b:.17g}" for a, b in zip(t, v, strict=True))
    return f"pwl({pairs})"


def vectors(kind, name="xcell"):
    """Name the vectors of state, rate and current of an instance."""
    if kind == "compiled":
        return {"state": f"@n.{name}.n1[state]", "rate": f"@n.{name}.n1[rate]", "i": f"@n.{name}.n1[i_device]"}
    return {"state": f"v({name}.s)", "i": f"v.{name}.vsense#branch"}


def element(device, state=None, name="xcell", plus="p", minus="0"):
    """The netlist line of a device, from a state."""
    values = dict(device.parameters)
    if state is not None:
        values[device.state.start] = state
    words = " ".join(f"{key}={value:.17g}" for key, value in values.items())
    return f"{name} {plus} {minus} {device.FAMILY} {words}"


def family_bench(device, kind, t, v, state=None, steps=400, at_rest=True, source=None):
    """A testbench of a bare device at a voltage straight between points."""
    library = device.FAMILY if kind == "behavioural" else f"{device.FAMILY}_compiled"
    probes = [("v", "v(p)"), *vectors(kind).items()]
    stop = float(t[-1])
    return Testbench(
        f"{device.FAMILY} {kind}", libraries=(library,), models=(device.FAMILY,) if kind == "compiled" else (),
        elements=(f"vin p 0 {source or pwl(t, v)}", element(device, state)), stop_s=stop, max_step_s=stop / steps,
        probes=tuple(probes), at_rest=at_rest,
    )  # fmt: skip


def simulated(engine, device, kind, t, v, state=None, at=None, **more):
    """x at times (all of `t` if None), and the waveform: straight in the state between SPICE's points."""
    wave = engine.run(family_bench(device, kind, t, v, state, **more))
    at = np.asarray(t if at is None else at, float)
    return positions(device, np.interp(at, wave.time_s, wave["state"])), wave


def begin(device):
    return initial_state(device)


# ---- random legal devices and pulses


def _between(rng, low, high):
    """A number between two of the same sign, uniform in its logarithm."""
    sign = -1.0 if high < 0 else 1.0
    return sign * float(np.exp(rng.uniform(*sorted(np.log(np.abs([low, high]))))))


def random_device(name, rng):
    """A legal device with all parameters anywhere, but for resistances whose contrast would let TEAM run away."""
    r_on = _between(rng, 10, 1e6)
    own = {"R_on": r_on, "R_off": r_on * _between(rng, 1.5, 1e3), "xinit": rng.uniform(0.02, 0.98)}
    if name == "linear_drift":
        own |= {"D": _between(rng, 1e-9, 1e-7), "mu_v": _between(rng, 1e-17, 1e-10)}
        kind = str(rng.choice(["none", "strukov", "joglekar", "biolek", "prodromakis"]))
        return linear_drift(kind, p=rng.uniform(1, 12), j=rng.uniform(0.2, 3), **own)
    if name == "zhang":
        own |= {"D": _between(rng, 1e-9, 1e-7), "mu_v": _between(rng, 1e-20, 1e-14), "p": rng.uniform(1, 12)}
        own |= {"V_Tp": _between(rng, 0.05, 3), "V_Tn": _between(rng, -3, -0.05)}
        pole = own["V_Tp"] / own["R_off"]
        own |= {"i_off": _between(rng, 1e-9, 1), "i_on": _between(rng, 1e-9, 1), "i_0": pole * rng.uniform(0, 0.95)}
        return zhang(**own)
    w_on = _between(rng, 1e-11, 1e-8)
    length = _between(rng, 1e-9, 1e-8)
    own |= {"w_on": w_on, "w_off": w_on + length, "rlaw": float(rng.integers(2)), "window": float(rng.integers(2))}
    own |= {"a_on": w_on + 0.1 * length * rng.random(), "a_off": w_on + length * rng.uniform(0.9, 1)}
    own |= {"w_c": length * _between(rng, 0.02, 0.3)}
    own |= {"k_on": _between(rng, -1e3, -1e-12), "k_off": _between(rng, 1e-12, 1e3)}
    if name == "vteam":
        own |= {"alpha_on": rng.uniform(1, 8), "alpha_off": rng.uniform(1, 8)}
        return vteam(v_on=_between(rng, -3, -0.02), v_off=_between(rng, 0.02, 3), **own)
    own["R_off"] = r_on * _between(rng, 1.5, 30)
    own |= {"alpha_on": rng.uniform(1, 4), "alpha_off": rng.uniform(1, 4)}
    typical = 0.5 / np.sqrt(r_on * own["R_off"])
    return team(i_on=-typical * _between(rng, 0.1, 3), i_off=typical * _between(rng, 0.1, 3), **own)


def random_pulse(device, rng):
    """Times [s] and voltages [V] of a pulse of either sign that moves the state a good part of its way, and back."""
    state, sign = initial_state(device), float(rng.choice([-1, 1]))
    values = device.parameters
    beyond = rng.uniform(1.2, 3)
    if device.FAMILY == "linear_drift":
        volts = sign * rng.uniform(0.1, 3)
    elif device.FAMILY == "vteam":
        volts = beyond * (values["v_off"] if sign > 0 else values["v_on"])
    elif device.FAMILY == "zhang":
        volts = beyond * (values["V_Tp"] if sign > 0 else values["V_Tn"])
    else:
        limit = values["i_off"] if sign > 0 else values["i_on"]
        volts = beyond * limit * 0.2 / currents(device, 0.2, state)
    speed = abs(float(rates(device, volts, state)))
    x = float(positions(device, state))
    way = (x if sign * device.POLARITY * (1 if device.state.rises else -1) < 0 else 1 - x) or 1.0
    if device.state.name == "y":
        speed *= x * (1 - x)
    width = rng.uniform(0.2, 1.5) * way / max(speed, 1e-30)
    rise = width * _between(rng, 1e-3, 0.1)
    return np.array([0, rise, rise + width, 2 * rise + width, 2.2 * rise + width]), np.array([0, volts, volts, 0, 0])
