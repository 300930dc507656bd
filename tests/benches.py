"""Testbenches of our own around a bare device, and how their waveforms are judged."""

from __future__ import annotations

import numpy as np

from ouro_spice.circuit.testbench import Testbench

OUTPUTS = ("n_disc", "dndt", "i_device", "temperature", "v_schottky", "v_disc", "v_plug", "v_series", "barrier")


def bench(elements, stop_s=1e-6, steps=400, probes=(), **more):
    """A testbench of netlist lines; `ae` and `oe` must be among its nodes."""
    probes = (("v_ae", "v(ae)"), ("v_oe", "v(oe)"), *probes)
    return Testbench("a test", elements=tuple(elements), stop_s=stop_s, max_step_s=stop_s / steps, probes=probes,
                     **({"libraries": (), "models": ()} | more))  # fmt: skip


def device_bench(device, source, n_disc, stop_s, steps=400, **more):
    """The bare device at a voltage source, with the outputs of the compiled model as traces."""
    values = {name: value for name, value in device.parameters.items() if name != "Ninit"} | {"Ninit": n_disc}
    line = " ".join(f"{name}={value:.17g}" for name, value in values.items())
    return bench(
        [f"vin ae 0 {source}", "vground oe 0 dc 0", f"xcell ae oe jart_vcm {line}"],
        stop_s,
        steps,
        tuple((name, f"@n.xcell.n1[{name}]") for name in OUTPUTS),
        **({"libraries": ("jart_vcm_compiled",), "models": ("jart_vcm_v1b",), "device": device} | more),
    )


def divider(resistance=1e3, **more):
    """1 V over `resistance` and 1 kOhm: the plainest circuit there is."""
    return bench(["vin ae 0 dc 1", f"rtop ae oe {resistance:.17g}", "rbottom oe 0 1k"], 1e-6, 50, **more)


def crossing(time_s, values, level) -> float:
    """When `values` (T,), positive, first pass `level`; straight in the logarithm between two points."""
    y = np.log(np.asarray(values) / level)
    after = int(np.argmax(y > 0 if y[0] < 0 else y < 0))
    assert after > 0, f"{level:g} is never passed"
    share = y[after - 1] / (y[after - 1] - y[after])
    return float(time_s[after - 1] + share * (time_s[after] - time_s[after - 1]))
