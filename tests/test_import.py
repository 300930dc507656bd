"""Own measurements become datasets: right numbers, clear errors with line numbers, and a predictor that learns them."""

from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_array_cli import answer
from test_cli import here, one_line

from ouro_spice import PulseDataset, PulsePredictor
from ouro_spice.dataset.checking import check_dataset
from ouro_spice.dataset.folder_summary import summary
from ouro_spice.dataset.importing import _splits, import_pulses
from ouro_spice.provenance.manifest import Manifest

HEAD = "G before,V,tp,G after"
ROWS = ("200,-414,100,250.5", "250.5,854,50,210", "210,-414,1000,205")
MAP = {"g_start_S": "G before:uS", "amplitude_V": "V:mV", "width_s": "tp:ns", "g_end_S": "G after:uS"}
TEXT = ",".join(f"{name}={column}" for name, column in MAP.items())


@pytest.fixture
def table(tmp_path):
    """Write a table; its path."""

    def write(*lines, head=HEAD, name="pulses.csv", encoding="utf-8", end="\n"):
        path = tmp_path / name
        path.write_bytes("".join(line + end for line in (head, *lines)).encode(encoding))
        return path

    return write


@pytest.fixture
def ouro(capsys):
    return here(capsys)


def measured(devices=3, pulses=40, seed=3):
    """Rows of a device that forgets exponentially where it began; with the device's name and the time in ms."""
    rng = np.random.default_rng(seed)
    for device in range(devices):
        g, time_ms = 200.0, 0.0
        for _ in range(pulses):
            volts, width_ns = (-414, 854)[rng.integers(2)], 10 ** rng.uniform(1, 4)
            end = 500 if volts < 0 else 100
            after = end + (g - end) * np.exp(-width_ns / 1000)
            yield f"{g:.4f},{volts},{width_ns:.3f},{after:.4f},chip {device},{time_ms:.6f}"
            g, time_ms = after, time_ms + 1


LONG = {**MAP, "device": "cell", "time_s": "t:ms"}
LONG_HEAD = HEAD + ",cell,t"


# ---- numbers


def test_each_pulse_is_a_record_that_reached_what_it_led_to(table):
    frame = import_pulses(table(*ROWS), MAP).frame
    np.testing.assert_allclose(frame.g_start_S, [200e-6, 250.5e-6, 210e-6], rtol=1e-15)
    np.testing.assert_allclose(frame.g_end_S, [250.5e-6, 210e-6, 205e-6], rtol=1e-15)
    # SET is negative in volts and positive in time; one that lowered the conductance is kept
    np.testing.assert_array_equal(frame.amplitude_V, [-0.414, 0.854, -0.414])
    np.testing.assert_array_equal(frame.t_pulse_s, [1e-7, -5e-8, 1e-6])
    assert list(frame.outcome) == ["reached"] * 3
    for one, other in (("g_target_S", "g_end_S"), ("g_sense_start_S", "g_start_S"), ("g_sense_end_S", "g_end_S")):
        np.testing.assert_array_equal(frame[one], frame[other])
    assert frame.energy_J.isna().all()
    np.testing.assert_array_equal(frame.history_dt_s, frame.t_pulse_s.abs())
    for row in frame.itertuples():
        np.testing.assert_array_equal(row.history_g_S, np.float32([row.g_start_S, row.g_end_S]))


@pytest.mark.parametrize(
    ("column", "text", "expected"),
    [
        ("G before:S", "2e-4", 2e-4), ("G before:mS", "0.2", 2e-4), ("G before:\u00b5S", "200", 2e-4),
        ("G before:\u03bcS", "200", 2e-4), ("G before:nS", "2e5", 2e-4), ("G before:Ohm", "5000", 2e-4),
        ("G before:kOhm", "5", 2e-4), ("G before:MOhm", "0.005", 2e-4),
    ],
)  # fmt: skip
def test_units_of_conductance(table, column, text, expected):
    path = table(f"{text},-414,100,250")
    assert import_pulses(path, MAP | {"g_start_S": column}).frame.g_start_S[0] == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize(("unit", "text"), [("s", "1e-7"), ("ms", "1e-4"), ("us", ".1"), ("ns", "100"), ("ps", "1e5")])
def test_units_of_time(table, unit, text):
    path = table(f"200,-414,{text},250")
    assert import_pulses(path, MAP | {"width_s": f"tp:{unit}"}).frame.t_pulse_s[0] == pytest.approx(1e-7, rel=1e-15)


