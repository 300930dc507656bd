"""From the waveform of a read to a reading: measured current, ADC, correction by known resistors."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from ..circuit.cell_kinds import Cell
from ..circuit.cells import Cell1R, Cell1T1R
from ..circuit.parts import Driver
from ..circuit.result import Result, SimulationError
from ..circuit.sense import ReadingClipped
from ..circuit.waveform import Waveform
from ..compact import characteristics
from ..device.memristor import Memristor
from ..spice.ngspice import Engine

if TYPE_CHECKING:
    from scipy.interpolate import PchipInterpolator

_CALIBRATION_S = np.geomspace(0.5e-6, 4e-3, 18)


@dataclass(frozen=True)
class Reading:
    """What a read reports.

    Attributes
    ----------
    g_S
        The reading [S]: corrected by known resistors, or raw where the sense path is not calibrated.
    raw_S, adc_S
        Current over read voltage, before and behind the ADC [S].
    clipped
        Whether it was outside the range of the ADC, or of the known resistors behind it.
    """

    g_S: float
    raw_S: float
    adc_S: float
    clipped: bool = False


def reading(cell: Cell, wave: Waveform, engine: Engine, warn: bool = True) -> Reading:
    """Return what the sense path makes of a read's waveform: current over read voltage, digitised, corrected.

    Raises
    ------
    SimulationError
        Without a `Sense`, for a reading outside the range of the known resistors, 0.5 uS to 4 mS. With one, the end of
        the range is reported, with a warning `ReadingClipped` if `warn`.
    """
    sense, raw = cell.alone.sense, mean(cell, wave, measured_trace(cell)) / cell.read.voltage
    adc, clipped = sense.digitised(raw) if sense else (raw, False)
    g_S = adc
    if sense is None or sense.calibrate:
        calibration = _calibration(_reference(cell), engine, cell.alone.process.content, _highest_S(cell))
        if sense is None:
            return _without_sense(calibration, raw)
        low, high = np.exp(calibration.x[[0, -1]])
        outside = not low <= adc <= high
        clipped = clipped or outside
        g_S = float(np.exp(calibration(np.log(np.clip(adc, low, high)))))
    if sense and clipped and warn:
        low, high = sense.range_S
        text = f"a raw reading of {raw:.4g} S was clipped: the ADC's range is {low:.4g} to {high:.4g} S"
        warnings.warn(ReadingClipped(text), stacklevel=3)
    return Reading(g_S, raw, adc, clipped)


def known_conductances(cell: Cell) -> np.ndarray:
    """Return the conductances of the known resistors that reads of a cell are corrected by, ascending, (K,) [S]."""
    return _known_S(_highest_S(cell))


def reported(cell: Cell, raw_S: np.ndarray, engine: Engine) -> tuple[np.ndarray, np.ndarray]:
    """Return what is reported of raw readings (D,) [S], and whether each was clipped, (D,).

    As `reading` says; NaN where that raises.
    """
    sense = cell.alone.sense
    if sense is None:
        adc, clipped = np.asarray(raw_S, dtype=float), np.zeros(len(raw_S), bool)
    else:
        found = [sense.digitised(float(raw)) for raw in raw_S]
        adc, clipped = np.array([g for g, _ in found]), np.array([one for _, one in found], bool)
    if sense is not None and not sense.calibrate:
        return adc, clipped
    calibration = _calibration(_reference(cell), engine, cell.alone.process.content, _highest_S(cell))
    low, high = np.exp(calibration.x[[0, -1]])
    outside = ~((adc >= low) & (adc <= high))
    g_S = np.exp(calibration(np.log(np.clip(adc, low, high))))
    if sense is None:
        g_S[outside] = np.nan
        return g_S, clipped
    return g_S, clipped | outside


def static_reading(cell: Cell1R, raw_S: float) -> Reading:
    """Return what a 1R cell without a `Sense` reports for a current over read voltage at its operating point [S].

    Raises
    ------
    SimulationError
        For a reading outside the range of the known resistors, 0.5 uS to 4 mS.
    """
    return _without_sense(_static_calibration(cell.resistor(1.0), _highest_S(cell)), raw_S)


def _without_sense(calibration: PchipInterpolator, raw_S: float) -> Reading:
    """Return a reading without a `Sense`, corrected by known resistors; SimulationError outside their range."""
    low, high = np.exp(calibration.x[[0, -1]])
    if not low <= raw_S <= high:
        text = f"a raw reading of {raw_S:.3g} S; known resistors give {low:.3g} to {high:.3g} S"
        raise SimulationError(Result.READ, "", (text,))
    return Reading(float(np.exp(calibration(np.log(raw_S)))), raw_S, raw_S)


def prepare(cell: Cell, engine: Engine) -> None:
    """Measure the known resistors that readings of this cell are corrected by, if they are and none has been yet."""
    sense = cell.alone.sense
    if sense is None or sense.calibrate:
        _calibration(_reference(cell), engine, cell.alone.process.content, _highest_S(cell))


def readable_S(cell: Cell, engine: Engine) -> np.ndarray | None:
    """Return the readings that the codes of a cell's ADC stand for, ascending, (K,) [S]; None without a `Sense`.

    Of an ADC that resolves everything: the two ends of its range.
    """
    sense = cell.alone.sense
    if sense is None:
        return None
    low, high = sense.range_S
    codes = low + (np.arange(2**sense.bits) + 0.5) * sense.step_S if sense.bits else np.array([low, high])
    if not sense.calibrate:
        return codes
    calibration = _calibration(_reference(cell), engine, cell.alone.process.content, _highest_S(cell))
    return np.unique(np.exp(calibration(np.log(np.clip(codes, *np.exp(calibration.x[[0, -1]]))))))


def unreadable(cell: Cell, engine: Engine, targets_S: ArrayLike, tolerance: float) -> str:
    """Return why readings cannot tell whether a target [S] has been reached within a tolerance; "" where they can.

    For the first such target: no code of the ADC reads within the tolerance, or its codes lie farther apart than the
    band is wide.
    """
    codes, targets = readable_S(cell, engine), np.ravel(np.asarray(targets_S, dtype=float))
    sense = cell.alone.sense
    if codes is None or sense is None or not len(targets):
        return ""
    bits, last = sense.bits, len(codes) - 1
    above = np.clip(np.searchsorted(codes, targets), 1 if last else 0, last)
    a, b = codes[np.maximum(above - 1, 0)], codes[above]
    away = np.minimum(np.abs(a - targets), np.abs(b - targets)) if bits else np.maximum(a - targets, targets - b)
    never, coarse = away > tolerance * targets, (b - a > 2 * tolerance * targets) & bool(bits)
    if not np.any(never | coarse):
        return ""
    k = int(np.argmax(never)) if np.any(never) else int(np.argmax(coarse))
    band = f"{targets[k] * 1e6:.4g} uS within {tolerance:.3g}"
    which = f"the {bits}-bit ADC" if bits else "the ADC"
    many = f" ({np.sum(never | coarse)} of {len(targets)} targets)" if len(targets) > 1 else ""
    codes_uS = f"{a[k] * 1e6:.4g} and {b[k] * 1e6:.4g} uS"
    if never[k]:
        near = f"its codes next to it read {codes_uS}" if bits else f"its range reads as {codes_uS}"
        return f"{which} has no reading of {band}: {near}{many}"
    return f"a step of {which}, {codes_uS}, is wider than the band {band}: a reading in it says little{many}"


def measured_trace(cell: Cell) -> str:
    """Return the trace that a read measures: the conveyor's output, or the current into the bit line's driver."""
    return "i_sense" if cell.alone.sense else "i_bl"


def mean(cell: Cell, wave: Waveform, trace: str) -> float:
    """Return the mean of a trace over the second half of a read's flat top, in the trace's unit."""
    start, high = cell.alone.read_flat_s
    low = (start + high) / 2
    inside = (wave.time_s > low) & (wave.time_s < high)
    times = np.concatenate([[low], wave.time_s[inside], [high]])
    return float(np.trapezoid(np.interp(times, wave.time_s, wave[trace]), times) / (high - low))


def _reference(cell: Cell) -> Cell1R | Cell1T1R:
    """Return the cell alone, with a known resistor: the same for all devices, so that it is measured once."""
    return cell.alone.resistor(1.0)


@lru_cache(maxsize=64)
def _calibration(
    cell: Cell1R | Cell1T1R, engine: Engine, _content: tuple[str, ...], highest_S: float
) -> PchipInterpolator:
    """Return ln G over ln of the raw reading, from known resistors in place of the device, up to a conductance [S]."""
    grid = _known_S(highest_S)
    cells = [cell.resistor(1 / g) for g in grid]
    waves = engine.map([c.read_testbench() for c in cells])
    raw = np.array([mean(c, wave, measured_trace(c)) for c, wave in zip(cells, waves, strict=True)]) / cell.read.voltage
    known = grid
    if cell.sense:
        # a conveyor that has run out of current: what lies beyond reads alike
        falls = np.flatnonzero(np.diff(raw) <= 1e-3 * raw[:-1])
        known, raw = (values[: falls[0] + 1] if len(falls) else values for values in (known, raw))
    if not (len(raw) > 2 and np.all(raw > 0) and np.all(np.diff(raw) > 0)):
        raise ValueError(
            f"a read of {cell.read.width:g} s is too short for this circuit: its readings of known resistors do not "
            "rise with their conductance (lengthen Read.width, or lower the lines' resistance and capacitance)"
        )
    return _correction(raw, known)


@lru_cache(maxsize=64)
def _static_calibration(cell: Cell1R, highest_S: float) -> PchipInterpolator:
    """Return the same of a 1R cell whose reads are its operating point: all resistances are in series."""
    known, lines = _known_S(highest_S), cell.lines
    driver = cell.driver.resistance if isinstance(cell.driver, Driver) else 0.0
    series = 2 * (driver + lines.contact) + lines.r_wl + lines.r_bl
    return _correction(known / (1 + series * known), known)


def _correction(raw_S: np.ndarray, known_S: np.ndarray) -> PchipInterpolator:
    """Return ln of known conductances over ln of their raw readings."""
    from scipy.interpolate import PchipInterpolator  # half a second

    return PchipInterpolator(np.log(raw_S), np.log(known_S))


def _known_S(highest_S: float) -> np.ndarray:
    """Return the known conductances, at least up to one [S]."""
    top = _CALIBRATION_S[-1]
    return _CALIBRATION_S if highest_S <= top else np.append(_CALIBRATION_S, np.geomspace(top, highest_S, 7)[1:])


def _highest_S(cell: Cell) -> float:
    """Return up to which conductance a cell's reads are calibrated [S]: beyond the usual for devices that have more."""
    device, usual = cell.alone.device, float(_CALIBRATION_S[-1])
    if not isinstance(device, Memristor):
        return usual
    top = 1.5 * characteristics.range_S(device)[1]
    return usual if top <= usual else usual * 10 ** math.ceil(math.log10(top / usual))
