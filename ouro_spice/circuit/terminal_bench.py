"""The circuit of one cell without its memristor, its terminals forced to voltages: what the device would meet."""

from __future__ import annotations

from collections.abc import Mapping

from .drivers import drive, libraries, wrappers
from .pulse import PWL
from .single_cell import SingleCell
from .testbench import Testbench

STEPS = 400
"""A transient has at least this many time points for each straight part of a terminal's voltage."""


def terminal_testbench(
    cell: SingleCell, volts: Mapping[str, PWL], forced: Mapping[str, PWL], follow: bool = False
) -> Testbench:
    """Return the transient in which terminals of a memristor that is not there are forced to voltages.

    Parameters
    ----------
    cell
        The cell; its device plays no part.
    volts
        Voltages of the lines' drivers, by the name of the line.
    forced
        Voltages over time of the terminals "ae" and "oe"; one that is left out is open.
    follow
        Whether drivers of transistors stay switched on while their supply goes through its voltage.

    The traces are ``v_ae``, ``v_oe`` and, of each forced terminal, ``i_ae`` or ``i_oe``: the current that the circuit
    delivers at it [A].
    """
    drives = {
        line: drive(cell.driver, line, pwl, cell.gated and line == "wl", follow=follow and line != "wl")
        for line, pwl in volts.items()
    }
    around, _ = cell._elements(drives)
    needed = libraries(drives.values())
    sources = [f"vforce_{node} {node} 0 {pwl.spice()}" for node, pwl in forced.items()]
    stop_s = max(pwl.times_s[-1] for pwl in (*volts.values(), *forced.values()))
    parts = max((len(pwl.times_s) - 1 for pwl in forced.values()), default=1)
    probes = [("v_ae", "v(ae)"), ("v_oe", "v(oe)"), *((f"i_{node}", f"vforce_{node}#branch") for node in forced)]
    return Testbench(
        title=f"ouro_spice terminals of a {type(cell).__name__}",
        libraries=needed,
        models=(),
        elements=(*(wrappers(cell.process, cell.driver) if needed else ()), *around, *sources),
        stop_s=stop_s,
        max_step_s=stop_s / (STEPS * parts),
        probes=tuple(probes),
        at_rest=True,
        process=cell.process if needed or cell.gated else None,
        ambient_K=cell.ambient_K,
        walking=True,
    )