@given(st.lists(st.tuples(st.floats(1e-3, 1e5), st.floats(1.0, 2e4), st.floats(1e-1, 1e12)), min_size=1, max_size=20))
def test_numbers_survive(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("table") / "t.csv"
    lines = [f"{g!r},{-volts!r},{width!r},{2 * g!r}" for g, volts, width in rows]
    path.write_text("\n".join([HEAD, *lines]))
    frame = import_pulses(path, MAP, accept_implausible=True).frame
    expected = np.array(rows) * [1e-6, 1e-3, 1e-9]
    found = np.stack([frame.g_start_S, -frame.amplitude_V, frame.t_pulse_s], axis=1)
    np.testing.assert_allclose(found, expected, rtol=1e-15)


def test_positive_sets_are_turned_around(table):
    rows = [row.replace("-414", "414").replace("854", "-854") for row in ROWS]
    turned = import_pulses(table(*rows), MAP, positive_sets=True).frame
    pd.testing.assert_frame_equal(
        turned.drop(columns="history_g_S"), import_pulses(table(*ROWS), MAP).frame.drop(columns="history_g_S")
    )


def test_the_wrong_polarity_is_warned_of(table):
    with pytest.warns(UserWarning, match="2 of 3 pulses move the conductance against their polarity"):
        import_pulses(table(*ROWS), MAP, positive_sets=True)


def test_edges_come_from_columns_or_arguments(table):
    path = table(*(f"{row},{k + 1}" for k, row in enumerate(ROWS)), head=HEAD + ",rise")
    data = import_pulses(path, {**MAP, "rise_s": "rise:ns"}, fall_s=5e-9)
    np.testing.assert_array_equal(data.frame.rise_s, [1e-9, 2e-9, 3e-9])
    assert (data.frame.fall_s == 5e-9).all()
    assert (data.manifest.settings["rise_s"], data.manifest.settings["fall_s"]) == ([1e-9, 3e-9], 5e-9)


def test_the_manifest_names_the_file_and_what_was_made_of_it(table):
    path = table(*ROWS)
    manifest = import_pulses(path, MAP, seed=5).manifest
    settings = manifest.settings
    assert set(manifest.files) == {"pulses.csv"}
    assert manifest.cell["kind"] == "measurement"
    assert (settings["n"], settings["seed"], settings["columns"]) == (3, 5, MAP)
    # 100, 50 and 1000 ns
    assert (settings["step_s"], settings["limit_s"]) == (5e-8, 1e-6)
    assert (settings["pair"]["v_set"], settings["pair"]["v_reset"]) == (-0.414, 0.854)
    assert Manifest.from_json(manifest.to_json()) == manifest
    other = import_pulses(table(*ROWS[:2]), MAP).manifest
    assert other.circuit != manifest.circuit == import_pulses(table(*ROWS), MAP).manifest.circuit


def test_the_pair_is_that_of_the_table(table):
    data = import_pulses(table(*ROWS), MAP)
    assert (data.pair.v_set, data.pair.v_reset) == (-0.414, 0.854)


@pytest.mark.parametrize("rows", [("200,-414,100,250", "250,-420,100,260", "260,854,10,250"), ("200,-414,100,250",)])
def test_there_is_no_pair_where_a_direction_has_several_amplitudes_or_none(table, rows):
    assert import_pulses(table(*rows), MAP).manifest.settings["pair"] is None


# ---- how tables are written


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize(
    ("encoding", "end"), [("utf-8", "\n"), ("utf-8-sig", "\r\n"), ("utf-16", "\r"), ("ascii", "\n")]
)
def test_delimiters_and_encodings(table, delimiter, encoding, end):
    lines = ["# probe station, 2024", "", *(f" {row} ".replace(",", f" {delimiter} ") for row in ROWS)]
    path = table(*lines, head=HEAD.replace(",", delimiter), encoding=encoding, end=end)
    assert list(import_pulses(path, MAP).frame.g_start_S) == [200e-6, 250.5e-6, 210e-6]


def test_names_may_hold_other_delimiters(table):
    path = table("200;-414;100;250", head='"G, before";V, applied;tp;G after')
    columns = MAP | {"g_start_S": "G, before:uS", "amplitude_V": "V, applied:mV"}
    assert len(import_pulses(path, columns).frame) == 1


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (("200,-414,100,250", "200,-414,100"), "line 3: 3 values, the header has 4 columns"),
        (("200,-414,100,250", "# told", "200,-414,100,250,1"), "line 4: 5 values, the header has 4 columns"),
        (("200,-414,,250",), "line 2: the column 'tp' is empty"),
        (("200,-414,x,250",), "line 2: 'x' in the column 'tp' is no finite number"),
        (("200,-414,1_0,250",), "line 2: '1_0' in the column 'tp' is no finite number"),
        (("200,-414,inf,250",), "line 2: 'inf' in the column 'tp' is no finite number"),
        (("200,-414,100,250", HEAD), "line 3: 'G before' in the column 'G before' is no finite number: the header"),
        (("200,0,100,250",), "line 2: 0 mV in the column 'V' is amplitude_V = 0: a pulse of 0 V is none"),
        (("200,-414,100,250", "", "200,-41400,100,250"), "line 4: -41400 mV in the column 'V' is amplitude_V = -41.4"),
        (("200,-.4,100,250",), "outside 0.001 .. 20 V in magnitude: did you mean V?"),
        (("2e6,-414,100,250",), "line 2: 2e6 uS in the column 'G before' is g_start_S = 2 S, outside 1e-12 .. 1 S"),
        (("-1,-414,100,250", "-2,-414,100,250"), "is the unit right?; 2 lines are like this"),
        (("200,-414,0,250",), "line 2: 0 ns in the column 'tp' is width_s = 0 s, outside 1e-12 .. 1e+09 s"),
        (("200,-414,1e19,250",), "is width_s = 1e+10 s, outside 1e-12 .. 1e+09 s: is the unit right?"),
        (('200,-414,"100,250',), "line 2: unexpected end of data"),
        ((), "has a header, but no rows"),
    ],
)
def test_wrong_rows_are_named_with_their_line(table, lines, message):
    path = table(*lines)
    with pytest.raises(ValueError) as error:
        import_pulses(path, MAP)
    assert str(path) in str(error.value)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ("", "is empty: there is no header"),
        ("# only a comment", "is empty: there is no header"),
        ("G befor,V,tp,G after", "line 1: no column 'G before'; did you mean 'G befor' or 'G after'?"),
        ("a,b,c,d", "line 1: no column 'G before'; there is 'a', 'b', 'c', 'd'"),
        ("G before,V,tp,G after,V", "line 1: the header has the column 'V' 2 times"),
        ("G before|V|tp|G after", "is a single column; columns are separated by comma, semicolon, tab"),
        ("200,-414,100,250", "line 1: numbers, where a header"),
    ],
)
def test_wrong_headers(table, head, message):
    with pytest.raises(ValueError) as error:
        import_pulses(table(head=head), MAP)
    assert message in str(error.value)


