"""The loop that a newcomer to PySpice writes: a circuit, a simulator and a transient for each pulse, in one process.

Run by ``engine.py`` as ``_naive_pyspice.py FD LIBRARY OSDI THREADS``; takes circuits from a pipe, gives seconds, the
final state and the number of points back. THREADS is ``packaged`` (what ngspice's start-up file asks for) or 1.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from multiprocessing.connection import Connection
from typing import Any

STATE = "@n.xcell.n1[n_disc]"


def transient(task: dict[str, Any]) -> tuple[float, int]:
    """Final state and number of points of one pulse."""
    from PySpice.Spice.Netlist import Circuit

    circuit = Circuit("one pulse")
    for library in task["libraries"]:
        circuit.include(library)
    circuit.raw_spice = "\n".join(task["elements"])
    simulator = circuit.simulator(temperature=27, nominal_temperature=27)
    simulator.options(reltol=1e-4, trtol=1)
    simulator.save(task["vectors"])
    analysis = simulator.transient(step_time=task["step_s"] / 10, end_time=task["stop_s"], max_time=task["step_s"])
    return float(analysis.internal_parameters[STATE][-1]), len(analysis.time)


def timed(task: dict[str, Any]) -> dict[str, float]:
    """What `transient` gives, and its seconds; PySpice raises at any line on stderr, and the loop must go on."""
    begun = time.perf_counter()
    try:
        n_disc, points = transient(task)
    except NameError:
        n_disc, points = float("nan"), 0
    return {"wall_s": time.perf_counter() - begun, "n_disc": n_disc, "points": points}


def main() -> None:
    """Serve until the pipe closes."""
    descriptor, library, model, threads = sys.argv[1:5]
    os.environ["NGSPICE_LIBRARY_PATH"] = library
    logging.getLogger("PySpice").setLevel(logging.CRITICAL + 1)
    from PySpice.Spice.NgSpice.Shared import NgSpiceShared

    ngspice = NgSpiceShared.new_instance()
    ngspice.exec_command(f"osdi {model}")
    if threads != "packaged":
        ngspice.exec_command(f"set num_threads={threads}")
    connection = Connection(int(descriptor))
    try:
        while True:
            connection.send(timed(connection.recv()))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        os._exit(0)


if __name__ == "__main__":
    main()
