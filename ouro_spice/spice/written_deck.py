"""A cell and its pulses as a deck to be read, and to be run by plain ngspice: commented, with what it needs alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import get_args

import numpy as np

from .._util.checks import check_kind
from .._util.number_words import in_words
from ..circuit.cell_kinds import Cell
from ..circuit.compact_cell import CompactCell
from ..circuit.drive_waveforms import Pwl
from ..circuit.pulse import Parallel
from ..circuit.stimuli import Stimuli, Stimulus, checked
from ..circuit.testbench import Testbench
from ..compact import characteristics
from ..device.memristor import Memristor
from ..device.state import State
from .osdi import compiled_model

_PARTS = (
    (
        re.compile(r"xcell\b"),
        "the memristor, with its state at t = 0",
    ),
    (re.compile(r"[mx]access\b"), "the access transistor: drain, gate, source, bulk"),
    (re.compile(r"[vx]bl\b"), "the bit line and its driver"),
    (re.compile(r"[vx]sl\b"), "the source line and its driver"),
    (re.compile(r"[vx]wl\b"), "the word line and its driver"),
)
"""The beginning of an element's line, and what it is."""

_LONG = re.compile(r"(?<![\w.])-?\d+\.\d{12,}(?:e[-+]?\d+)?")
_SHORT_S = 1e-3
"""Times of a shorter transient, a picosecond apart or more, need no more than 12 digits."""

_MOST_DEGREES = 9
_RIGHT, _AROUND = 1e-6, 1.25
"""The polynomial of ln G over the state, on its scale, is to be as near as that, as far as its degree allows; around a
state that is known it covers this factor on either side."""

_TOLERANCE = 1e-3
"""By how much the state at the end may differ from the one that is expected, relative."""


def deck(
    cell: Cell,
    pulses: Stimuli,
    state: State | None = None,
    end: State | None = None,
) -> str:
    """Return a complete, commented deck of pulses sent to a cell: ``ngspice -b FILE`` runs it.

    It prints the state and the conductance of the memristor at the end, and, where `end` is given, whether it is that
    one. It is one transient, where `simulate` makes
    one of each pulse: they agree to the error of ngspice's time steps. Of a device that walks from cycle to cycle it
    is the deck without the walk, and says so in its first lines.

    Parameters
    ----------
    cell
        The circuit.
    pulses
        One pulse or several, sent one after the other.
    state
        Where to start; the device's own initial state where None.
    end
        What is expected at the end, such as the final state of `simulate`.

    Raises
    ------
    ValueError
        For a compact cell, which has no circuit, for no pulses, or a state that does not fit.
    ToolError
        Without a Verilog-A compiler, for a compiled device.
    """
    if isinstance(cell, CompactCell):
        raise ValueError("a compact cell is solved without SPICE: it has no deck")
    check_kind("cell", cell, get_args(Cell), "a Cell1R, Cell1T1R or a cell of an array")
    check_kind("end", end, (State, None))
    if end is not None:
        cell.check_state(end)
    sent = checked(pulses, parallel=True)
    bench = cell.testbench(sent, state)
    models = [(model if isinstance(model, str) else model.name, str(compiled_model(model))) for model in bench.models]
    lines = [
        *_head(cell, sent, bench),
        "",
        *_circuit(bench),
        "",
        "* ---- the analysis: settings of the solver, what is kept, temperature, time steps",
        *bench.analysis().splitlines()[:-1],
        "",
        *_control(cell, bench, models, end),
        "",
        *_libraries(bench),
        ".end",
        "",
    ]
    short = bench.stop_s < _SHORT_S
    return _LONG.sub(lambda found: _plain(float(found[0]), short), "\n".join(lines))


def _plain(value: float, short: bool) -> str:
    """Return a number without the digits that only binary fractions need, to 12 digits where it may be short."""
    return f"{value:.12g}" if short else repr(value)


def _head(cell: Cell, pulses: Sequence[Stimulus | Parallel], bench: Testbench) -> Iterator[str]:
    """Yield the title and the comments that say what the deck is."""
    count = f"{len(pulses)} pulses" if len(pulses) > 1 else "one pulse"
    yield f"* {bench.title}: {count}"
    walk = getattr(cell.device, "walk", None)
    if walk is not None:
        yield f"* WITHOUT the cycle-to-cycle walk of its device ({type(walk).__name__}): this is the noise-free deck"
    dialect = f" -D ngbehavior={bench.behaviour}" if bench.behaviour else ""
    yield f"* run with: ngspice{dialect} -b THIS_FILE; it prints state and conductance of the memristor at the end"
    if bench.process and bench.process.init:
        yield f"* the commands of {bench.process.init} come before: put them into .spiceinit"
    yield "* units are SI; SET pulses are negative, and raise the bit line, RESET pulses the line on the other side"
    for number, pulse in enumerate(pulses, 1):
        yield from (
            f"* pulse {number}: {_told(one)}" for one in (pulse.given if isinstance(pulse, Parallel) else [pulse])
        )


def _told(pulse: Stimulus) -> str:
    """Return a pulse in words."""
    gate = "" if pulse.gate is None else f", gate at {in_words(pulse.gate, 'V')}"
    idle = in_words(pulse.idle, "s")
    if isinstance(pulse, Pwl):
        volts = " to ".join(in_words(one, "V") for one in (min(pulse.volts), max(pulse.volts)))
        length = in_words(pulse.duration, "s")
        return (
            f"a waveform of {len(pulse.times_s)} points over {length}, {volts} at the driver{gate}, then {idle} at 0 V"
        )
    rise, width, fall = (in_words(one, "s") for one in (pulse.rise, pulse.width, pulse.fall))
    volts = in_words(pulse.amplitude, "V")
    return f"{volts} at the driver, {width} at full amplitude, rise {rise}, fall {fall}{gate}, then {idle} at 0 V"