@pytest.mark.parametrize("word", ["200,5", "1,000", "1.000,5", "1'000", "1 000"])
def test_decimal_commas_and_thousands_are_told(table, word):
    path = table(f"{word};-414;100;250", head=HEAD.replace(",", ";"))
    told = f"'{re.escape(word)}'|\"{word}\""
    with pytest.raises(ValueError, match=rf"({told}) in .* need a decimal point, and nothing between thousands"):
        import_pulses(path, MAP)


def test_a_true_minus_sign_is_one(table):
    assert import_pulses(table("200,\u2212414,100,250"), MAP).frame.amplitude_V[0] == -0.414


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"G before,V\n\xb5,2", "line 2: this is no UTF-8 text"),
        (b"PAR1\0\0", "is no text file"),
    ],
)
def test_files_that_are_no_text(tmp_path, content, message):
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        import_pulses(path, MAP)


@pytest.mark.parametrize("path", ["nosuch.csv", "."])
def test_files_that_cannot_be_read(tmp_path, path):
    with pytest.raises(ValueError, match=r"No such file|Is a directory"):
        import_pulses(tmp_path / path, MAP)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"width_s": "tp"}, "width_s=tp names no unit; write COLUMN:UNIT with s, ms, us, ns, ps"),
        ({"width_s": "tp:min"}, "width_s=tp:min names no unit"),
        ({"amplitude_V": "V:Ohm"}, "amplitude_V=V:Ohm names no unit; write COLUMN:UNIT with V, mV"),
        ({"width_s": ":ns"}, "names no unit"),
        ({"g_end_S": "G before:uS"}, "g_start_S is the column 'G before', and another quantity is, too"),
        ({"widht_s": "tp:ns"}, "the map names 'widht_s'; it takes g_start_S, amplitude_V, width_s, g_end_S, device"),
    ],
)
def test_wrong_maps(table, changes, message):
    with pytest.raises(ValueError) as error:
        import_pulses(table(*ROWS), MAP | changes)
    assert message in str(error.value)


