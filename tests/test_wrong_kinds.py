"""Every public callable, called with the wrong kind of thing in every place: a ValueError of one line, at once."""

from __future__ import annotations

import signal
from decimal import Decimal

import numpy as np
import pytest
from analytic_device import records

import ouro_spice as ouro
from ouro_spice.dataset.recipe import Recipe
from ouro_spice.programming.outcome import Outcome
from ouro_spice.provenance.manifest import describe

WRONG = {
    "none": None, "text": "x", "empty": "", "list": [], "tuple": (), "dict": {}, "object": object(),
    "nan": float("nan"), "inf": float("inf"), "minus": -1, "huge": 10**400, "complex": 1j, "decimal": Decimal("0.1"),
    "bytes": b"x", "array": np.zeros((2, 2)), "class": int,
}  # fmt: skip
LIMIT_S = 10
"""A call that takes longer hangs."""

DEVICE = ouro.jart_vcm_v1b(window=True)
COMPACT, CELL = ouro.CompactCell(DEVICE, "reduced"), ouro.Cell1R(DEVICE)
GATED = ouro.Cell1T1R(DEVICE)
PAIR, PULSE = ouro.Pair(-0.414, 0.854, 60e-6), ouro.Pulse(-0.5, 50e-9)
WAVE = ouro.Pwl((0, 1e-9, 2e-9), (0, 0.5, 0))
ARRAY = ouro.Crossbar(2, 2, CELL)
RNG = np.random.default_rng(1)
FLEET = ouro.fleet(COMPACT, [Recipe(1, 0, PAIR).draw(COMPACT, 0)])
MANIFEST = describe(COMPACT, rise_s=2e-9, fall_s=2e-9, pair={"v_set": -0.4, "v_reset": 0.8, "total_s": 60e-6})
HISTORY = ouro.History("x", 2e-4, 0.1, (2e-4,), (2e-4,), (), Outcome.REACHED, 1e-7, 0.0, MANIFEST)
ISPP = ouro.ISPP(PAIR)
NOMINAL = ouro.NominalTimes(PAIR, [1.0, 1.1], [-9.0, -8.0], [[[0.0, 1.0]] * 2, [[1.0, 0.0]] * 2])
TABLE = ouro.Table.fit(records(60), bins=5)


def predict(start_S, dg_S):
    """A pulse of 10 ns, whatever is asked for."""
    return np.full(len(start_S), 1e-8)


