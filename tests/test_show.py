"""How objects show themselves: lines, HTML for notebooks, axes, tables; also of what failed or is empty."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import math
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

import ouro_spice as ouro
from ouro_spice._util import display
from ouro_spice.circuit.waveform import Effort
from ouro_spice.dataset.recipe import Recipe
from ouro_spice.prediction.pretrained import shipped_checkpoint
from ouro_spice.provenance.journal import in_full
from ouro_spice.provenance.manifest import Manifest, describe

DEVICE = ouro.jart_vcm_v1b(window=True, walk=ouro.Walk(10e-9))
CELL = ouro.CompactCell(DEVICE)
PAIR = ouro.Pair(-0.4, 0.8, 60e-6)
MANIFEST = describe(CELL, "records", n=3, seed=7)


def waveform(**changes):
    """0.1 us from 150 to 312 uS, in five points."""
    time_s = np.linspace(0, 1e-7, 5)
    traces = {"v_cell": np.array([0, -0.5, -0.5, -0.5, 0]), "n_disc": np.ones(5), "g": np.linspace(150e-6, 312e-6, 5)}
    given = {"time_s": time_s, "traces": traces, "state": ouro.State(0.1), "energy_J": 4.1e-12, "device": DEVICE}
    return ouro.Waveform(**({"result": ouro.Result.OK} | given | changes))


FAILED = waveform(time_s=np.zeros(0), traces={}, state=None, energy_J=float("nan"), result=ouro.Result.TIMESTEP)


def write(**changes):
    """Two pulses, the second of which reaches 300 uS within 5 %."""
    pulses = (ouro.Pulse(-0.5, 1e-7), ouro.Pulse(-0.6, 2e-7))
    given = {"readings_S": (150e-6, 210e-6, 303e-6), "conductances_S": (151e-6, 211e-6, 304e-6), "pulses": pulses}
    given |= {"outcome": ouro.Outcome.REACHED, "time_s": 1e-6, "energy_J": 2e-12, "read_s": 1e-7}
    return ouro.History(
        **({"programmer": "ISPP", "target_S": 300e-6, "tolerance": 0.05, "manifest": MANIFEST} | given | changes)
    )


NOTHING = {"readings_S": (), "conductances_S": (), "pulses": ()}
UNREAD = write(**NOTHING, outcome=ouro.Outcome.READ_FAILED, detail="<ngspice> & co", energy_J=0.0)


def dataset(rows=3, manifest=MANIFEST):
    """A SET, a RESET that is not reached, and a record whose simulation failed."""
    frame = pd.DataFrame({
        "record": [0, 1, 2], "device": [0, 0, 1], "split": ["train", "train", "test"],
        "g_start_S": [150e-6, 300e-6, 200e-6], "g_target_S": [250e-6, 120e-6, 210e-6],
        "t_pulse_s": [2e-7, -6e-5, math.nan], "amplitude_V": [-0.4, 0.8, -0.4],
        "outcome": ["reached", "not_reached", "simulation_failed"], "result": ["OK", "OK", "TIMESTEP"],
    })  # fmt: skip
    return ouro.PulseDataset(frame.head(rows), manifest)


def comparison(rows=2):
    frame = pd.DataFrame({
        "record": [0, 1], "direction": ["SET", "RESET"], "g_start_S": [150e-6, 300e-6],
        "g_start_b_S": [150e-6, 300e-6], "g_target_S": [250e-6, 120e-6], "start_same": [True, True],
        "outcome_a": ["reached"] * 2, "outcome_b": ["reached", "not_reached"], "t_a_s": [1e-7, -1e-6],
        "t_b_s": [2e-7, -4e-6], "log10_ratio": [math.log10(2), math.nan],
        **{f"{edge}_{side}_s": [2e-9] * 2 for edge in ("rise", "fall") for side in "ab"},
    })  # fmt: skip
    manifest = describe(CELL, "records", n=2, seed=7, pair=dataclasses.asdict(PAIR), voltages="given")
    return ouro.Comparison(manifest, manifest, frame.head(rows))


@pytest.fixture(scope="module")
def predictor():
    return ouro.PulsePredictor.load(shipped_checkpoint("1r"))


class Tags(HTMLParser):
    """The tags that are open, and all alternative texts."""

    def __init__(self, text):
        super().__init__()
        self.open, self.alts = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag == "img":
            self.alts.append(dict(attrs)["alt"])
        else:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def check_page(thing, figures):
    """HTML that is closed, small, and has so many figures, each with an alternative text."""
    text = thing._repr_html_()
    tags = Tags(text)
    assert not tags.open and len(text) < 80_000
    assert len(tags.alts) == figures and all(tags.alts)
    for data in re.findall('base64,([^"]+)', text):
        picture = base64.b64decode(data)
        assert picture.startswith(b"\x89PNG") and len(picture) <= 60_000
    return text


# ---- words


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (150e-6, "S", "150 uS"), (1.5e-13, "J", "150 fJ"), (999.96e-9, "S", "1 uS"), (0.0, "V", "0 V"),
        (-0.5, "V", "-0.5 V"),
        (5e-3, "V", "5 mV"), (1234.0, "K", "1230 K"), (math.nan, "S", "-"), (None, "S", "-"), (math.inf, "s", "-"),
        (1e-30, "J", "1e-12 aJ"), (66e-9, "s", "66 ns"), (-2.5e-4, "A", "-250 uA"),
    ],
)  # fmt: skip
def test_quantities_in_words(value, unit, words):
    assert display.quantity(value, unit) == words


def test_two_quantities_share_a_unit_where_they_have_the_same():
    assert display.way(150e-6, 312e-6, "S") == "150 -> 312 uS"
    assert display.way(150e-9, 312e-6, "S") == "150 nS -> 312 uS"
    assert display.way(math.nan, 312e-6, "S") == "- -> 312 uS"
    assert display.span([3e-6, math.nan, 1e-6], "S") == "1 .. 3 uS"
    assert (display.span([], "S"), display.span([2e-9, 2e-9], "s")) == ("none", "2 ns")


# ---- one line


def test_lines_of_what_went_well(predictor):
    assert repr(waveform()) == "Waveform: 5 points, 100 ns, 150 -> 312 uS, 4.1 pJ, OK"
    assert repr(waveform(warnings=("hot",))).endswith("OK, 1 warning")
    assert repr(write()) == "History: ISPP to 300 uS, reached, 2 pulses, 150 -> 303 uS, error 1.0%, 1 us, 2 pJ"
    outcomes = "1 reached, 1 not reached, 1 simulation failed"
    assert repr(dataset()) == f"PulseDataset: 3 records of CompactCell, {outcomes}, 120 .. 300 uS, 200 ns .. 60 us"
    line = repr(comparison())
    assert line.startswith("Comparison: 2 records, A = ") and line.endswith("t_B / t_A 2 (median)")
    assert re.match(
        r"PulsePredictor: \d inputs, trained on \d+ records of Cell1R, starts .* uS, SET -", repr(predictor)
    )


def test_lines_of_what_failed_or_is_empty():
    assert repr(FAILED) == "Waveform: 0 points, -, TIMESTEP"
    assert repr(waveform(device=None, traces={"v_bl": np.zeros(5)})) == "Waveform: 5 points, 100 ns, 4.1 pJ, OK"
    assert repr(UNREAD) == "History: ISPP to 300 uS, read failed, 0 pulses, 1 us, 0 J"
    assert repr(dataset(0)) == "PulseDataset: 0 records of CompactCell, none, none"
    assert repr(comparison(0)).endswith("no ratio")


def test_no_line_is_long(predictor):
    array = ouro.Crossbar(30, 40, ouro.Cell1T1R(DEVICE))
    drawn = array.replace(devices=(DEVICE,) * 1200)
    things = [
        DEVICE, ouro.Parallel((ouro.Pulse(-0.5, 1e-7),) * 128), CELL,
        ouro.Cell1R(DEVICE), ouro.Cell1T1R(DEVICE, ouro.Lines(r_bl=3), ouro.Driver(30)), array, drawn,
        array.cell_at(3, 5), array.state(2e-4), CELL.state(2e-4), ouro.NeuralProgrammer(predictor), MANIFEST,
        ouro.Cell1T1R(DEVICE).testbench([ouro.Pulse(-0.5, 1e-7)]), predictor.weights, predictor.domain, PAIR,
        ouro.Cell1T1R(DEVICE, sense=ouro.Sense(bits=6)), waveform(maps={"v_ae": np.zeros((5, 30, 40))}), FAILED, UNREAD,
        write(programmer="x" * 40), dataset(), comparison(), predictor, predictor.specification, predictor.scale,
    ]  # fmt: skip
    lengths = {type(one).__name__: len(repr(one)) for one in things}
    assert max(lengths.values()) <= display.LONGEST, lengths
    assert not any("\n" in repr(one) for one in things)


def test_cells_that_are_written_say_where_they_are():
    assert repr(ouro.live(CELL, CELL.state(150e-6))) == "ModelCell: CompactCell at 150 uS"
    drawn = [Recipe(2, 0, PAIR).draw(CELL, number) for number in range(2)]
    assert repr(ouro.fleet(CELL, drawn)) == "CompactFleet: 2 cells of CompactCell"


def test_a_short_line_names_what_is_no_default():
    assert repr(ouro.Cell1R(ouro.jart_vcm_v1b(), ouro.Lines(r_bl=3))).endswith("lines=Lines(r_bl=3))")
    assert repr(ouro.State((0.1, 0.2))) == "State(x=((0.1,), (0.2,)))"
    assert repr(ouro.State(np.linspace(1, 2, 100))) == "State(x=100 of tuple)"


def test_names_that_decide_digests_are_as_they_were():
    """Programmers, pulses and pairs are identities of cached writes, journals and manifests."""
    assert repr(PAIR) == "Pair(v_set=-0.4, v_reset=0.8, total_s=6e-05, gate_set=None, gate_reset=None)"
    assert repr(ouro.Pulse(-0.5, 1e-7)) == "Pulse(amplitude=-0.5, width=1e-07, rise=2e-09, fall=2e-09, idle=1e-08)"
    kinds = (ouro.ISPP, ouro.ISPPWidth, ouro.FixedPulse, ouro.CoarseFine, ouro.ProportionalIntegral,
             ouro.ProportionalIntegralWidth)  # fmt: skip
    texts = " ".join(repr(kind(PAIR)) for kind in kinds)
    assert hashlib.sha256(texts.encode()).hexdigest()[:16] == "a8498b2e8363942c"


def test_the_texts_that_decide_journals_of_arrays_are_as_they_were():
    """They were `repr` when that still named all values of devices and parallel pulses."""
    device = ouro.jart_vcm_v1b(window=True, walk=ouro.Walk(10e-9), read_noise=ouro.ReadNoise())
    parallel = ouro.Parallel((ouro.Pulse(-0.5, 1e-7), None))
    texts = [in_full(one) for one in ((device, ouro.Resistor(5e3)), (device,), None, parallel, parallel.given[0])]
    found = [hashlib.sha256(text.encode()).hexdigest()[:16] for text in texts]
    assert found[:3] == ["c68a748e6de67a16", "7d902684f39c48a9", "dc937b59892604f5"] and len(repr(device)) < 200
    assert texts[3] == f"Parallel(pulses=({texts[4]}, None))" and texts[4] == repr(parallel.given[0])


# ---- notebooks


def test_pages_of_what_went_well(predictor):
    assert "voltage at the device" in check_page(waveform(), 1)
    assert "-0.6 V for 200 ns, 303 uS" in check_page(write(), 1)
    assert "1 TIMESTEP" in check_page(dataset(), 1)
    assert "2 (half: 2 .. 2), 1 record" in check_page(comparison(), 1)
    assert predictor.sha256[:16] in check_page(predictor, 1)


def test_pages_of_what_failed_or_is_empty():
    assert "the time step became too small" in check_page(FAILED, 0)
    check_page(waveform(device=None, traces={"v_bl": np.zeros(5)}), 0)
    check_page(waveform(energy_J=math.nan, traces={"v_cell": np.full(5, math.nan)}, device=None), 1)
    text = check_page(UNREAD, 0)
    assert "&lt;ngspice&gt; &amp; co" in text and "<ngspice>" not in text
    check_page(dataset(0), 0)
    check_page(comparison(0), 0)
    failed = dataset().frame.iloc[2:]
    check_page(ouro.PulseDataset(failed, MANIFEST), 0)
    check_page(ouro.PulseDataset(failed[["record", "outcome"]], dataclasses.replace(MANIFEST, cell={})), 0)
    check_page(ouro.PulseDataset(dataset().frame[["t_pulse_s"]], MANIFEST), 0)


def test_what_users_name_is_escaped():
    assert "<script>" not in check_page(write(programmer="<script>"), 1)
    assert "a &lt; b" in dataclasses.replace(FAILED, warnings=("a < b",))._repr_html_()


def test_a_long_write_shows_its_ends():
    readings = tuple(np.linspace(1e-4, 3e-4, 51))
    long = write(readings_S=readings, conductances_S=readings, pulses=(ouro.Pulse(-0.5, 1e-7),) * 50)
    text = check_page(long, 1)
    assert "39 more" in text and "pulse 50" in text and "pulse 20<" not in text


# ---- axes


def test_axes_are_those_given_or_of_a_new_figure(predictor):
    given = display.axes()
    for thing in (waveform(), write(), UNREAD, dataset(), dataset(0), comparison(), comparison(0)):
        assert thing.plot(ax=given) is given
    for thing in (FAILED, predictor):
        assert isinstance(thing.plot(), Axes) and thing.plot().figure is not given.figure


def test_a_notebook_shows_new_axes_and_their_figure():
    ax = write().plot()
    assert ax._repr_png_().startswith(b"\x89PNG") and ax.figure._repr_png_() == ax._repr_png_()


def test_a_waveform_draws_the_traces_that_are_named():
    wave = waveform()
    assert wave.plot().get_lines()[0].get_ydata().tolist() == pytest.approx((wave.g * 1e6).tolist())
    ax = wave.plot("v_cell")
    assert ax.get_lines()[0].get_xdata()[-1] == pytest.approx(100) and ax.get_xlabel() == "time (ns)"
    assert ax.get_ylabel() == "v_cell (V)"
    with pytest.raises(ValueError, match="no trace 'v_x'; there is v_cell, n_disc, g, g"):
        wave.plot("v_x")
    with pytest.raises(ValueError, match="v_cell, g have several units"):
        wave.plot("v_cell", "g")
    assert not FAILED.plot().get_lines()


def test_a_predictor_draws_the_answers_of_its_table(predictor):
    frame = predictor.frame
    assert list(frame) == ["g_start_S", "g_target_S", "dg_S", "t_pulse_s", "amplitude_V"]
    assert (np.sign(frame.t_pulse_s) == np.sign(frame.dg_S)).all() and (frame.t_pulse_s * frame.amplitude_V < 0).all()
    row = frame.iloc[17]
    assert row.t_pulse_s == pytest.approx(float(predictor.answer(row.g_start_S, row.dg_S)), rel=1e-6)
    low, high = predictor.domain.ranges["g_target_S"]
    assert (frame.g_target_S.min(), frame.g_target_S.max()) == pytest.approx((low, high))


# ---- tables


def test_a_write_as_a_table():
    frame = write().frame
    assert frame.pulse.tolist() == [0, 1, 2] and frame.amplitude_V.tolist()[1:] == [-0.5, -0.6]
    assert math.isnan(frame.amplitude_V[0]) and frame.width_s.tolist()[1:] == [1e-7, 2e-7]
    assert frame.reading_S.tolist() == [150e-6, 210e-6, 303e-6] and frame.conductance_S[2] == 304e-6
    assert frame.error.tolist() == pytest.approx([0.5, 0.3, 0.01])
    assert len(UNREAD.frame) == 0 and list(UNREAD.frame) == list(frame)


def test_a_reading_that_failed_is_a_row_without_it():
    frame = write(readings_S=(150e-6, 210e-6)).frame
    assert len(frame) == 3 and math.isnan(frame.reading_S[2]) and frame.conductance_S[2] == 304e-6


# ---- arrays


@pytest.mark.ngspice
def test_writes_into_arrays(engine):
    array = ouro.Crossbar(2, 3, ouro.Cell1R(ouro.jart_vcm_v1b(window=True)))
    done = ouro.write_array(array.cell_at(1, 2), ouro.Pulse(-0.8, 5e-9, 1e-9, 1e-9), array.state(2e-4), engine=engine)
    before, after = (display.quantity(float(g[1, 2]), "S") for g in (done.g_before_S, done.g_after_S))
    assert repr(done).startswith(f"ArrayWrite: 2 x 3 1R, cell (1, 2), -0.8 V for 5 ns, {before.split()[0]} -> {after}")
    text = check_page(done, 1)
    assert "cell (1, 2)" in text and "full: every memristor" in text
    assert done.plot("v_cell_V").images[0].get_array()[1, 2] == pytest.approx(done.v_cell_V[1, 2])
    with pytest.raises(ValueError, match="map 'x' is unknown; there is g_before_S"):
        done.plot("x")
    assert list(done.frame)[:4] == ["row", "col", "g_before_S", "g_after_S"] and len(done.frame) == 6
    failed = dataclasses.replace(done, wave=dataclasses.replace(FAILED, effort=Effort(), maps={}))
    assert repr(failed).endswith("-, TIMESTEP") and "time step became too small" in check_page(failed, 0)


@pytest.mark.ngspice
def test_a_write_that_moves_nothing(engine):
    array = ouro.Crossbar(2, 2, ouro.Cell1R(ouro.Resistor(5e3)))
    done = ouro.write_array(array.cell_at(0, 1), ouro.Pulse(-0.1, 5e-9), engine=engine)
    assert "200 -> 200 uS" in repr(done)
    check_page(done, 1)
    many = ouro.Parallel((ouro.Pulse(-0.1, 5e-9), ouro.Pulse(-0.2, 5e-9)))
    assert "2 cells of row 0, -0.2 .. -0.1 V for 5 ns" in repr(ouro.write_array(array.row(0), many, engine=engine))


def test_manifests_are_read_with_any_cell():
    assert isinstance(MANIFEST, Manifest) and "Manifest(circuit=" in repr(MANIFEST)