def test_an_incomplete_map(table):
    with pytest.raises(ValueError, match="the map lacks width_s, g_end_S"):
        import_pulses(table(*ROWS), {name: MAP[name] for name in ("g_start_S", "amplitude_V")})


@pytest.mark.parametrize("changes", [{"rise_s": 0.0}, {"fall_s": float("nan")}, {"seed": -1}])
def test_wrong_arguments(table, changes):
    with pytest.raises(ValueError, match=next(iter(changes))):
        import_pulses(table(*ROWS), MAP, **changes)


# ---- times


def test_pulses_of_a_device_follow_each_other(table):
    """Of several devices each has its own time."""
    rows = ("200,-414,100,250,a,0", "200,-414,100,250,b,0", "250,854,100,200,a,0.0001", "250,854,100,200,b,5")
    frame = import_pulses(table(*rows, head=LONG_HEAD), LONG).frame
    np.testing.assert_allclose(frame.time_s, [0, 0, 1e-7, 5e-3])
    assert list(frame.device) == [0, 1, 0, 1]


@pytest.mark.parametrize("time", ["0.00005", "-1", "0"])
def test_a_pulse_that_begins_before_the_last_has_ended(table, time):
    rows = ("200,-414,100,250,a,0", "# of another device", "200,-414,100,250,b,0", f"250,854,100,200,a,{time}")
    with pytest.raises(ValueError) as error:
        import_pulses(table(*rows, head=LONG_HEAD), LONG)
    assert "line 5: the pulse begins at" in str(error.value)
    assert "that of line 2 of the device 'a' ends at 1e-07 s: times must ascend" in str(error.value)


def test_edges_that_are_told_take_time(table):
    rows = ("200,-414,100,250,a,0,10", "250,854,100,200,a,0.000105,10")
    path = table(*rows, head=LONG_HEAD + ",rise")
    assert len(import_pulses(path, LONG).frame) == 2
    with pytest.raises(ValueError, match=r"ends at 1\.1e-07 s"):
        import_pulses(path, {**LONG, "rise_s": "rise:ns"})


# ---- splits


@given(st.integers(1, 300), st.integers(0, 2**40))
def test_splits_hold_their_shares(count, seed):
    found = list(_splits(np.arange(count), seed))
    for name, share in (("train", 0.8), ("validation", 0.1), ("test", 0.1)):
        assert abs(found.count(name) - share * count) <= 1
    assert found == list(_splits(np.arange(count), seed))


def test_records_of_a_device_stay_together(table):
    data = import_pulses(table(*measured(devices=20, pulses=5), head=LONG_HEAD), LONG)
    splits = data.frame.groupby("device").split.agg(["nunique", "first"])
    assert (splits["nunique"] == 1).all()
    assert splits["first"].value_counts().to_dict() == {"train": 16, "validation": 2, "test": 2}
    assert data.manifest.settings["devices"] == [f"chip {k}" for k in range(20)]
    other = import_pulses(table(*measured(devices=20, pulses=5), head=LONG_HEAD), LONG, seed=1)
    assert not data.frame.split.equals(other.frame.split)


def test_without_devices_records_are_split(table):
    data = import_pulses(table(*measured(), head=LONG_HEAD), MAP)
    assert data.frame.split.value_counts().to_dict() == {"train": 96, "validation": 12, "test": 12}
    assert (data.frame.device == 0).all()


# ---- a dataset like any other


@pytest.fixture
def folder(table, tmp_path):
    import_pulses(table(*measured(), head=LONG_HEAD), LONG, tmp_path / "data")
    return tmp_path / "data"


def test_it_loads_again(folder, table):
    there, here = PulseDataset.load(folder), import_pulses(table(*measured(), head=LONG_HEAD), LONG)
    assert there.manifest == here.manifest
    pd.testing.assert_frame_equal(
        there.frame.drop(columns="history_g_S"), here.frame.drop(columns="history_g_S"), check_like=True
    )
    for one, other in zip(there.frame.history_g_S, here.frame.history_g_S, strict=True):
        np.testing.assert_array_equal(np.asarray(one), other)


