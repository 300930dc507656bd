"""SPICE-level co-simulation of memristor programming.

pulse -> circuit -> engine -> waveform -> dataset -> predictor -> write_verify -> report
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

# the whole public list, in the order of the flow; a name is imported when it is first used, so that a program which
# only simulates does not wait for torch
_PUBLIC = {
    "Device": "device",
    "jart_vcm_v1b": "device",
    "Pulse": "pulse",
    "Waveform": "waveform",
    "State": "waveform",
    "Result": "waveform",
    "SimulationError": "waveform",
    "Lines": "circuit",
    "Driver": "circuit",
    "Transistor": "circuit",
    "Read": "circuit",
    "Resistor": "circuit",
    "Cell1R": "circuit",
    "Cell1T1R": "circuit",
    "Testbench": "circuit",
    "Ngspice": "engine",
    "simulate": "engine",
    "live": "cell",
    "pair": "pair",
    "PulseDataset": "dataset",
    "extract": "dataset",
    "PulsePredictor": "predictor",
    "NeuralProgrammer": "predictor",
    "FixedPulse": "write_verify",
    "ISPP": "write_verify",
    "History": "write_verify",
    "write_verify": "write_verify",
    "report": "report",
}

__all__ = list(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'ouro_spice' has no attribute {name!r}")
    value = getattr(import_module(f".{_PUBLIC[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
