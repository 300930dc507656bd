"""SPICE-level co-simulation of memristor programming.

pulse -> circuit -> engine -> waveform -> dataset -> predictor -> write_verify -> report
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._util.validity import OutsideTraining, TuningEdge, UnreadableTarget, ValidityWarning
    from .device.jart.walk import HalfCycleWalk, Walk
    from .device.jart.read_noise import ReadNoise
    from .device.jart.spread import Spread
    from .device.jart.walk_state import WalkState
    from .device.jart.jart_device import Device
    from .device.jart.jart_preset import jart_vcm_v1b
    from .device.memristor import Memristor
    from .device.relative_spread import RelativeSpread
    from .device.threshold.drift import linear_drift
    from .device.threshold.vteam_device import vteam
    from .device.threshold.team_device import team
    from .device.threshold.zhang_device import zhang
    from .circuit.pulse import Parallel, Pulse
    from .circuit.drive_waveforms import Pwl
    from .circuit.waveform_shapes import double_pulse, sine, spike, staircase, stdp_pair
    from .circuit.waveform import Fidelity, Waveform
    from .circuit.result import Result, SimulationError
    from .device.state import State
    from .simulation.jart.population import spread_windows, stationary
    from .circuit.cells import Cell1R, Cell1T1R
    from .circuit.compact_cell import CompactCell
    from .circuit.crossbar import Crossbar
    from .circuit.parts import Driver, Lines, Read, Resistor, Transistor
    from .circuit.process import Process
    from .circuit.sense import ReadingClipped, Sense
    from .circuit.testbench import Testbench
    from .circuit.drivers import WriteDriver
    from .spice.ngspice import Ngspice
    from .spice.written_deck import deck
    from .spice.foreign.model_files import load_model
    from .provenance.rebuild import rebuilt
    from .simulation.static import rate, static_current
    from .simulation.transient import simulate
    from .simulation.live_cell import live
    from .simulation.reading_errors import ReadError, read_error
    from .simulation.write_voltages import Pair, pair
    from .array.array_write import ArrayWrite, write_array
    from .array.disturbance import Disturb, disturb
    from .array.position_sweep import Positions, sweep_positions
    from .array.array_solver import ArraySolver
    from .array.column_currents import Product
    from .array.vector_product import product
    from .array.cell_read import Sneak
    from .array.sneak_paths import sneak, sneak_map
    from .dataset.edge_effects.effective_width import Alphas
    from .dataset.edge_effects.edge_study import Edges, edges
    from .dataset.pulse_dataset import PulseDataset, extract
    from .dataset.sweep import Sweep
    from .dataset.importing import import_pulses
    from .dataset.comparison.comparison import Comparison, compare
    from .programming.batch import Fleet, fleet
    from .programming.programmers.ispp import ISPP, ISPPWidth
    from .programming.programmers.coarse_fine import CoarseFine
    from .programming.programmers.fixed import FixedPulse
    from .programming.history import History
    from .programming.programmer import Situation
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
    from .evaluation.swept_response import swept_floor
    from .reporting.report_page import report
    from .prediction.neural_programmer import NeuralProgrammer
    from .prediction.nominal_predictor import NominalPredictor
    from .prediction.pulse_predictor import PulsePredictor
    from .prediction.lookup_table import Table

__version__ = "0.2.0"

# the whole public list, in the order of the flow
__all__ = [
    "Spread", "Walk", "HalfCycleWalk", "ReadNoise", "WalkState", "Device", "jart_vcm_v1b", "Memristor",
    "RelativeSpread", "linear_drift", "vteam", "team", "zhang", "Pulse", "Parallel", "Pwl", "sine", "staircase",
    "double_pulse", "spike", "stdp_pair", "Waveform", "Fidelity", "State", "Result", "SimulationError",
    "spread_windows", "stationary", "Lines", "Driver", "WriteDriver", "Sense", "ReadingClipped", "Transistor",
    "Process", "Read", "Resistor", "Cell1R", "Cell1T1R", "CompactCell", "Crossbar", "Testbench", "Ngspice", "deck",
    "load_model", "rebuilt", "static_current", "rate", "simulate", "live", "read_error", "ReadError", "Pair", "pair",
    "write_array", "ArrayWrite", "sneak", "sneak_map", "Sneak", "product", "Product", "sweep_positions", "Positions",
    "ArraySolver",
    "disturb", "Disturb", "edges", "Edges", "Alphas", "PulseDataset", "extract", "Sweep", "import_pulses", "compare",
    "Comparison", "Fleet", "fleet", "FixedPulse", "ISPP", "ISPPWidth", "CoarseFine", "ProportionalIntegral",
    "ProportionalIntegralWidth", "nominal_times", "NominalTimes", "ModelTime", "Posterior", "History", "Situation",
    "Outcome", "write_verify", "write_many", "tune", "summary", "ratio", "deploy", "small_updates", "noise_free",
    "trials", "swept_floor", "PulsePredictor", "NeuralProgrammer", "NominalPredictor", "Table", "report",
    "ValidityWarning", "OutsideTraining", "TuningEdge", "UnreadableTarget",
]  # fmt: skip


_PLACES = {
    "_util.validity": "OutsideTraining TuningEdge UnreadableTarget ValidityWarning",
    "device.jart.walk": "HalfCycleWalk Walk",
    "device.jart.read_noise": "ReadNoise",
    "device.jart.spread": "Spread",
    "device.jart.walk_state": "WalkState",
    "device.jart.jart_device": "Device",
    "device.jart.jart_preset": "jart_vcm_v1b",
    "device.memristor": "Memristor",
    "device.relative_spread": "RelativeSpread",
    "device.threshold.drift": "linear_drift",
    "device.threshold.vteam_device": "vteam",
    "device.threshold.team_device": "team",
    "device.threshold.zhang_device": "zhang",
    "circuit.pulse": "Parallel Pulse",
    "circuit.drive_waveforms": "Pwl",
    "circuit.waveform_shapes": "double_pulse sine spike staircase stdp_pair",
    "circuit.waveform": "Fidelity Waveform",
    "circuit.result": "Result SimulationError",
    "device.state": "State",
    "simulation.jart.population": "spread_windows stationary",
    "circuit.cells": "Cell1R Cell1T1R",
    "circuit.compact_cell": "CompactCell",
    "circuit.crossbar": "Crossbar",
    "circuit.parts": "Driver Lines Read Resistor Transistor",
    "circuit.process": "Process",
    "circuit.sense": "ReadingClipped Sense",
    "circuit.testbench": "Testbench",
    "circuit.drivers": "WriteDriver",
    "spice.ngspice": "Ngspice",
    "spice.written_deck": "deck",
    "spice.foreign.model_files": "load_model",
    "provenance.rebuild": "rebuilt",
    "simulation.static": "rate static_current",
    "simulation.transient": "simulate",
    "simulation.live_cell": "live",
    "simulation.reading_errors": "ReadError read_error",
    "simulation.write_voltages": "Pair pair",
    "array.array_write": "ArrayWrite write_array",
    "array.disturbance": "Disturb disturb",
    "array.position_sweep": "Positions sweep_positions",
    "array.array_solver": "ArraySolver",
    "array.column_currents": "Product",
    "array.vector_product": "product",
    "array.cell_read": "Sneak",
    "array.sneak_paths": "sneak sneak_map",
    "dataset.edge_effects.effective_width": "Alphas",
    "dataset.edge_effects.edge_study": "Edges edges",
    "dataset.pulse_dataset": "PulseDataset extract",
    "dataset.sweep": "Sweep",
    "dataset.importing": "import_pulses",
    "dataset.comparison.comparison": "Comparison compare",
    "programming.batch": "Fleet fleet",
    "programming.programmers.ispp": "ISPP ISPPWidth",
    "programming.programmers.coarse_fine": "CoarseFine",
    "programming.programmers.fixed": "FixedPulse",
    "programming.history": "History",
    "programming.programmer": "Situation",
    "programming.programmers.model_time": "ModelTime",
    "programming.nominal": "NominalTimes nominal_times",
    "programming.outcome": "Outcome",
    "programming.programmers.posterior": "Posterior",
    "programming.programmers.proportional_integral": "ProportionalIntegral ProportionalIntegralWidth",
    "programming.write_statistics": "ratio summary",
    "programming.tuning": "tune",
    "programming.lockstep": "write_many",
    "programming.write_loop": "write_verify",
    "evaluation.deployment": "deploy",
    "evaluation.baselines": "noise_free",
    "evaluation.increments": "small_updates",
    "evaluation.trajectories": "trials",
    "evaluation.swept_response": "swept_floor",
    "prediction.nominal_predictor": "NominalPredictor",
    "reporting.report_page": "report",
    "prediction.neural_programmer": "NeuralProgrammer",
    "prediction.pulse_predictor": "PulsePredictor",
    "prediction.lookup_table": "Table",
}
"""Public names by the module that has them: each is loaded when it is first asked for.

All of them together take a second or two: most programs need few, and a wrong argument of a command needs none.
"""

_PLACE_OF = {name: module for module, names in _PLACES.items() for name in names.split()}

_RENAMED = {"Wander": "WalkState"}
"""Names that were public before, and what they are called now: they work for one version more, with a warning."""

_ROOMS = frozenset((
    "device", "compact", "circuit", "provenance", "spice", "simulation", "array", "dataset", "programming",
    "evaluation", "prediction", "reporting",
))  # fmt: skip
"""Folders inside, which are attributes as they were when all public names were loaded at once."""


def __getattr__(name: str) -> Any:
    if name in _RENAMED:
        import warnings

        new = _RENAMED[name]
        warnings.warn(f"ouro_spice.{name} is now ouro_spice.{new}", DeprecationWarning, stacklevel=2)
        return getattr(sys.modules[__name__], new)
    if name in _PLACE_OF:
        found = getattr(import_module(f"{__name__}.{_PLACE_OF[name]}"), name)
        globals()[name] = found
        return found
    if name in _ROOMS:  # which the import of all public names would have loaded
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module 'ouro_spice' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
