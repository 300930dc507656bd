"""SPICE-level co-simulation of memristor programming.

pulse -> circuit -> engine -> waveform -> dataset -> predictor -> write_verify -> report
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .validity import OutsideTraining, TuningEdge, UnreadableTarget, ValidityWarning
from .variability import HalfCycleWalk, ReadNoise, Spread, Walk, Wander
from .device import Device, jart_vcm_v1b
from .pulse import Parallel, Pulse
from .waveform import Fidelity, Result, SimulationError, State, Waveform
from .population import spread_windows, stationary
from .circuit import (
    Cell1R,
    Cell1T1R,
    CompactCell,
    Crossbar,
    Driver,
    Lines,
    Process,
    Read,
    ReadingClipped,
    Resistor,
    Sense,
    Testbench,
    Transistor,
    WriteDriver,
)
from .engine import Ngspice
from .rebuild import rebuilt
from .static import rate, static_current
from .transient import simulate
from .cell import live
from .read_error import ReadError, read_error
from .pair import Pair, pair
from .array import (
    ArrayWrite,
    Disturb,
    Positions,
    Product,
    Sneak,
    disturb,
    product,
    sneak,
    sneak_map,
    sweep_positions,
    write_array,
)
from .edges import Alphas, Edges, edges
from .dataset import PulseDataset, extract
from .importing import import_pulses
from .compare import Comparison, compare
from .fleet import Fleet, fleet
from .write_verify import (
    ISPP,
    CoarseFine,
    FixedPulse,
    History,
    ISPPWidth,
    ModelTime,
    NominalTimes,
    Outcome,
    Posterior,
    ProportionalIntegral,
    ProportionalIntegralWidth,
    nominal_times,
    ratio,
    summary,
    tune,
    write_many,
    write_verify,
)
from .one_shot import deploy, noise_free, small_updates, trials
from .report import report

if TYPE_CHECKING:
    from .predictor import NeuralProgrammer, PulsePredictor, Table

__version__ = "0.1.0"

# the whole public list, in the order of the flow
__all__ = [
    "Spread",
    "Walk",
    "HalfCycleWalk",
    "ReadNoise",
    "Wander",
    "Device",
    "jart_vcm_v1b",
    "Pulse",
    "Parallel",
    "Waveform",
    "Fidelity",
    "State",
    "Result",
    "SimulationError",
    "spread_windows",
    "stationary",
    "Lines",
    "Driver",
    "WriteDriver",
    "Sense",
    "ReadingClipped",
    "Transistor",
    "Process",
    "Read",
    "Resistor",
    "Cell1R",
    "Cell1T1R",
    "CompactCell",
    "Crossbar",
    "Testbench",
    "Ngspice",
    "rebuilt",
    "static_current",
    "rate",
    "simulate",
    "live",
    "read_error",
    "ReadError",
    "Pair",
    "pair",
    "write_array",
    "ArrayWrite",
    "sneak",
    "sneak_map",
    "Sneak",
    "product",
    "Product",
    "sweep_positions",
    "Positions",
    "disturb",
    "Disturb",
    "edges",
    "Edges",
    "Alphas",
    "PulseDataset",
    "extract",
    "import_pulses",
    "compare",
    "Comparison",
    "Fleet",
    "fleet",
    "FixedPulse",
    "ISPP",
    "ISPPWidth",
    "CoarseFine",
    "ProportionalIntegral",
    "ProportionalIntegralWidth",
    "nominal_times",
    "NominalTimes",
    "ModelTime",
    "Posterior",
    "History",
    "Outcome",
    "write_verify",
    "write_many",
    "tune",
    "summary",
    "ratio",
    "deploy",
    "small_updates",
    "noise_free",
    "trials",
    "PulsePredictor",
    "NeuralProgrammer",
    "Table",
    "report",
    "ValidityWarning",
    "OutsideTraining",
    "TuningEdge",
    "UnreadableTarget",
]


def __getattr__(name: str) -> Any:
    # torch takes two seconds to import: only programs that use a predictor wait for it
    if name in ("PulsePredictor", "NeuralProgrammer", "Table"):
        from . import predictor

        return getattr(predictor, name)
    raise AttributeError(f"module 'ouro_spice' has no attribute {name!r}")