# name: what is called, and good arguments
CASES = {
    "Spread": (ouro.Spread, {"sigma": (0.1,) * 4, "low": (0.9,) * 4, "high": (1.1,) * 4, "clamp": False}),
    "Walk": (ouro.Walk, {"step_s": 1e-8, "kick": 0.01, "progress": 0.1, "kick_min": 0.9, "band": 0.1}),
    "HalfCycleWalk": (ouro.HalfCycleWalk, {"kick": 0.1, "kick_min": 0.9, "low": (4.05e-08, 0.36, 0.004, 18.0),
                                           "high": (4.95e-08, 0.44, 0.016, 22.0)}),
    "ReadNoise": (ouro.ReadNoise, {"mean_Hz": 50.0, "sigma_Hz": 50.0}),
    "WalkState": (ouro.WalkState, {"r": 45e-9, "l": 0.4, "Ndiscmin": 0.008, "Ndiscmax": 20.0, "r_before": 45e-9,
                             "l_before": 0.4, "Ndiscmin_before": 0.008, "Ndiscmax_before": 20.0, "n_begin": 0.1,
                             "clock_s": 0.0, "count": 0, "polarity": 0}),
    "WalkState.at": (ouro.WalkState.at, {"r": 45e-9, "l": 0.4, "n_min": 0.008, "n_max": 20.0, "n_disc": 0.1}),
    "Device": (ouro.Device, {"r": 45e-9, "realisation": "compiled", "walk": None, "read_noise": None}),
    "jart_vcm_v1b": (ouro.jart_vcm_v1b, {"window": True, "realisation": "compiled", "walk": None, "read_noise": None,
                                         "T0": 293.0}),
    "Device.draw": (DEVICE.draw, {"rng": RNG, "size": 1, "law": "ten_percent"}),
    "Device.replace": (DEVICE.replace, {"r": 45e-9, "Nhi": 1.0, "flim": 1}),
    "Pulse": (ouro.Pulse, {"amplitude": -0.5, "width": 1e-8, "rise": 2e-9, "fall": 2e-9, "idle": 1e-8}),
    "Pwl": (ouro.Pwl, {"times_s": (0.0, 1e-9, 2e-9), "volts": (0.0, 0.5, 0.0), "idle": 1e-8}),
    "Pwl.measured": (ouro.Pwl.measured, {"times_s": (0.0, 1e-9), "volts": (0.1, 0.5), "edge": 1e-9, "idle": 1e-8}),
    "Pwl.from_csv": (ouro.Pwl.from_csv, {"path": "x.csv", "edge": 1e-9, "idle": 1e-8}),
    "sine": (ouro.sine, {"amplitude": 0.5, "frequency": 1e6, "cycles": 1.0, "idle": 1e-8}),
    "staircase": (ouro.staircase, {"levels": [0.1, 0.2], "step": 1e-8, "edge": 2e-9, "idle": 1e-8}),
    "double_pulse": (ouro.double_pulse, {"first": PULSE, "gap": 1e-8, "second": PULSE}),
    "spike": (ouro.spike, {"peak": 0.5, "width": 1e-8, "tail": -0.2, "tail_width": 1e-7, "edge": 2e-9}),
    "stdp_pair": (ouro.stdp_pair, {"delay": 1e-8, "pre": WAVE, "post": WAVE, "idle": 1e-8}),
    "RelativeSpread": (ouro.RelativeSpread, {"names": ("R_on",), "sigma": (0.1,), "cut": (0.1,)}),
    "linear_drift": (ouro.linear_drift, {"window": "joglekar", "realisation": "compiled", "R_on": 100.0}),
    "vteam": (ouro.vteam, {"realisation": "compiled", "R_on": 50.0}),
    "team": (ouro.team, {"realisation": "compiled", "R_on": 50.0}),
    "zhang": (ouro.zhang, {"realisation": "compiled", "R_on": 1e3}),
    "load_model": (lambda path: ouro.load_model(path), {"path": "x.toml"}),
    "Sweep": (ouro.Sweep, {"control": "gate", "range_V": (0.8, 1.0), "pulse": PULSE, "erase": None}),
    "Parallel": (ouro.Parallel, {"pulses": (PULSE, None)}),
    "State": (ouro.State, {"x": (0.1,), "volts": {}, "wander": (), "telegraph": ()}),
    "spread_windows": (ouro.spread_windows, {"devices": [DEVICE], "rng": RNG, "share": 0.05, "model": None}),
    "stationary": (ouro.stationary, {"device": DEVICE.replace(walk=ouro.Walk()), "g_S": 2e-4, "seed": 0,
                                     "model": None}),
    "Lines": (ouro.Lines, dict.fromkeys(("r_bl", "r_sl", "r_wl", "c_bl", "c_sl", "c_wl", "contact"), 0.0)),
    "Driver": (ouro.Driver, {"resistance": 50.0}),
    "WriteDriver": (ouro.WriteDriver, {"w": 6e-5, "w_wl": 1.2e-5, "supply": 3.3}),
    "Sense": (ouro.Sense, {"bits": 8, "range_S": (0.0, 7e-4), "v_cm": 0.9, "calibrate": True, "supply": 3.3}),
    "Transistor": (ouro.Transistor, {"w": 2e-5, "l": 3.5e-7, "v_set": 3.3, "v_reset": 3.3, "v_read": 3.3,
                                     "edge": 1e-9}),
    "Process": (ouro.Process, {"corner": "tt", "kind": "model", "unit_m": 1.0, "gate_V": 3.6,
                               "l_min": 3.5e-7, "behaviour": None}),
    "Read": (ouro.Read, {"voltage": 0.2, "width": 1e-7, "edge": 1e-9}),
    "Resistor": (ouro.Resistor, {"resistance": 5e3}),
    "Cell1R": (ouro.Cell1R, {"device": DEVICE, "lines": ouro.Lines(), "driver": ouro.Driver(), "read": ouro.Read(),
                             "sense": None, "process": ouro.Process()}),
    "Cell1T1R": (ouro.Cell1T1R, {"device": DEVICE, "lines": ouro.Lines(), "driver": ouro.Driver(),
                                 "transistor": ouro.Transistor(), "read": ouro.Read(), "process": ouro.Process(),
                                 "sense": None}),
    "CompactCell": (ouro.CompactCell, {"device": DEVICE, "model": "full", "resistance": 0.0, "read": ouro.Read()}),
    "Crossbar": (ouro.Crossbar, {"rows": 2, "cols": 2, "cell": CELL, "scheme": None, "read_scheme": None,
                                 "devices": None}),
    "Crossbar.state": (ARRAY.state, {"g_S": 2e-4}),
    "Crossbar.cell_at": (ARRAY.cell_at, {"row": 0, "col": 0, "fidelity": "full"}),
    "Crossbar.row": (ARRAY.row, {"row": 0, "cols": (0,), "fidelity": "full"}),
    "Crossbar.draw": (ARRAY.draw, {"rng": RNG, "law": "ten_percent"}),
    "Cell.state": (CELL.state, {"g_S": 2e-4}),
    "Cell.testbench": (CELL.testbench, {"pulses": [PULSE], "state": None, "start_s": 0.0, "stop_s": None}),
    "CompactCell.state": (COMPACT.state, {"g_S": 2e-4}),
    "Ngspice": (ouro.Ngspice, {"workers": 1, "timeout_s": 120.0, "recycle": 10}),
    "rebuilt": (ouro.rebuilt, {"manifest": MANIFEST}),
    "static_current": (ouro.static_current, {"device": DEVICE, "v": 0.2, "state": 0.1, "realisation": "behavioural"}),
    "rate": (ouro.rate, {"device": DEVICE, "v": 0.2, "state": 0.1}),
    "simulate": (ouro.simulate, {"cell": COMPACT, "pulses": [PULSE], "state": None, "seed": 0, "throw": True,
                                 "start_s": 0.0, "stop_s": None}),
    "simulate, circuit": (ouro.simulate, {"cell": CELL, "pulses": [PULSE], "state": None, "seed": 0, "engine": None}),
    "deck": (ouro.deck, {"cell": CELL, "pulses": [PULSE], "state": None, "end": None}),
    "live": (ouro.live, {"cell": COMPACT, "state": None, "seed": 0, "device": None}),
    "live, circuit": (ouro.live, {"cell": CELL, "state": None, "seed": 0, "device": None}),
    "apply": (ouro.live(COMPACT).apply, {"pulse": PULSE}),
    "read_error": (ouro.read_error, {"cell": CELL, "g_S": 2e-4, "engine": None}),
    "Pair": (ouro.Pair, {"v_set": -0.4, "v_reset": 0.8, "total_s": 6e-5, "gate_set": None, "gate_reset": None}),
    "pair": (ouro.pair, {"cell": COMPACT, "total_s": 6e-5, "v_set": None, "v_reset": None, "engine": None}),
    "write_array": (ouro.write_array, {"selection": ARRAY.cell_at(0, 0), "pulse": PULSE, "state": None, "seed": 0}),
    "sneak": (ouro.sneak, {"array": ARRAY, "row": 0, "col": 0, "state": None, "fidelity": "full"}),
    "sneak_map": (ouro.sneak_map, {"array": ARRAY, "state": None, "positions": 2, "workers": 1, "cells": None,
                                   "out": None, "fidelity": "full", "sample": 1}),
    "product": (ouro.product, {"array": ARRAY, "inputs": [0.2, 0.2], "state": None, "fidelity": "full", "sample": 8}),
    "ArraySolver": (ouro.ArraySolver, {"array": ARRAY, "state": None}),
    "ArraySolver.currents": (ouro.ArraySolver(ARRAY).currents, {"inputs": [0.2, 0.2]}),
    "ArraySolver.product": (ouro.ArraySolver(ARRAY).product, {"inputs": [0.2, 0.2]}),
    "ArraySolver.read": (ouro.ArraySolver(ARRAY).read, {"row": 0, "col": 0}),
    "sweep_positions": (ouro.sweep_positions, {"array": ARRAY, "pulse": PULSE, "state": None, "positions": 2, "seed": 0,
                                               "fidelity": "full", "workers": 1, "out": None}),
    "disturb": (ouro.disturb, {"selection": ARRAY.cell_at(0, 0), "pulse": PULSE, "n": 1, "state": None,
                               "explicit": False, "seed": 0, "out": None}),
    "edges": (ouro.edges, {"cell": COMPACT, "voltages": PAIR, "counts": (1, 3), "edges_s": (2e-9,), "starts": 1,
                           "heldout": 1, "seed": 0, "workers": 1, "out": None}),
    "PulseDataset.load": (ouro.PulseDataset.load, {"path": "."}),
    "extract": (ouro.extract, {"cell": COMPACT, "n": 1, "seed": 0, "out": None, "workers": 1, "voltages": PAIR,
                               "scheduler": None, "sampling": "uniform", "repair": False, "d2d": None, "per_device": 1,
                               "start": "nominal", "rise_s": 2e-9, "fall_s": 2e-9, "step_s": 1e-8}),
    "import_pulses": (ouro.import_pulses, {"path": "x.csv", "columns": {}, "out": None, "seed": 0,
                                           "positive_sets": False, "rise_s": 2e-9, "fall_s": 2e-9}),
    "compare": (ouro.compare, {"a": "nowhere", "b": "nowhere", "split": False, "play": False, "n_split": 1,
                               "workers": 1, "out": None}),
    "fleet": (ouro.fleet, {"cell": COMPACT, "drawn": [Recipe(1, 0, PAIR).draw(COMPACT, 0)], "start": "nominal",
                           "workers": 1, "engine": None, "often_V": ()}),
    "FixedPulse": (ouro.FixedPulse, {"voltages": PAIR, "width": 1e-6, "edge": 2e-9, "name": "x", "over": 1.0}),
    "ISPP": (ouro.ISPP, {"voltages": PAIR, "width": 1e-6, "start": 0.9, "step": 0.02, "most": 2.0, "edge": 2e-9,
                         "name": "x", "back": None}),
    "ISPPWidth": (ouro.ISPPWidth, {"voltages": PAIR, "start": 1e-7, "growth": 1.5, "longest": 1e-4, "over": 1.0,
                                   "edge": 2e-9, "name": "x", "back": None}),
    "CoarseFine": (ouro.CoarseFine, {"voltages": PAIR, "start": 1.0, "coarse_width": 3e-8, "fine_width": 1e-8,
                                     "coarse_step": 0.05, "fine_step": 0.01, "reach": 0.3, "drop": 0.03, "most": 2.0,
                                     "edge": 2e-9, "name": "x"}),
    "ProportionalIntegral": (ouro.ProportionalIntegral, {
        "voltages": PAIR, "width": 1e-8, "start": 1.1, "integral": 0.05, "drop": 0.05, "proportional": 0.05,
        "most": 2.0, "edge": 2e-9, "name": "x"}),
    "ProportionalIntegralWidth": (ouro.ProportionalIntegralWidth, {
        "voltages": PAIR, "over": 1.1, "proportional": 1e-7, "integral": 4e-8, "limit": 1.5, "every": 10, "step": 0.0,
        "keep": True, "span": 4e-4, "most": 2.0, "edge": 2e-9, "shortest": 1e-9, "name": "x"}),
    "nominal_times": (ouro.nominal_times, {"cell": COMPACT, "voltages": PAIR, "engine": None}),
    "NominalTimes": (ouro.NominalTimes, {"voltages": PAIR, "overs": [1.0, 1.1], "log_g": [-9.0, -8.0],
                                         "time_s": [[[0.0, 1.0]] * 2, [[1.0, 0.0]] * 2]}),
    "ModelTime": (ouro.ModelTime, {"nominal": NOMINAL, "over": 1.05, "gain": 0.7, "rate": 0.7, "other": 0.5,
                                   "turn": 1.0, "edge": 2e-9, "shortest": 1e-9, "name": "x"}),
    "Posterior": (ouro.Posterior, {
        "nominal": NOMINAL, "width": 1.5e-8, "over": 1.1, "least": 1.0, "mean_set": -0.7, "mean_reset": -0.7,
        "spread": 0.7, "correlation": 0.3, "drift": 0.4, "noise": 0.3, "aim": 0.9, "edge": 2e-9, "shortest": 1e-9,
        "name": "x"}),
    "Table.fit": (ouro.Table.fit, {"data": records(60), "band": None, "bins": 5, "seed": 0}),
    "Table.load": (ouro.Table.load, {"path": "."}),
    "Table.predict": (TABLE.predict, {"g_start_S": 2e-4, "dg_S": 5e-5, "outside": "accept"}),
    "Table.next_pulse": (TABLE.next_pulse, {"target": 2e-4, "readings": [1.5e-4]}),
    "next_pulse": (ISPP.next_pulse, {"target": 2e-4, "readings": [1e-4]}),
    "write_verify": (ouro.write_verify, {"cell": COMPACT, "programmer": ISPP, "target": 2e-4, "tolerance": 0.1,
                                         "max_pulses": 1, "seed": 0, "state": None, "device": None, "patience": 20,
                                         "keep_going": False}),
    "write_many": (ouro.write_many, {"fleet": FLEET, "programmer": ISPP, "targets": [2e-4], "tolerance": 0.1,
                                     "max_pulses": 1, "places": None, "patience": 20, "keep_going": False,
                                     "recorded": None}),
    "tune": (ouro.tune, {"candidates": [ISPP], "make_fleet": FLEET.copy, "targets": [2e-4], "tolerance": 0.1,
                         "max_pulses": 1, "by": "pulses", "least": 0.9, "patience": 20}),
    "summary": (ouro.summary, {"histories": [HISTORY]}),
    "ratio": (ouro.ratio, {"a": [HISTORY], "b": [HISTORY], "key": "pulses"}),
    "deploy": (ouro.deploy, {"fleet": FLEET, "predict": predict, "targets_S": [2e-4], "pair": PAIR, "rise_s": 2e-9,
                             "fall_s": 2e-9, "clock_s": None}),
    "small_updates": (ouro.small_updates, {"cells": FLEET, "predictor": predict, "pair": PAIR, "steps_S": [1e-5],
                                           "rise_s": 2e-9, "fall_s": 2e-9, "clock_s": None}),
    "noise_free": (ouro.noise_free, {"cell": COMPACT, "pair": PAIR, "engine": None}),
    "trials": (ouro.trials, {"cell": COMPACT, "pair": PAIR, "n": 1, "trajectories": 2, "widths": 8, "seed": 0,
                             "d2d": None, "start": "nominal", "rise_s": 2e-9, "beyond": 3.0, "near": None,
                             "sampling": "uniform",
                             "out": None, "workers": 1}),
    "report": (ouro.report, {"histories_or_dataset": HISTORY, "out": "x.html"}),
}  # fmt: skip

