"""A foreign device alone between ideal sources: static currents of many states at once, and transients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...circuit.result import Result, SimulationError
from ...circuit.testbench import ZERO_CELSIUS_K
from ...device.foreign import foreign_netlist
from ...device.foreign.foreign_device import ForeignDevice
from .. import osdi

_AT_ONCE = 400
"""Devices in one netlist."""

_INSTANT_S = 1e-15

RELTOL = 1e-5
"""Of transients, unless another one is said."""


class ModelRuns:
    """Runs netlists with a foreign device on workers.

    Parameters
    ----------
    reply
        Returns the reply of a worker to a task.
    """

    def __init__(self, reply: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        self._reply = reply

    def currents(self, device: ForeignDevice, volts: np.ndarray, states: np.ndarray) -> np.ndarray:
        """Return the static current from AE to OE [A], (K,), at V(AE, OE) (K,) [V], each in a state (K, states).

        The states are held as at t = 0 of a transient, of which nothing but that point is taken.

        Raises
        ------
        SimulationError
            Where ngspice fails.
        """
        parts = [
            self._points(device, volts[k : k + _AT_ONCE], states[k : k + _AT_ONCE])
            for k in range(0, len(volts), _AT_ONCE)
        ]
        return np.concatenate(parts) if parts else np.empty(0)

    def _points(self, device: ForeignDevice, volts: np.ndarray, states: np.ndarray) -> np.ndarray:
        elements = []
        for k, (volt, x) in enumerate(zip(volts.tolist(), states.tolist(), strict=True)):
            elements += [f"v{k} a{k} 0 dc {volt:.17g}", *device.element(x, f"x{k}", f"a{k}", "0")]
        names = [f"v{k}#branch" for k in range(len(volts))]
        card = f".tran {_INSTANT_S:g} {10 * _INSTANT_S:g} 0 {_INSTANT_S:g}"
        # at a hard wall no step may be possible: the point at t = 0 is there all the same
        arrays = self._run(device, elements, names, card, 10 * _INSTANT_S, 1e-8, broken_off=True)
        return np.array([-arrays[name][0] for name in names])

    def transient(
        self,
        device: ForeignDevice,
        corners: Sequence[tuple[float, float]],
        x: Sequence[float],
        max_step_s: float,
        reltol: float = RELTOL,
        *,
        broken_off: bool = False,
    ) -> dict[str, np.ndarray]:
        """Return traces of a voltage V(AE, OE) that is put on a device: ``time``, ``v``, ``i_cell``, and each state.

        Parameters
        ----------
        device
            The device.
        corners
            ``(time, voltage)`` of the source [s], [V]; the last one is the end.
        x
            The state at t = 0.
        max_step_s
            Largest time step [s].
        reltol
            Relative tolerance of ngspice.
        broken_off
            Return what there is of a transient that ngspice breaks off.

        Raises
        ------
        SimulationError
            Where ngspice fails.
        """
        pwl = " ".join(f"{time:.17g} {volt:.17g}" for time, volt in corners)
        elements = [f"vdrive ae 0 pwl({pwl})", *device.element(x, "xcell", "ae", "0")]
        probes = [(trace, vector.format("xcell")) for trace, vector in foreign_netlist.vectors(device.description)]
        stop_s = corners[-1][0]
        at_rest = corners[0][1] == 0
        card = f".tran {max_step_s / (10 if at_rest else 1e6):.17g} {stop_s:.17g} 0 {max_step_s:.17g}"
        vectors = ["v(ae)", *(vector for _, vector in probes)]
        arrays = self._run(device, elements, vectors, card, stop_s, reltol, broken_off)
        return {"time": arrays["time"], "v": arrays["v(ae)"]} | {trace: arrays[vector] for trace, vector in probes}

    def _run(
        self,
        device: ForeignDevice,
        elements: list[str],
        vectors: list[str],
        card: str,
        stop_s: float,
        reltol: float,
        broken_off: bool = False,
    ) -> dict[str, np.ndarray]:
        """Return the vectors of a transient by name; SimulationError where there are none."""
        compiled = foreign_netlist.verilog(device.description, device.text)
        lines = ["* a foreign model", foreign_netlist.definition(device.description, device.text), *elements, ""]
        analysis = [
            f".options reltol={reltol:.3g} trtol=1 abstol=1e-15",
            f".save {' '.join(vectors)}",
            f".temp {device.ambient_K - ZERO_CELSIUS_K:.10g}",
            card,
            ".end",
            "",
        ]
        task = {
            "netlist": "\n".join(lines),
            "analyses": ["\n".join(analysis)],
            "vectors": vectors,
            "stop_s": stop_s,
            "osdi": [str(osdi.compiled_model(compiled))] if compiled else [],
        }
        reply = self._reply(task)
        some = broken_off and reply["result"] in ("TIMESTEP", "INCOMPLETE") and len(reply["arrays"].get("time", ())) > 0
        if reply["result"] != "OK" and not some:
            raise SimulationError(Result[reply["result"]], task["netlist"] + task["analyses"][0], tuple(reply["log"]))
        return reply["arrays"]
