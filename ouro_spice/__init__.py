"""SPICE-level co-simulation of memristor programming.

pulse -> circuit -> engine -> waveform -> dataset -> predictor -> write_verify -> report
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._util.validity import OutsideTraining, TuningEdge, UnreadableTarget, ValidityWarning
from .device.walk import HalfCycleWalk, Walk
from .device.read_noise import ReadNoise
from .device.spread import Spread
from .device.walk_state import WalkState
from .device.jart import Device, jart_vcm_v1b
from .circuit.pulse import Parallel, Pulse
from .circuit.waveform import Fidelity, Waveform
from .circuit.result import Result, SimulationError
from .device.state import State
from .simulation.population import spread_windows, stationary
from .circuit.cells import Cell1R, Cell1T1R
from .circuit.compact_cell import CompactCell
from .circuit.crossbar import Crossbar
from .circuit.parts import Driver, Lines, Read, Resistor, Transistor
from .circuit.process import Process
from .circuit.sense import ReadingClipped, Sense
from .circuit.testbench import Testbench
from .circuit.drivers import WriteDriver
from .spice.ngspice import Ngspice
from .provenance.rebuild import rebuilt
from .simulation.static import rate, static_current
from .simulation.transient import simulate
from .simulation.live_cell import live
from .simulation.reading_errors import ReadError, read_error
from .simulation.write_voltages import Pair, pair
from .array.array_write import ArrayWrite, write_array
from .array.disturbance import Disturb, disturb
from .array.position_sweep import Positions, sweep_positions
from .array.vector_product import Product, product
from .array.sneak_paths import Sneak, sneak, sneak_map
from .dataset.edge_effects.effective_width import Alphas
from .dataset.edge_effects.edge_study import Edges, edges
from .dataset.pulse_dataset import PulseDataset, extract
from .dataset.importing import import_pulses
from .dataset.comparison.comparison import Comparison, compare
from .programming.batch import Fleet, fleet
from .programming.programmers.ispp import ISPP, ISPPWidth
from .programming.programmers.coarse_fine import CoarseFine
from .programming.programmers.fixed import FixedPulse
from .programming.history import History
from .programming.programmers.model_time import ModelTime
from .programming.nominal import NominalTimes, nominal_times
from .programming.outcome import Outcome
from .programming.programmers.posterior import Posterior
from .programming.programmers.proportional_integral import ProportionalIntegral, ProportionalIntegralWidth
from .programming.write_statistics import ratio, summary
from .programming.tuning import tune
from .programming.lockstep import write_many
from .programming.write_loop import write_verify
from .evaluation.deployment import deploy
from .evaluation.baselines import noise_free
from .evaluation.increments import small_updates
from .evaluation.trajectories import trials
from .reporting.report_page import report

if TYPE_CHECKING:
    from .prediction.neural_programmer import NeuralProgrammer
    from .prediction.pulse_predictor import PulsePredictor
    from .prediction.lookup_table import Table

__version__ = "0.2.0"

# the whole public list, in the order of the flow
__all__ = [
    "Spread",
    "Walk",
    "HalfCycleWalk",
    "ReadNoise",
    "WalkState",
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


_LATE = {
    "PulsePredictor": "prediction.pulse_predictor",
    "NeuralProgrammer": "prediction.neural_programmer",
    "Table": "prediction.lookup_table",
}
"""Names whose modules import torch, which takes two seconds: only programs that use a predictor wait for it."""


_RENAMED = {"Wander": "WalkState"}
"""Names that were public before, and what they are called now: they work for one version more, with a warning."""


def __getattr__(name: str) -> Any:
    if name in _RENAMED:
        import warnings

        new = _RENAMED[name]
        warnings.warn(f"ouro_spice.{name} is now ouro_spice.{new}", DeprecationWarning, stacklevel=2)
        return globals()[new]
    if name in _LATE:
        from importlib import import_module

        return getattr(import_module(f"{__name__}.{_LATE[name]}"), name)
    raise AttributeError(f"module 'ouro_spice' has no attribute {name!r}")