# what a place takes all the same
TAKES = {
    "WalkState": "polarity=minus",
    "Device": "walk=none read_noise=none",
    "jart_vcm_v1b": "walk=none read_noise=none",
    "Pulse": "amplitude=minus",
    "sine": "amplitude=minus",
    "double_pulse": "second=none",
    "spike": "tail=minus",
    "stdp_pair": "delay=minus post=none",
    "Read": "voltage=minus",
    "State": "x=array,minus volts=dict wander=list,tuple telegraph=list,tuple",
    "Sweep": "range_V=none pulse=none erase=none",
    "spread_windows": "model=none",
    "stationary": "seed=huge model=none",
    "Sense": "bits=none",
    "Process": "behaviour=none",
    "Cell1R": "sense=none",
    "Cell1T1R": "sense=none",
    "Crossbar": "scheme=none read_scheme=none devices=none",
    "Crossbar.state": "g_S=none",
    "Crossbar.cell_at": "fidelity=none",
    "Crossbar.row": "cols=none fidelity=none",
    "Cell.state": "g_S=none",
    "Cell.testbench": "state=none stop_s=none",
    "CompactCell.state": "g_S=none",
    "Ngspice": "workers=none",
    "static_current": "v=array,list,minus,tuple state=list,tuple realisation=none",
    "rate": "v=array,list,minus,tuple state=list,tuple",
    "simulate": "state=none seed=huge stop_s=none",
    "simulate, circuit": "state=none seed=huge engine=none",
    "deck": "state=none end=none",
    "live": "state=none seed=huge device=none",
    "live, circuit": "state=none seed=huge device=none",
    "read_error": "engine=none",
    "Pair": "v_set=minus gate_set=none gate_reset=none",
    "pair": "v_set=none v_reset=none engine=none",
    "write_array": "state=none seed=huge",
    "sneak": "state=none fidelity=none",
    "sneak_map": "state=none positions=none workers=none cells=none out=none,text fidelity=none",
    "product": "state=none fidelity=none",
    "ArraySolver": "state=none",
    "ArraySolver.currents": "inputs=array",
    "sweep_positions": "state=none positions=none seed=huge fidelity=none workers=none out=none,text",
    "disturb": "state=none seed=huge out=none,text",
    "edges": "voltages=none seed=huge workers=none out=none,text",
    "extract": "seed=huge out=none,text workers=none scheduler=none d2d=none",
    "fleet": "workers=none engine=none often_V=dict,list,tuple",
    "FixedPulse": "name=text",
    "ISPP": "name=text back=none",
    "ISPPWidth": "name=text back=none",
    "CoarseFine": "name=text",
    "ProportionalIntegral": "name=text",
    "ProportionalIntegralWidth": "name=text",
    "nominal_times": "engine=none",
    "ModelTime": "name=text other=minus",
    "Posterior": "name=text mean_set=minus mean_reset=minus correlation=minus",
    "Table.fit": "band=none seed=huge",
    "Table.predict": "g_start_S=list,tuple dg_S=array,list,tuple",
    "write_verify": "seed=huge state=none device=none patience=none",
    "write_many": "places=none patience=none recorded=dict,none",
    "tune": "patience=none",
    "deploy": "clock_s=none",
    "small_updates": "clock_s=none",
    "noise_free": "engine=none",
    "trials": "near=none seed=huge d2d=none out=none,text workers=none",
    "report": "out=text",
}


