"""``ouro-spice pulse``: one pulse, or some, sent to a cell: a figure, the waveform, a deck."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from .._util.checks import check_amplitude, check_conductance, check_range, check_width
from .._util.files import write_text, write_whole
from ..circuit.compact_cell import CompactCell
from ..circuit.drive_waveforms import Pwl
from ..circuit.pulse import HIGHEST_V, LONGEST_S, SHORTEST_S, Pulse
from .cells import CellOptions, Described, takes_a_cell, walking
from .output import Json, Out, Seed, deck_of_failure, option, out_folder
from .quantity import quantity

if TYPE_CHECKING:
    from ..circuit.stimuli import Stimulus
    from ..circuit.waveform import Waveform
    from ..device.state import State

_MOST = 10_000
"""Pulses of a table."""

_FILES = ("pulse.png", "pulse.svg", "waveform.csv", "pulse.cir")
_IN_TABLE = {"amplitude": "V", "width": "s"}
_MAY = {"rise": "s", "fall": "s", "idle": "s", "gate": "V"}


@takes_a_cell
def pulse(
    cell: CellOptions,
    amplitude: Annotated[float | None, quantity("V", "At the driver: SET negative, RESET positive.")] = None,
    width: Annotated[float | None, quantity("s", "Time at full amplitude.")] = None,
    rise: Annotated[float | None, quantity("s", "Rise.", default=Pulse.rise)] = None,
    fall: Annotated[float | None, quantity("s", "Fall.", default=Pulse.fall)] = None,
    gate: Annotated[
        float | None, quantity("V", "Of the word line, at the gate of the access transistor.", default="the cell's own")
    ] = None,
    csv: Annotated[
        Path | None,
        option("In place of these: a table of pulses, sent one after the other. Columns amplitude_V, width_ns, if "
               "wanted rise_ns, fall_ns, idle_ns (0 V behind the pulse), gate_V, in these or other units."),
    ] = None,
    waveform: Annotated[
        Path | None,
        option("In place of these: a voltage at the driver over time, linear from row to row. Columns time_s, volts_V, "
               "in these or other units; where it does not begin or end at 0 V, an edge of 1 ns leads there."),
    ] = None,
    start: Annotated[
        float | None, quantity("S", "Conductance before.", default="that of the device's own initial state")
    ] = None,
    walk: Annotated[float, quantity("s", "C2C: step of the walk; 0: none.", default=0.0)] = 0.0,
    seed: Seed = 0,
    accept_implausible: Annotated[
        bool, typer.Option("--accept-implausible", help="Take widths above 1 s, and amplitudes below 20 mV.")
    ] = False,
    out: Out = Path("runs/pulse"),
    as_json: Json = False,
) -> None:  # fmt: skip
    """Send pulses or a waveform to a cell: a figure, the waveform as CSV, and a deck for plain ngspice."""
    given = {"rise": rise, "fall": fall, "gate": gate}
    pulses = _sent(amplitude, width, given, csv, waveform, accept_implausible)
    if start is not None:
        check_conductance("--start", start)
    described = walking(cell.build(), walk)
    described.duration(pulses)  # refuses a gate voltage that the cell cannot have
    folder = out_folder(out)
    from ..simulation.transient import simulate

    state = _state(described, start)
    for name in _FILES:
        (folder / name).unlink(missing_ok=True)  # none of an earlier call may stand beside those of this one
    with deck_of_failure(folder):
        wave = simulate(described, pulses, state, seed)
    note = _write(described, pulses, state, wave, folder)
    results = _results(wave) | {"pulses": len(pulses), "seed": seed, "note": note}
    if as_json:
        print(json.dumps({"cell": cell.cell.value} | results | {"out": str(out)}, indent=2, allow_nan=False))
        return
    print(_sentence(results))
    if note:
        print(note)
    print(f"results: {out}")


def _sent(
    volts: float | None,
    width: float | None,
    others: dict[str, float | None],
    csv: Path | None,
    waveform: Path | None,
    accept: bool,
) -> list[Stimulus]:
    """Return what the options say is sent; ValueError where they say two things, or nothing."""
    if csv is None and waveform is None:
        return [_one(volts, width, others, accept)]
    if csv is not None and waveform is not None:
        raise ValueError("--csv and --waveform: a table of pulses or a waveform, not both")
    gate = others["gate"]
    if csv is not None:
        if (volts, width, *others.values()) != (None,) * 5:
            raise ValueError(
                "--csv, and --amplitude, --width, --rise, --fall or --gate: the table says what pulses there are"
            )
        return [*_table(csv, accept)]
    if (volts, width, others["rise"], others["fall"]) != (None,) * 4:
        raise ValueError("--waveform, and --amplitude, --width, --rise or --fall: the table says what the voltage does")
    if gate is not None:
        check_range("--gate", gate, 0.0, HIGHEST_V, "V")
    return [Pwl.from_csv(waveform or "", gate=gate)]


def _one(volts: float | None, width: float | None, others: dict[str, float | None], accept: bool) -> Pulse:
    """Return the pulse of the options; ValueError where they are none, naming the option."""
    if volts is None or width is None:
        missing = " and ".join(name for name, one in (("--amplitude", volts), ("--width", width)) if one is None)
        raise ValueError(f"{missing}: give a pulse's amplitude and width, as --amplitude -0.5V --width 50ns, or --csv")
    check_range("--amplitude", volts, -HIGHEST_V, HIGHEST_V, "V")
    check_amplitude("--amplitude", volts, accept=accept)
    check_width("--width", width, accept=accept)
    given = {name: value for name, value in others.items() if value is not None}
    for name, value in {"width": width, **given}.items():
        limits = (0.0, HIGHEST_V, "V") if name == "gate" else (SHORTEST_S, LONGEST_S, "s")
        check_range(f"--{name}", value, *limits)
    return Pulse(volts, width, **given)


def _table(path: Path, accept: bool) -> list[Pulse]:
    """Return the pulses of a table; ValueError, with file and line, for one that cannot be sent."""
    from .._util.tables.unit_columns import read_quantities

    table, found = read_quantities(path, _IN_TABLE, _MAY)
    if len(table) > _MOST:
        raise ValueError(f"{path}: {len(table)} pulses; {_MOST} at most")
    pulses = []
    for row, values in enumerate(np.stack(list(found.values()), axis=1).tolist()):
        given = dict(zip(found, values, strict=True))
        check_amplitude(f"{table.at(row)}: amplitude", given["amplitude"], accept=accept)
        check_width(f"{table.at(row)}: width", given["width"], accept=accept)
        try:
            pulses.append(Pulse(**given))
        except ValueError as error:
            raise ValueError(f"{table.at(row)}: {error}") from error
    return pulses


def _state(cell: Described, start_S: float | None) -> State:
    """Return the state before the pulses; ValueError for a conductance that the device cannot have."""
    if start_S is None:
        return cell.state()
    low, high = cell.window_S
    if not low * (1 - 1e-9) <= start_S <= high * (1 + 1e-9):
        raise ValueError(f"--start {start_S * 1e6:.4g} uS: the device can have {low * 1e6:.4g} .. {high * 1e6:.4g} uS")
    return cell.state(start_S)


def _write(cell: Described, pulses: list[Stimulus], state: State, wave: Waveform, folder: Path) -> str:
    """Write figure, waveform and deck; return what has to be said of the deck, "" for nothing."""
    from ..reporting.pulse_figure import pulse_figure, write_pulse_figure
    from ..spice.written_deck import deck

    write_pulse_figure(pulse_figure(cell, pulses, wave), folder)
    frame = wave.frame
    write_whole(folder / "waveform.csv", lambda path: frame.to_csv(path, index=False, float_format="%.9g"))
    if isinstance(cell, CompactCell):
        return "a compact cell is solved without SPICE: there is no pulse.cir"
    walks = getattr(cell.device, "walk", None) is not None
    write_text(folder / "pulse.cir", deck(cell, pulses, state, None if walks else wave.state))
    return "pulse.cir is the deck without the walk: it ends elsewhere" if walks else ""


def _results(wave: Waveform) -> dict[str, Any]:
    """Return the figures of a waveform, for JSON."""
    volts = wave["v_cell"]
    return {
        "g_start_S": float(wave.g[0]), "g_end_S": wave.g_S, "energy_J": wave.energy_J,
        "peak_V": float(volts[np.argmax(np.abs(volts))]), "peak_A": float(np.max(np.abs(wave["i_cell"]))),
        "peak_K": float(np.max(wave["temperature"])) if "temperature" in wave.traces else None,
        "time_s": float(wave.time_s[-1]), "result": wave.result.name, "points": len(wave.time_s),
        "warnings": list(wave.warnings),
    }  # fmt: skip


def _sentence(results: dict[str, Any]) -> str:
    """Return the figures of a waveform in one line."""
    g = (f"{results[f'g_{end}_S'] * 1e6:.1f}" for end in ("start", "end"))
    hot = "" if results["peak_K"] is None else f"peak {results['peak_K']:.0f} K, "
    pulses = f"{results['pulses']} pulses: " if results["pulses"] > 1 else ""
    return (
        f"{pulses}{' -> '.join(g)} uS, {results['energy_J'] * 1e12:.3g} pJ, peak {results['peak_V']:+.3g} V, "
        f"{results['peak_A'] * 1e6:.3g} uA at the device, {hot}{results['result']}; "
        f"{results['points']} points"
    )