def test_it_is_a_good_dataset(folder):
    found = check_dataset(folder)
    assert (found.findings, found.n, found.records) == ((), 120, 120)
    told = summary(folder)
    assert (told["outcomes"]["reached"], told["devices"], told["rpd_g_end"]) == (120, 3, None)


def test_it_trains_a_predictor(folder):
    """The law of the toy device is t = 1 us ln((end - start) / (end - target))."""
    predictor = PulsePredictor.fit(PulseDataset.load(folder))
    expected = 1e-6 * np.log([(500 - 200) / (500 - 350), (300 - 100) / (200 - 100)])
    found = predictor.predict([200e-6, 300e-6], [150e-6, -100e-6])
    np.testing.assert_allclose(found, expected * [1, -1], rtol=0.2)
    assert predictor.manifest.settings["voltages"] == "measured"


def test_a_second_import_changes_nothing_and_another_file_is_refused(folder, table, tmp_path):
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    import_pulses(table(*measured(), head=LONG_HEAD), LONG, folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    with pytest.raises(ValueError, match=r"holds records of something else .*pulses\.csv changed"):
        import_pulses(table(*measured(seed=4), head=LONG_HEAD), LONG, folder)
    with pytest.raises(ValueError, match=r"holds records of something else .*\(seed 0 -> 1\)"):
        import_pulses(table(*measured(), head=LONG_HEAD), LONG, folder, seed=1)


def test_a_folder_with_a_damaged_file_is_refused(folder, table):
    (folder / "records-00000.parquet").write_bytes(b"nothing")
    with pytest.raises(ValueError, match=r"records-00000\.parquet is damaged"):
        import_pulses(table(*measured(), head=LONG_HEAD), LONG, folder)


# ---- the command


def test_the_command_says_what_it_made(ouro, table, tmp_path):
    out = tmp_path / "out"
    found = answer(ouro("import", table(*ROWS), "--map", TEXT, "--out", out, "--json"))
    assert (found["records"], found["sets"], found["resets"], found["devices"]) == (3, 2, 1, 0)
    assert found["pair"]["v_set"] == -0.414
    assert sum(found["splits"].values()) == 3
    done = ouro("import", table(*ROWS), "--map", TEXT, "--out", out)
    assert (done.returncode, done.stderr) == (0, "")
    assert str(out) in done.stdout
    assert json.loads((out / "manifest.json").read_text())["cell"]["kind"] == "measurement"


def test_a_map_in_parts_and_with_commas_in_names(ouro, table, tmp_path):
    path = table("200;-414;100;250", head="G, before;V, applied;tp;G after")
    parts = ("g_start_S=G, before:uS, amplitude_V=V, applied:mV", "width_s = tp:ns,g_end_S=G after:uS")
    found = answer(ouro("import", path, "--map", parts[0], "--map", parts[1], "--out", tmp_path / "out", "--json"))
    assert found["records"] == 1


def test_the_polarity_is_warned_of_in_a_line(ouro, table, tmp_path):
    done = ouro("import", table(*ROWS), "--map", TEXT, "--positive-sets", "--out", tmp_path / "out")
    assert done.returncode == 0
    assert "warning: 2 of 3 pulses move the conductance against their polarity" in one_line(done)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--map", "g_start_S"), "--map 'g_start_S': write QUANTITY=COLUMN:UNIT"),
        (("--map", TEXT, "--map", "width_s=tp:ns"), "--map: width_s twice"),
        (("--map", "g_start_S=G before:uS"), "the map lacks amplitude_V, width_s, g_end_S"),
        (("--map", TEXT.replace("tp", "width")), "line 1: no column 'width'"),
        (("--map", TEXT.replace("V:mV", "V:V")), "line 2: -414 V in the column 'V' is amplitude_V = -414 V, outside"),
        (("--map", TEXT, "--rise", "0"), "rise_s = 0 is outside its legal range"),
    ],
)
def test_what_is_wrong_is_one_line_and_exit_code_2(ouro, table, tmp_path, arguments, message):
    done = ouro("import", table(*ROWS), *arguments, "--out", tmp_path / "out")
    assert (done.returncode, done.stdout) == (2, "")
    assert message in one_line(done)
    assert not list((tmp_path / "out").glob("*.parquet"))