def late(*_):
    raise TimeoutError("hangs")


def called(function, arguments):
    """What comes of a call: "" for a good refusal, else what happened."""
    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(LIMIT_S)
    try:
        function(**arguments)
    except ValueError as error:
        text = str(error)
        return "" if text and "\n" not in text else f"refused in {len(text.splitlines())} lines: {text!r}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    return "taken"


@pytest.mark.parametrize("name", CASES)
def test_every_place_refuses_what_it_cannot_take(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    function, good = CASES[name]
    takes = dict(one.split("=") for one in TAKES.get(name, "").split())
    assert set(takes) <= set(good)
    wrong = {}
    for place in good:
        for key in set(WRONG) - set(takes.get(place, "").split(",")):
            wrong[place, key] = called(function, good | {place: WRONG[key]})
    assert not {where: what for where, what in wrong.items() if what}
    assert not list(tmp_path.iterdir()), "what is refused leaves nothing behind"


def test_the_check_itself_can_fail():
    """A wrong kind of exception, a message of two lines and no refusal are all noticed."""
    assert called(int, {"x": 1}).startswith("TypeError")
    assert called(lambda x: ouro.Pulse(x, x), {"x": 1.0}) == "taken"

    def two_lines(x):
        raise ValueError(f"{x}\n{x}")

    assert "2 lines" in called(two_lines, {"x": 1})


def test_every_public_callable_is_here():
    """But for what simulations give, and exceptions."""
    given = {
        "Waveform", "Fidelity", "Result", "SimulationError", "ReadingClipped", "Testbench", "ReadError", "ArrayWrite",
        "Sneak", "Product", "Positions", "Disturb", "Edges", "Alphas", "PulseDataset", "Comparison", "Fleet", "History",
        "Outcome", "PulsePredictor", "NeuralProgrammer", "Table", "OutsideTraining", "UnreadableTarget",
        "ValidityWarning", "TuningEdge", "Memristor", "NominalPredictor", "Situation", "swept_floor",
    }  # fmt: skip
    assert set(ouro.__all__) - given <= set(CASES)
