"""An independent integration of the survey's families: the judge of every realisation.

Written from the published equations and sharing no code with the package. Linear drift, TEAM and VTEAM in x with ideal
hard stops as events; where the window vanishes at both bounds in ln(x / (1 - x)), with the window as it is written.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from scipy.integrate import solve_ivp


def memristance(name, values, x):
    """R(x) [Ohm]; of TEAM and VTEAM x counts from R_on. A trial step may be far beyond a bound."""
    x = min(max(x, -0.01), 1.01)
    on, off = values["R_on"], values["R_off"]
    if name in ("linear_drift", "zhang"):
        return on * x + off * (1 - x)
    if values["rlaw"] == 1:
        return on * (off / on) ** x
    return on + (off - on) * x


def window(kind, p, j, x, i):
    if kind == 0:
        return 1.0
    if kind == 1:
        return x * (1 - x)
    if kind == 2:
        return 1 - (2 * x - 1) ** 2**p if p == 1 else 1 - np.abs(2 * x - 1) ** (2 * p)
    if kind == 3:
        step = 1.0 if -i > 0 else 0.0
        return 1 - np.abs(x - step) ** (2 * p)
    return j * (1 - ((x - 0.5) ** 2 + 0.75) ** p)


def speed(name, values, v, x):
    """dx/dt [1/s], the hard stops apart."""
    i = v / memristance(name, values, x)
    if name == "linear_drift":
        k = values["mu_v"] * values["R_on"] / values["D"] ** 2
        return k * i * window(values["window"], values["p"], values["j"], x, i)
    if name == "zhang":
        k = values["mu_v"] * values["R_on"] / values["D"] ** 2
        f = window(2, values["p"], 1, x, i)
        if v > values["V_Tp"]:
            return k * values["i_off"] / (i - values["i_0"]) * f
        return k * i / values["i_on"] * f if v < values["V_Tn"] else 0.0
    drive, letter = (v, "v") if name == "vteam" else (i, "i")
    on, off = values[f"{letter}_on"], values[f"{letter}_off"]
    length = values["w_off"] - values["w_on"]
    w = values["w_on"] + x * length
    f_off = f_on = 1.0
    with np.errstate(over="ignore"):
        if values["window"] == 1:
            f_off = np.exp(-np.exp((w - values["a_off"]) / values["w_c"]))
            f_on = np.exp(-np.exp((values["a_on"] - w) / values["w_c"]))
    if drive > off:
        return values["k_off"] * (drive / off - 1) ** values["alpha_off"] * f_off / length
    if drive < on:
        return values["k_on"] * (drive / on - 1) ** values["alpha_on"] * f_on / length
    return 0.0


def is_logit(name, values):
    return name == "zhang" or (name == "linear_drift" and values["window"] in (1, 2, 4))


def logit_speed(name, values, v, y):
    """dy/dt [1/s]: the window over x (1 - x) in digits that do not cancel near the bounds."""
    a = min(abs(y), 700.0)
    x = 1 / (1 + np.exp(-a)) if y > 0 else np.exp(-a) / (1 + np.exp(-a))
    s = np.exp(-a) / (1 + np.exp(-a)) ** 2
    i = v / memristance(name, values, x)
    kind, p, j = (2, values["p"], 1.0) if name == "zhang" else (values["window"], values["p"], values["j"])
    if kind == 1:
        steepness = 1.0
    else:
        c = 4.0 if kind == 2 else 1.0
        base = c * s
        height = 1.0 if kind == 2 else j
        inner = -np.expm1(p * np.log1p(-base)) if base < 1 else 1.0
        steepness = height * inner / s if s > 0 else height * c * p
    k = values["mu_v"] * values["R_on"] / values["D"] ** 2
    if name == "linear_drift":
        return k * i * steepness
    if v > values["V_Tp"]:
        return k * values["i_off"] / (i - values["i_0"]) * steepness
    return k * i / values["i_on"] * steepness if v < values["V_Tn"] else 0.0


def corners(name, values, t, v):
    """The times [s] with those at which a straight piece crosses a voltage at which the rate bends."""
    levels = [0.0]
    if name == "zhang":
        levels += [values["V_Tp"], values["V_Tn"]]
    if name == "vteam":
        levels += [values["v_on"], values["v_off"]]
    times = list(t)
    for (t0, t1), (v0, v1) in zip(pairwise(t), pairwise(v), strict=True):
        times += [t0 + (level - v0) / (v1 - v0) * (t1 - t0) for level in levels if (v0 - level) * (v1 - level) < 0]
    return np.unique(times)


def truth(name, values, t, v, x0, at=None, rtol=1e-9, drive=None):
    """x at the times `at` [s] (all of `t` if None), from x0; the voltage straight between `t`, `v`, or `drive`(time).

    A drive does not change its sign between two of `t`.
    """
    at = np.asarray(t if at is None else at, float)
    drive = drive or (lambda time: np.interp(time, t, v))
    knots = corners(name, values, t, v)
    found = np.empty(len(at))
    logit = is_logit(name, values)
    z = np.log(x0 / (1 - x0)) if logit else float(x0)
    for begin, end in pairwise(knots):
        inside = (at >= begin) & (at <= end)
        points = np.unique(np.concatenate([[begin, end], at[inside]]))
        path = _piece(name, values, drive, begin, end, z, points, logit, rtol)
        found[inside] = path[np.searchsorted(points, at[inside])]
        z = path[-1]
    return 1 / (1 + np.exp(-found)) if logit else found


def _piece(name, values, drive, begin, end, z, points, logit, rtol):
    """The state at `points` between two knots; a bound that is met holds it."""
    slope_at = logit_speed if logit else speed
    middle = drive((begin + end) / 2)

    def rate(time, state):
        volts = drive(time)
        if np.sign(volts) != np.sign(middle):
            volts = 0.0
        return [slope_at(name, values, volts, state[0])]

    if logit:
        done = solve_ivp(rate, (begin, end), [z], "LSODA", points, rtol=rtol, atol=1e-10, max_step=(end - begin) / 3)
        assert done.success
        return done.y[0]
    up = middle > 0  # in all families whose state is x
    bound = 1.0 if up else 0.0
    if (z - bound) * (1 if up else -1) > -1e-12:
        return np.full(len(points), bound)

    def met(time, state):
        return state[0] - bound

    met.terminal = True
    done = solve_ivp(
        rate, (begin, end), [z], "RK45", points, events=met, rtol=rtol, atol=1e-11, max_step=(end - begin) / 3
    )
    assert done.status >= 0
    path = np.full(len(points), bound)
    path[: len(done.y[0])] = done.y[0]
    return path