def _circuit(bench: Testbench) -> Iterator[str]:
    """Yield the elements, each kind behind a comment, and the voltages at the start."""
    yield "* ---- the circuit"
    known = dict(_PARTS)
    for line in bench.elements:
        found = next((start for start in known if start.match(line)), None)
        if found is not None:
            yield f"* {known.pop(found)}"
        yield line
    if bench.volts:
        yield "* voltages at the start"
    yield from (f".ic v({node})={volts!r}" for node, volts in bench.volts)


def _control(cell: Cell, bench: Testbench, models: Iterable[tuple[str, str]], end: State | None) -> Iterator[str]:
    """Yield the commands: load models, run, print the end."""
    yield ".control"
    for model, path in models:
        yield f"* the compiled model {model}.va: `ouro-spice osdi {model}` makes it, and prints where it is"
        yield f"pre_osdi {path}"
    yield from (f"pre_osdi {path}" for path in bench.osdi)
    yield from ("set num_threads=1", "run")
    if isinstance(cell.device, Memristor):
        vector = dict(bench.probes)[cell.device.lead.name]
        yield from _printed(cell.device, vector, end.x[cell.index][0] if end else None)
    yield from ("* the waveforms, for a viewer: remove the star", "* write waveforms.raw", "quit", ".endc")


def _printed(device: Memristor, vector: str, expected: float | None) -> Iterator[str]:
    """Yield the commands that print state and conductance at the end, and whether it is the state that is expected."""
    centre, half, coefficients, error = _polynomial(device, expected)
    nested = f"{coefficients[-1]:.9g}"
    for one in coefficients[-2::-1]:
        nested = f"{one:.9g} + at*({nested})"
    name, log = device.lead.name, device.lead.scale == "log"
    over = f"ln {name}" if log else name
    where_g = f"its static conductance at {device.read_V:+.3g} V"
    yield f"* the state at the end, and {where_g}: ln G as a polynomial of {over},"
    where = "" if expected is None else f" around the state that is expected, {expected:.6g}"
    yield f"* which is right to {error:.0e}{where}"
    yield from (f"let {name} = {vector}", f"let {name}_end = {name}[length({name}) - 1]")
    yield f"let at = ({'ln' if log else ''}({name}_end) - ({centre:.9g}))/{half:.9g}"
    yield f"let G_end_uS = 1e6*exp({nested})"
    yield f"print {name}_end G_end_uS"
    if expected is not None:
        far = f"{name}_end/{expected:.12g} - 1" if log else f"{name}_end - ({expected:.12g})"
        yield f"if abs({far}) < {_TOLERANCE:g}"
        yield from (
            "  echo PASS: it is the state that is expected",
            "else",
            "  echo FAIL: another state is expected",
            "end",
        )


def _polynomial(device: Memristor, around: float | None) -> tuple[float, float, list[float], float]:
    """Return centre and half width of the state on its scale, coefficients of ln G [S] over it, lowest first, and the
    largest relative error of G.
    """
    lead, ends = device.lead, device.bounds if device.lead.scale == "log" else sorted(device.window_x)
    if around is not None:
        reach = np.log(_AROUND) * (1.0 if lead.scale == "log" else (ends[1] - ends[0]) / 10)
        ends = lead.unscaled(lead.scaled(around) + np.array([-reach, reach]))
    low, high = lead.scaled(np.clip(ends, lead.low, lead.high))
    x = np.cos(np.linspace(0, np.pi, 400))
    scaled = (low + high) / 2 + (high - low) / 2 * x
    log_g = np.log(characteristics.fast_conductance(device, lead.unscaled(scaled)))
    series, error = np.polynomial.Chebyshev([0.0]), np.inf
    while error > _RIGHT and series.degree() < _MOST_DEGREES:
        series = np.polynomial.Chebyshev.fit(x, log_g, series.degree() + 1, domain=[-1, 1])
        error = float(np.max(np.abs(series(x) - log_g)))
    found = series.convert(kind=np.polynomial.Polynomial, domain=[-1, 1]).coef
    return float(low + high) / 2, float(high - low) / 2, [float(one) for one in found], error


def _libraries(bench: Testbench) -> Iterator[str]:
    """Yield the models and subcircuits that the elements use."""
    from .._util import assets

    process = bench.process.lines() if bench.process else []
    blocks = list(_blocks("\n".join([*process, *map(assets.library_text, bench.libraries)]).splitlines()))
    words = _words(bench.elements)
    while True:
        kept = [lines for name, lines in blocks if name is None or name in words]
        more = words | _words(line for lines in kept for line in lines)
        if more == words:
            break
        words = more
    yield "* ---- models and subcircuits"
    yield from (line for lines in kept for line in lines)
    yield from (line for text in bench.texts for line in text.splitlines())  # of a user's own: as it is


def _blocks(lines: Sequence[str]) -> Iterator[tuple[str | None, list[str]]]:
    """Yield each subcircuit and each model card with its name, and lines between them with None."""
    name: str | None = None
    block: list[str] = []
    inside = False
    for line in lines:
        words = line.lower().split()
        first = words[0] if words else ""
        if not inside and not first.startswith("+"):
            if block:
                yield name, block
            name, block = (words[1], []) if first in (".subckt", ".model") and len(words) > 1 else (None, [])
            inside = first == ".subckt"
        block.append(line)
        inside = inside and first != ".ends"
    if block:
        yield name, block


def _words(lines: Iterable[str]) -> set[str]:
    """Return all names in some lines, in small letters."""
    return {word for line in lines for word in re.findall(r"\w+", line.lower())}
