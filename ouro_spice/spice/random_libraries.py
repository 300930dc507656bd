"""Libraries that draw random numbers at each load, as some do by default: no result with them could be had again."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ..circuit import model_library as files
from ..circuit.process import Process
from ..circuit.testbench import Testbench

Currents = Callable[[Testbench], "np.ndarray | None"]
"""Runs a testbench; its currents (K,), or None where it failed."""

_SWITCH = re.compile(r"\b(sw_\w+|\w+_switch)\s*=\s*['{]?\s*([\d.]+(?:e[+-]?\d+)?)\b", re.IGNORECASE)
_SIZE = re.compile(r"\bW=([\d.e+-]+) L=([\d.e+-]+)", re.IGNORECASE)
_MICRON = 1e-6


class RandomLibraries:
    """Refuses processes whose transistors differ from load to load; asks for each process once."""

    def __init__(self) -> None:
        self._good: set[tuple[str, ...]] = set()

    def refuse(self, bench: Testbench, run: Currents) -> None:
        """Raise ValueError where two loads of a testbench's library give different transistors.

        That costs two loads more, and only where the text of a library names a random function at all.
        """
        process = bench.process
        if process is None or not process.entries:
            return
        place = process.scan.draws
        if not place:
            return
        models = tuple(part for part in _PARTS if _element(bench, process, *part))
        key = (*process.identity(), repr(models))
        if not models or key in self._good:
            return
        differ = _difference(_currents(bench, process, models), run)
        if differ:
            raise ValueError(_words(bench, process, models, place, differ, run))
        if differ is not None:
            self._good.add(key)


_PARTS = (("n", False), ("p", False), ("n", True), ("p", True))


def _model(process: Process, polarity: str, core: bool) -> str:
    return getattr(process, f"{'core_' if core else ''}{polarity}mos")


def _element(bench: Testbench, process: Process, polarity: str, core: bool) -> str | None:
    """Return the first line of a testbench with a transistor of a kind; None where there is none."""
    name = _model(process, polarity, core)
    if core and name in (process.nmos, process.pmos):
        return None
    return next((line for line in bench.elements if f" {name} " in line), None)


def _currents(bench: Testbench, process: Process, models: tuple[tuple[str, bool], ...]) -> Testbench:
    """Return a testbench of single transistors at half their voltage, one of each model that is used."""
    elements, probes = [], []
    for polarity, core in models:
        name, volts = f"{polarity}{int(core)}", (process.core_V if core else process.gate_V) / 2
        volts *= 1 if polarity == "n" else -1
        size = _SIZE.search(_element(bench, process, polarity, core) or "")
        low_w, low_l = (getattr(process, f"{'core_' if core else ''}{side}_min") for side in ("w", "l"))
        w, l = (float(word) * process.unit_m for word in size.groups()) if size else (0.0, 0.0)  # noqa: E741
        w, l = (w, l) if size else (max(low_w, 5 * _MICRON), max(low_l, _MICRON / 2))  # noqa: E741
        elements.append(process.transistor(name, (f"d{name}", f"g{name}", "0", "0"), w, l, polarity, core))
        elements += [f"vd{name} d{name} 0 {volts:.17g}", f"vg{name} g{name} 0 {volts:.17g}"]
        probes.append((f"i_{_model(process, polarity, core)}", f"vd{name}#branch"))
    return Testbench(
        "transistors alone", libraries=(), models=(), elements=tuple(elements), stop_s=0.0, max_step_s=1.0,
        probes=tuple(probes), process=process,
    )  # fmt: skip


def _difference(bench: Testbench, run: Currents) -> float | None:
    """Return the largest relative difference of the currents of two loads; None where one of them fails."""
    first = run(bench)
    second = None if first is None else run(bench)
    if first is None or second is None:
        return None
    return float(np.max(np.abs(first - second) / np.maximum(np.abs(first), 1e-30)))


def _words(
    bench: Testbench, process: Process, models: tuple[tuple[str, bool], ...], place: str, differ: float, run: Currents
) -> str:
    """Return the message on a library that draws random numbers, with its switches where they help."""
    name = Path(process.library or process.entries[0][0]).name
    found = f"{name} draws random numbers at each load ({place}): the currents of two loads differ by {differ:.2g}"
    switches = {
        match[1].lower(): 0
        for _, _, text in files.texts(process.entries, process.pspice)
        for match in _SWITCH.finditer(text)
        if float(match[2])
    }
    if switches:
        quiet = dataclasses.replace(process, params=dict(process.params) | switches)
        if _difference(_currents(bench, quiet, models), run) == 0:
            said = ", ".join(f'"{name}": {value:g}' for name, value in quiet.params)
            return f"{found}; write Process(.., params={{{said}}})"
    return f"{found}; take a corner without them, or set what they are multiplied by to 0 with Process(.., params=..)"
