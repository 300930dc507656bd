"""Waveform, state, results and the error that carries them."""

from __future__ import annotations

import dataclasses
import pickle

import numpy as np
import pytest

import ouro_spice as ouro
from ouro_spice import Result, SimulationError, State, Waveform
from ouro_spice.circuit.waveform import Effort
from ouro_spice.compact.jart.jart_characteristics import conductance

DEVICE = ouro.jart_vcm_v1b(window=True)


def wave(**changes) -> Waveform:
    n = np.array([0.06, 0.5, 1.9])
    values = {
        "time_s": np.array([0.0, 1e-9, 2e-9]),
        "traces": {"v_ae": np.zeros(3), "i_cell": np.ones(3), "n_disc": n, "temperature": 300 * np.ones(3)},
        "state": State((1.9,)),
        "energy_J": 1e-12,
        "result": Result.OK,
        "device": DEVICE,
    }
    return Waveform(**(values | changes))


def test_traces_by_name():
    w = wave()
    assert w["n_disc"] is w.traces["n_disc"]
    assert w["g"] == pytest.approx(conductance(DEVICE, w["n_disc"]), rel=1e-6)
    assert w.g_S == w["g"][-1]
    assert isinstance(w.g_S, float)


def test_unknown_traces_say_what_there_is():
    with pytest.raises(KeyError, match="v_ae, i_cell, n_disc, temperature, g"):
        wave()["nosuch"]


def test_frame_has_units_in_its_names():
    frame = wave().frame
    assert list(frame.columns) == ["time_s", "v_ae_V", "i_cell_A", "n_disc_1e26", "temperature_K", "g_S"]
    assert len(frame) == 3


def test_frame_without_a_device():
    assert list(wave(device=None, traces={"v_ae": np.zeros(3)}).frame.columns) == ["time_s", "v_ae_V"]


def test_waveforms_survive_a_process_boundary():
    copy = pickle.loads(pickle.dumps(wave()))
    assert np.array_equal(copy["n_disc"], wave()["n_disc"])
    assert copy.state == wave().state
    assert copy.result is Result.OK


@pytest.mark.parametrize("x", [(), ((),), (np.nan,), (np.inf,), ("a",), (None,), (((0.1,),),)])
def test_states_that_cannot_be(x):
    with pytest.raises(ValueError, match=r"^x = "):
        State(x)


@pytest.mark.parametrize("x", [(0.0,), (-1.0,), (2000.0,), ((0.1, 0.2),)])
def test_states_that_a_device_cannot_have_are_refused_by_its_cells(x):
    for cell in (ouro.Cell1R(ouro.jart_vcm_v1b()), ouro.CompactCell(ouro.jart_vcm_v1b())):
        with pytest.raises(ValueError, match=r"n_disc|has 2 numbers"):
            cell.check_state(State(x))


def test_the_former_name_of_a_state_works_with_a_warning():
    with pytest.warns(DeprecationWarning, match=r"State\.x"):
        assert State((0.1, 0.2)).n_disc == (0.1, 0.2)
    with pytest.raises(ValueError, match="'n_disc' is no part"):
        State(0.1).changed(n_disc=0.2)
    with pytest.raises(ValueError, match="index = 1"):
        State(0.1).changed(1, x=0.2)


def test_a_state_takes_numbers_and_arrays_and_is_a_value():
    assert State(0.5).x == State(np.array([0.5])).x == ((0.5,),)
    assert State((0.5,), {"ae": 0.1}) == State((0.5,), {"ae": 0.1})
    assert State((0.5,)) != State((0.6,))
    assert all(type(n) is float for n in State(np.array([0.5, 0.6])).lead.tolist())
    with pytest.raises(dataclasses.FrozenInstanceError):
        State(0.5).n_disc = (1.0,)


def test_results_are_messages():
    assert len({result.value for result in Result}) == len(Result)
    for result in Result:
        assert len(result.value) > 20
        assert result.value[0].islower() or result.value.startswith("ngspice")


def test_the_error_carries_result_deck_and_the_end_of_the_log():
    error = SimulationError(Result.TIMESTEP, "* deck", tuple(f"line {k}" for k in range(30)))
    assert str(error).startswith(Result.TIMESTEP.value)
    assert "line 29" in str(error)
    assert "line 10" not in str(error)
    assert str(SimulationError(Result.TIMEOUT, "", ())) == Result.TIMEOUT.value
    copy = pickle.loads(pickle.dumps(error))
    assert (copy.result, copy.deck, copy.log) == (error.result, error.deck, error.log)
    assert isinstance(error, RuntimeError)


def test_effort_of_a_run_that_never_was():
    assert dataclasses.astuple(Effort()) == (0, 0, 0, 0.0, 0.0, 0, 0)
