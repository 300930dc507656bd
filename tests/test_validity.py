"""Used where it is not known to be right: said once, where it was asked for; ordinary use says nothing."""

from __future__ import annotations

import warnings
from contextlib import nullcontext

import numpy as np
import pytest

import ouro_spice as ouro
from ouro_spice.circuit.result import Result
from ouro_spice.cli import main
from ouro_spice.cli.output import plain_warnings
from ouro_spice.dataset.recipe import Recipe
from ouro_spice.device.jart import published_names
from ouro_spice.device.jart.jart_doubts import HIGHEST_V, TUD_V
from ouro_spice.device.jart.jart_parameters import PARAMETERS

DEVICE = ouro.jart_vcm_v1b(window=True)
CELL = ouro.CompactCell(DEVICE)
VOLTS, HOT = "exceeds 2 V", "hotter than 7833 K"  # 1.35 eV over twice Boltzmann's constant
SHORT = 1e-12


def brief(amplitude, width=SHORT):
    """A pulse whose edges are as short as it is."""
    return ouro.Pulse(amplitude, width, SHORT, SHORT)


def heard(action):
    """The warnings of an action, under the filters that Python has for a script."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        action()
    return caught


# ---- names


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("ldet", "l"), ("lnew", "l"), ("lvar", "l"), ("rnew", "r"), ("rvar", "r"), ("nyo", "nu0"), ("mun", "un"),
        ("Nmaxnew", "Ndiscmax"), ("phiBn0", "phibn0"), ("Rth", "Rth0"), ("alpha_line", "alphaline"),
    ],
)  # fmt: skip
def test_names_of_the_published_texts_lead_to_the_parameter(name, meant):
    for make in (ouro.jart_vcm_v1b, DEVICE.replace):
        with pytest.raises(ValueError, match=rf"^'{name}' is not a parameter of jart_vcm_v1b; did you mean {meant}\?"):
            make(**{name: 1.0})


def test_published_names_are_none_of_ours_and_lead_to_ours():
    assert not set(published_names.NAMES) & set(PARAMETERS)
    assert {meant for meant, _ in published_names.NAMES.values()} <= {*PARAMETERS, "walk"}


def test_rdet_alone_is_not_the_radius_of_the_filament():
    """The published text calls the radius rdet; here it changes Rth = Rth0 (rdet/r)^2 alone, and nothing at small V."""
    for make in (ouro.jart_vcm_v1b, DEVICE.replace):
        with pytest.warns(ouro.ValidityWarning, match="is r here"):
            alone = make(rdet=40e-9)
        assert alone.r == 45e-9
        assert make(rdet=40e-9, r=40e-9).r == 40e-9
        assert make(rdet=45e-9) == make()
        with pytest.raises(ValueError, match="rdet = 1 "):
            make(rdet=1.0)


# ---- voltages and temperatures


@pytest.mark.parametrize("amplitude", [-1.1, -1.5, 1.9, 2.0])
def test_published_voltages_are_ordinary(amplitude):
    wave = ouro.simulate(CELL, brief(amplitude, 1e-9))
    assert wave.warnings == ()
    assert np.abs(wave["v_cell"]).max() == pytest.approx(abs(amplitude))


@pytest.mark.parametrize("amplitude", [20.0, -20.0])
def test_a_voltage_beyond_all_that_is_published_is_told_with_its_figures(amplitude):
    with pytest.warns(ouro.ValidityWarning) as caught:
        wave = ouro.simulate(CELL, ouro.Pulse(amplitude, 1e-9))
    assert wave.result is Result.OK
    assert [text.partition(" (here: ")[0] for text in wave.warnings] == [str(one.message) for one in caught]
    volts, hot = wave.warnings
    assert VOLTS in volts
    assert volts.endswith("(here: 20 V)")
    assert HOT in hot
    assert hot.endswith(f"(here: {wave['temperature'].max():.0f} K)")
    assert wave["temperature"].max() > 70e3


def test_the_temperature_is_judged_by_the_barrier():
    """At -2 V the voltage is ordinary, and the SET passes 11 000 K: 8 200 K would do with a barrier of 1.5 eV."""
    for barrier, limit in ((1.35, 7833), (1.5, 8703)):
        cell = CELL.replace(device=DEVICE.replace(dWa=barrier))
        with pytest.warns(ouro.ValidityWarning, match=f"hotter than {limit} K"):
            (text,) = ouro.simulate(cell, brief(-2.0, 1e-9)).warnings
        assert str(limit) in text


def test_one_warning_a_line_however_many_pulses():
    cell = ouro.live(CELL)

    def loop():
        for _ in range(20):
            cell.apply(brief(-20.0))

    caught = heard(loop)
    assert {one.filename for one in caught} == {__file__}
    assert sorted(str(one.message)[:12] for one in caught) == ["V(AE, OE) ex", "the filament"]
    assert {one.category for one in caught} == {ouro.ValidityWarning}


def test_joined_waveforms_have_each_warning_once_with_the_worst_figure():
    pulses = [brief(0.3), brief(3.0), brief(4.0), brief(-0.3)]
    with pytest.warns(ouro.ValidityWarning, match=VOLTS):
        wave = ouro.simulate(CELL, pulses, CELL.state(400e-6))
    assert [text for text in wave.warnings if VOLTS in text] == [
        "V(AE, OE) exceeds 2 V, the largest voltage that published figures go to (here: 4 V)"
    ]


@pytest.mark.ngspice
def test_circuits_and_arrays_are_judged_as_well(engine):
    single = ouro.Cell1R(DEVICE)
    array = ouro.Crossbar(2, 2, single)
    row = array.row(0)
    for cell, pulse in (
        (single, brief(2.5)),
        (single.replace(device=DEVICE.replace(realisation="behavioural")), brief(2.5)),
        (array.cell_at(1, 0), brief(2.5)),
        (row, ouro.Parallel((brief(1.5), brief(2.5)))),
    ):
        with pytest.warns(ouro.ValidityWarning, match=VOLTS):
            wave = ouro.simulate(cell, pulse, engine=engine)
        assert [text.partition(" (here: ")[2] for text in wave.warnings] == ["2.5 V)"]
        assert ouro.simulate(cell, brief(-0.4), engine=engine).warnings == ()
    with pytest.warns(ouro.ValidityWarning, match=VOLTS):
        ouro.live(single).apply(brief(2.5))


# ---- what the numerics hold


def test_r_and_l_that_the_state_would_take_too_far_are_told():
    """The model holds them within a factor of 2; l = .4 nm + .5 nm/1e26 N at N = 1.9 would be 3.4 times .4 nm."""
    for changes, within in (({"dldN": 0.5}, False), ({"drdN": -3e-8}, False), ({"dldN": 0.05}, True)):
        cell = CELL.replace(device=DEVICE.replace(**changes))
        with nullcontext() if within else pytest.warns(ouro.ValidityWarning, match="it was held there"):
            wave = ouro.simulate(cell, brief(-0.3), ouro.State((1.9,)))
        assert any("held there" in text for text in wave.warnings) is not within
        assert wave["temperature"].max() < 1500  # of the r that was used


def test_a_field_that_tilts_the_barrier_away_is_told():
    """gamma = z a E/(pi dWa) reaches 1 at Vd = .85 V where a is 1 nm; of .25 nm it would take 3.4 V."""
    for hop, volts, beyond in ((1e-9, -1.5, True), (1e-9, -0.5, False), (0.25e-9, -1.5, False)):
        cell = ouro.CompactCell(ouro.jart_vcm_v1b(a=hop, Nhi=0.0081))  # else it has switched before
        with pytest.warns(ouro.ValidityWarning) if beyond else nullcontext():
            wave = ouro.simulate(cell, brief(volts))
        assert any("gamma" in text for text in wave.warnings) is beyond


def test_the_reduced_model_ends_earlier():
    tud = CELL.replace(model="tud")
    assert ouro.simulate(tud, brief(TUD_V)).warnings == ()
    with pytest.warns(ouro.ValidityWarning, match=r"exceeds 1\.8 V, where the fit of JART-TUD ends"):
        assert ouro.simulate(tud, brief(HIGHEST_V)).warnings
    low = ouro.CompactCell(ouro.jart_vcm_v1b(Ndiscmin=0.001, Ninit=0.002), "tud")
    with pytest.warns(ouro.ValidityWarning, match=r"n_disc leaves 0\.004 \.\. 25e26"):
        assert ouro.simulate(low, brief(0.1)).warnings


# ---- a walk that takes no step


def test_a_walk_whose_step_is_longer_than_the_pulses_is_told():
    pulse = ouro.Pulse(-0.3, 996e-9)  # 1 us with its edges
    for step_s, silent in ((10e-9, True), (2e-6, True), (2.1e-6, False), (1.0, False)):
        cell = CELL.replace(device=DEVICE.replace(walk=ouro.Walk(step_s)))
        with nullcontext() if silent else pytest.warns(ouro.ValidityWarning, match=f"step_s = {step_s:g} s is longer"):
            wave = ouro.simulate(cell, [pulse, pulse])
        assert np.ptp(wave["r"]) > 0 or step_s > 2e-6


def test_a_write_may_have_fifty_pulses_before_a_walk_is_too_slow():
    fixed = ouro.FixedPulse(ouro.Pair(-0.45, 0.9, 10e-6), width=996e-9)
    for step_s, silent in ((40e-6, True), (60e-6, False)):
        cell = CELL.replace(device=DEVICE.replace(walk=ouro.Walk(step_s)))
        cells = ouro.fleet(cell, [Recipe(1, 0, None).draw(cell, 0)], "nominal")
        with nullcontext() if silent else pytest.warns(ouro.ValidityWarning, match="50 pulses like these"):
            ouro.write_verify(cell, fixed, 300e-6, 0.2)
        with nullcontext() if silent else pytest.warns(ouro.ValidityWarning, match="50 pulses like these"):
            ouro.write_many(cells, fixed, [300e-6], 0.2)


def test_the_command_line_tells_of_such_a_walk(tmp_path, capsys):
    command = ["extract", "--cell", "compact", "--n", "2", "--total", "1e-6", "--v-set", "-0.5", "--v-reset", "1.0"]
    with pytest.warns(ouro.ValidityWarning, match="the walk's step_s = 1 s"), pytest.raises(SystemExit) as stop:
        main([*command, "--start", "nominal", "--walk", "1", "--out", str(tmp_path)])
    assert not stop.value.code


def test_a_warning_of_a_command_is_one_line():
    usual = warnings.formatwarning
    with plain_warnings():
        assert warnings.formatwarning(UserWarning("it is so"), UserWarning, "a.py", 3) == (
            "ouro-spice: warning: it is so\n"
        )
    assert warnings.formatwarning is usual


# ---- many cells without waveforms


def test_cells_without_a_waveform_tell_of_the_voltage():
    pair = ouro.Pair(-3.0, 3.0, 1e-6)
    with pytest.warns(ouro.ValidityWarning, match=VOLTS):
        ouro.extract(CELL, 2, 0, voltages=pair, workers=1)
    cells = ouro.fleet(CELL, [Recipe(1, 0, pair).draw(CELL, 0)], "nominal")
    with pytest.warns(ouro.ValidityWarning, match=VOLTS):
        cells.apply([0], [brief(3.0)])
    cells.apply([0], [brief(2.0)])


# ---- lists of records


def test_starts_and_targets_that_no_device_can_have_are_counted():
    """The nominal device has 100.2 .. 543.5 uS; with 10 % D2D of r and l devices have 76.8 .. 574.0."""
    table = {"g_start_S": [120e-6, 900e-6, 80e-6], "g_target_S": [570e-6, 200e-6, 300e-6]}

    def extract(**laws):
        return ouro.extract(CELL, 3, 0, voltages=ouro.Pair(-0.5, 1.0, 1e-6), sampling=table, workers=1, **laws)

    with pytest.warns(ouro.ValidityWarning, match=r"g_start_S: 1 of 3 .*row 1: 900 uS.* 76\.85 \.\. 574 uS") as caught:
        extract()
    assert len(caught) == 1
    with pytest.warns(ouro.ValidityWarning) as caught:
        data = extract(d2d=None)
    told = [str(one.message) for one in caught]
    assert "g_start_S: 2 of 3" in told[0]
    assert "g_target_S: 1 of 3" in told[1]
    assert "they stay missed" in told[1]
    assert data.frame.outcome[0] == "not_reached"
    table["g_target_S"] = [300e-6, "much", 200e-6]
    with pytest.raises(ValueError, match="the table's column g_target_S must hold numbers alone"):
        extract()
    table["g_target_S"] = [600e-6, 700e-6, 9e-3]
    with pytest.warns(ouro.ValidityWarning), pytest.raises(ValueError, match="g_target_S: 3 of 3 lie where no device"):
        extract()


@pytest.mark.parametrize("column", ["g_start_S", "g_target_S"])
def test_a_list_in_microsiemens_is_asked_for_its_unit(tmp_path, capsys, column):
    table = {"g_start_S": ["120e-6", "200e-6"], "g_target_S": ["300e-6", "400e-6"]} | {column: ["120", "300"]}
    path = tmp_path / "list.csv"
    rows = zip(*table.values(), strict=True)
    path.write_text("\n".join([",".join(table), *(",".join(row) for row in rows)]))
    with pytest.raises(SystemExit) as stop:
        main(["extract", "--cell", "compact", "--list", str(path), "--out", str(tmp_path / "out")])
    assert stop.value.code == 2
    assert "did you mean uS?" in capsys.readouterr().err
