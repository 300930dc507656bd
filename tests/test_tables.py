"""Tables as people have them: each is read rightly, or refused in a line that names file, line and remedy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_array_cli import answer
from test_cli import here, one_line

from ouro_spice._util.tables.number_map import read_map
from ouro_spice._util.tables.table_file import read_table
from ouro_spice.dataset.importing import import_pulses

HEAD = "Gb,V,tp,Ga\n"
ROWS = "110,-1,100,150\n150,-1,100,210\n210,1.2,200,160\n"
MAP = {"g_start_S": "Gb:uS", "amplitude_V": "V:V", "width_s": "tp:ns", "g_end_S": "Ga:uS"}
BARE = {name: column.partition(":")[0] for name, column in MAP.items()}
OPERATED = MAP | {"operation": "op"}
TWO = {name: column for name, column in MAP.items() if name != "amplitude_V"} | {
    "set_amplitude_V": "Vbl:V",
    "reset_amplitude_V": "Vsl:V",
}
NAMED = MAP | {"device": "dev"}
# what ROWS are, in SI
RIGHT = {
    "g_start_S": [110e-6, 150e-6, 210e-6], "amplitude_V": [-1, -1, 1.2], "t_pulse_s": [1e-7, 1e-7, -2e-7],
    "g_end_S": [150e-6, 210e-6, 160e-6],
}  # fmt: skip


def devices(*words):
    """Rows whose first cells are these names of devices."""
    return "".join(f"{word},{110 + k},-1,100,150\n" for k, word in enumerate(words))


# name: (text or bytes, keyword arguments, expected settings of the manifest); all hold ROWS
GOOD = {
    "plain": (HEAD + ROWS, {}, {}),
    "CR": ((HEAD + ROWS).replace("\n", "\r"), {}, {}),
    "CRLF and blank lines": ((HEAD + "\n" + ROWS + "\n \n").replace("\n", "\r\n"), {}, {}),
    "no line end at the end": ((HEAD + ROWS).rstrip("\n"), {}, {}),
    "BOM": ((HEAD + ROWS).encode("utf-8-sig"), {}, {}),
    "UTF-16": ((HEAD + ROWS).encode("utf-16"), {}, {}),
    "semicolons": ((HEAD + ROWS).replace(",", ";"), {}, {}),
    "tabs, padded": ((HEAD + ROWS).replace(",", " \t "), {}, {}),
    "sep=;": ("sep=;\n" + (HEAD + ROWS).replace(",", ";"), {}, {}),
    "SEP=tab, quoted": ('"SEP=\t"\r\n' + (HEAD + ROWS).replace(",", "\t"), {}, {}),
    "quotes": ('"Gb","V","tp","Ga"\n' + "".join(f'"{row}"\n'.replace(",", '","') for row in ROWS.split()), {}, {}),
    "minus signs": (HEAD + ROWS.replace("-", "\u2212"), {}, {}),
    "no-break spaces": (HEAD + ROWS.replace(",", "\u00a0,\u00a0"), {}, {}),
    "exponents": (HEAD + "1.1E2,-1e0,+1E+02,150.\n0150,-1.0,100.0,2.1e2\n210,1.2,.2e3,160\n", {}, {}),
    "header behind #": ("# " + HEAD + ROWS, {}, {}),
    "header behind ## and a title": ("# wafer 3\n##" + HEAD + ROWS, {}, {"passed_over": {"comments": 1}}),
    "comments": (HEAD + "# warm-up\n" + ROWS + "# end, of run 2\n", {}, {"passed_over": {"comments": 2}}),
    "a stray quote in a comment": ('# 5" wafer, "a\n' + HEAD + ROWS, {}, {"passed_over": {"comments": 1}}),
    "rows commented out": (HEAD + "#110,-1,100,150\n" + ROWS, {}, {"passed_over": {"rows that are commented out": 1}}),
    "settings above": (
        "Instrument: 4200\nDate;2024-01-02\nSMU, 2, 3\n" + HEAD + ROWS, {},
        {"passed_over": {"settings above the header": 3}},
    ),
    "a quote left open above": (
        'Title, "5 inch\n' + HEAD + ROWS, {}, {"passed_over": {"settings above the header": 1}},
    ),
    "analyser": (
        "SetupTitle, Sampling\nDimension1, 6, 6, 6, 6\nDataName, Gb, V, tp, Ga\n"
        + "".join(f"DataValue, {row}\n" for row in ROWS.split()[:2]) + "Remark, next sweep\nDataName, Gb, V, tp, Ga\n"
        + f"DataValue, {ROWS.split()[2]}\n", {},
        {"passed_over": {"settings above the header": 2, "settings between rows": 2}},
    ),
    "units below the header": (
        HEAD + "uS,V,ns,(\u00b5S)\n" + ROWS, {"columns": BARE},
        {"passed_over": {"row of units": 1}, "units": {"Gb": "uS", "V": "V", "tp": "ns", "Ga": "uS"}},
    ),
    "units below the header and in the map": (HEAD + "[uS],[V],[ns],[uS]\n" + ROWS, {}, {}),
    "units in the names": (
        "Gb (\u03bcS),V [V],tp/ns,Ga (uS)\n" + ROWS,
        {"columns": dict(zip(MAP, ("Gb (\u03bcS)", "V [V]", "tp/ns", "Ga (uS)"), strict=True))}, {},
    ),
    "commas at the end": (HEAD + ROWS.replace("\n", ",\n"), {}, {}),
    "a comma at the end of the header": (HEAD.replace("\n", ",,\n") + ROWS, {}, {}),
    "commas at the end of both": ((HEAD + ROWS).replace("\n", ",\n"), {}, {}),
    "blank columns": ("Gb,,V,tp,Ga\n" + "".join(f"{row.replace(',', ',,', 1)}\n" for row in ROWS.split()), {}, {}),
    "other columns twice, and empty": ("x,Gb,V,tp,Ga,x\n" + "".join(f",{row},\n" for row in ROWS.split()), {}, {}),
    "rows of nothing but commas": (HEAD + ROWS + ",,,\n,,,\n", {}, {}),
    "a line break in a name": (
        '"G\nb","V",tp,Ga\n' + ROWS, {"columns": MAP | {"g_start_S": "G b:uS"}}, {},
    ),
    "a line break in a cell": (
        "note," + HEAD + "".join(f'"a\n#b, {k}",{row}\n' for k, row in enumerate(ROWS.split())), {}, {},
    ),
    "no header": (ROWS, {"header": ("Gb", "V", "tp", "Ga")}, {"header": ["Gb", "V", "tp", "Ga"]}),
    "no header, semicolons": ("# run 1\n" + ROWS.replace(",", ";"), {"header": ("Gb", "V", "tp", "Ga")}, {}),
    "0 V, overflow, G <= 0, no value": (
        HEAD + "110,0,100,150\n9.9e37,-1,100,150\n110,-1,100,inf\n110,-1,OVLD,150\n-3,-1,100,150\n110,-1,100,0\n"
        "110,-1,100,\n#N/A,-1,100,150\n110,#DIV/0!,100,150\nnan,-1,100,-- \n" + ROWS, {"skip_bad": True},
        {"left_out": {"overflow": 3, "no value": 4, "conductance of 0 or below": 2, "0 V": 1}},
    ),
    "nothing to skip": (HEAD + ROWS, {"skip_bad": True}, {"left_out": None}),
    "SET and RESET in words": (
        "op,Gb,V,tp,Ga\nSet,110,1,100,150\nSET,150,1,100,210\nreset,210,1.2,200,160\n", {"columns": OPERATED}, {},
    ),
    "P and D, RESET negative": (
        "op;Gb;V;tp;Ga\nP;110;1;100;150\nP;150;1;100;210\nD;210;-1.2;200;160\n", {"columns": OPERATED}, {},
    ),
    "words with reads": (
        "op,Gb,V,tp,Ga\ns,110,1,100,150\nread,150,.1,100,150\ns,150,1,100,210\nr,210,1.2,200,160\n",
        {"columns": OPERATED, "skip_bad": True}, {"left_out": {"reads": 1}},
    ),
    "a column for each direction": (
        "Gb,Vbl,Vsl,tp,Ga\n110,1,0,100,150\n150,1,,100,210\n210,0,1.2,200,160\n", {"columns": TWO}, {},
    ),
    "a column for each direction, both 0": (
        "Gb,Vbl,Vsl,tp,Ga\n110,1,0,100,150\n110,0,,1,150\n150,1,,100,210\n210,0,1.2,200,160\n",
        {"columns": TWO, "skip_bad": True}, {"left_out": {"0 V": 1}},
    ),
    "resistances": (
        HEAD + f"{1e3 / 110!r},-1,100,150\n{1e3 / 150!r},-1,100,210\n{1e3 / 210!r},1.2,200,160\n",
        {"columns": MAP | {"g_start_S": "Gb:k\u03a9"}}, {},
    ),
}  # fmt: skip

# name: (text or bytes, keyword arguments, words of the refusal); "@" is the path of the file
BAD = {
    "nothing": ("", {}, "@ is empty"),
    "only a header": (HEAD, {}, "@ has a header, but no rows"),
    "only a header and units": (HEAD + "uS,V,ns,uS\n", {}, "@ has a header, but no rows"),
    "no header": (ROWS, {}, "@, line 1: numbers, where a header .* --no-header and the names as --columns"),
    "no rows without a header": ("#\n", {"header": ("Gb", "V", "tp", "Ga")}, "@ has no rows"),
    "names that are too few": (ROWS, {"header": ("Gb", "V", "Ga")}, "--columns: no column 'tp'"),
    "names of fewer columns": (ROWS.replace("\n", ",7\n"), {"header": ("Gb", "V", "tp", "Ga")},
                               "@, line 1: 5 values, --columns names 4"),
    "names twice": (ROWS, {"header": ("Gb", "V", "tp", "V")}, "each must be there, and once"),
    "a header after all": (HEAD + ROWS, {"header": ("Gb", "V", "tp", "Ga")}, "line 1: 'Gb' .* the header again"),
    "two headers": (HEAD + ROWS + HEAD + ROWS, {}, "@, line 5: 'Gb' .* the header again\\? remove it"),
    "a row above the header": ("1,2,3,4\n" + HEAD + ROWS, {}, "@, line 1: a row of numbers above the header in line 2"),
    "a wanted name twice": ("Gb,V,tp,Ga,V\n110,-1,100,150,1\n", {}, "@, line 1: the header has the column 'V' 2 times"),
    "another name": ("G b,V,tp,Ga\n" + ROWS, {}, "@, line 1: no column 'Gb'; did you mean 'G b'"),
    "another name below settings": ("Date, 2024\nSMU\nGb,V,t_p,Ga\n" + ROWS, {}, "@, line 3: no column 'tp'; .*'t_p'"),
    "blanks": ((HEAD + ROWS).replace(",", " "), {}, "is a single column; columns are separated by comma, semicolon"),
    "sep=|": ("sep=|\n" + (HEAD + ROWS).replace(",", "|"), {}, "@, line 1: sep=|"),
    "a line of another delimiter": (HEAD + ROWS + "1;2;3;4\n", {}, "@, line 5: 1 values.* separated by semicolons"),
    "ragged": (HEAD + "110,-1,100\n", {}, "@, line 2: 3 values, the header has 4 columns"),
    "a footer": (HEAD + ROWS + "End of data\n", {}, "@, line 5: 1 values, the header has 4"),
    "decimal commas": (HEAD + "110,5,-1,2,100,0,150,1\n", {}, "@, line 2: 8 values.* decimal commas"),
    "decimal commas, semicolons": (HEAD.replace(",", ";") + "110,5;-1;100;150\n", {}, "'110,5' .* a decimal point"),
    "thousands": (HEAD + '110,-1,"1,000",150\n', {}, "@, line 2: '1,000' .* nothing between thousands"),
    "thousands and decimals": (HEAD.replace(",", ";") + "110;-1;1'000.5;150\n", {}, ".* nothing between thousands"),
    "underscores": (HEAD + "1_10,-1,100,150\n", {}, "@, line 2: '1_10' .* is no finite number"),
    "units in cells": (HEAD + "110 \u00b5S,-1,100,150\n", {}, "@, line 2: '110 \u00b5S' .* cells hold bare numbers"),
    "units behind numbers": (HEAD + "110,-1,100ns,150\n", {}, "@, line 2: '100ns' .* cells hold bare numbers"),
    "D exponents": (HEAD + "1.1D2,-1,100,150\n", {}, "@, line 2: '1.1D2' .* an exponent is written with e"),
    "empty": (HEAD + "110,-1,,150\n", {}, "@, line 2: the column 'tp' is empty; skip_bad"),
    "NaN": (HEAD + ROWS + "NaN,-1,100,150\n", {}, "@, line 5: 'NaN' .* no finite number; skip_bad .--skip-bad. leaves"),
    "#N/A": (HEAD + "110,#N/A,100,150\n", {}, "@, line 2: '#N/A' in the column 'V' is no finite number; skip_bad"),
    "#DIV/0!": (HEAD + "#DIV/0!,-1,100,150\n", {}, "@, line 2: '#DIV/0!' .* is no finite number; skip_bad"),
    "overflow": (HEAD + "110,-1,100,9.91E+37\n", {}, "@, line 2: '9.91E.37' .* no finite number; skip_bad"),
    "0 V": (HEAD + "110,0,100,150\n", {}, "@, line 2: 0 V .* a pulse of 0 V is none; skip_bad .* map set_ampl"),
    "negative G": (HEAD + "-1,-1,100,150\n", {}, "@, line 2: -1 uS .* skip_bad"),
    "nothing left": (HEAD + "110,0,100,150\n110,OL,100,150\n", {"skip_bad": True},
                     "@: no row is left: of 2 rows 1 of overflow, 1 of 0 V"),
    "a comment of many numbers": (HEAD + "# 1.2, 1.4, 1.6\n" + ROWS, {}, "@, line 2: the line begins with #"),
    "half a row with #": ("dev," + HEAD + "#1,110,-1,x,150\n", {"columns": NAMED}, "@, line 2: the line begins with #"),
    "units against the map": (HEAD + "mS,V,ns,uS\n" + ROWS, {}, "@, line 2: 'Gb' is told in mS, the map says uS"),
    "names against the map": ("Gb (mS),V,tp,Ga\n" + ROWS, {"columns": MAP | {"g_start_S": "Gb (mS):uS"}},
                              "@, line 1: 'Gb .mS.' is told in mS, the map says uS: which of them is right"),
    "units of something else": (HEAD + "V,V,ns,uS\n" + ROWS, {"columns": BARE}, "line 2: 'Gb' is told in V, g_start"),
    "unknown units": (HEAD + "uS,V,min,uS\n" + ROWS, {"columns": BARE}, "@, line 2: a row of units\\? 'min' is none"),
    "no units": (HEAD + ROWS, {"columns": BARE}, "g_start_S=Gb names no unit; write COLUMN:UNIT with S, mS"),
    "Latin-1": (HEAD.encode() + b"110 \xb5S,-1,100,150\n", {}, "@, line 2: this is no UTF-8 text: save"),
    "Latin-1, CR": (HEAD.encode()[:-1] + b"\r110 \xb5S,-1,100,150\r", {}, "@, line 2: this is no UTF-8 text"),
    "UTF-16 without a mark": ((HEAD + ROWS).encode("utf-16-le"), {}, "@ is no text file: save the table as CSV"),
    "half a character of UTF-16": ((HEAD + ROWS).encode("utf-16")[:-1], {}, "is no UTF-16 text"),
    "a workbook": (b"PK\x03\x04" + bytes(30), {}, "@ is no text file but a workbook .* save the sheet as CSV"),
    "a quote left open": (HEAD + '110,-1,100,"150\n' + ROWS, {}, "unexpected end of data: is a quote left open"),
    "a quote left open in a long file": (HEAD + '110,-1,100,"150\n' + ROWS * 3000, {}, "is a quote left open"),
    "a word in no pair": ("op,Gb,V,tp,Ga\nset,110,1,100,150\nup,110,1,100,150\n", {"columns": OPERATED},
                          "@, line 3: 'up' in the column 'op' is no SET and no RESET"),
    "words of two pairs": ("op,Gb,V,tp,Ga\np,110,1,100,150\nd,110,1,100,150\nr,1,1,1,1\n", {"columns": OPERATED},
                           "@, line 4: 'r' in the column 'op'"),
    "a read": ("op,Gb,V,tp,Ga\nset,110,1,100,150\nREAD,110,1,100,150\n", {"columns": OPERATED}, "leaves reads out"),
    "a SET of both signs": ("op,Gb,V,tp,Ga\nset,110,1,100,150\nset,110,-1,100,150\n", {"columns": OPERATED},
                            "@, line 3: a SET of -1 V, in line 2 one of 1 V"),
    "both directions": ("Gb,Vbl,Vsl,tp,Ga\n110,1,1.2,100,150\n", {"columns": TWO}, "@, line 2: a SET of 1 V and a"),
    "neither direction": ("Gb,Vbl,Vsl,tp,Ga\n110,0,0,100,150\n", {"columns": TWO}, "@, line 2: SET and RESET are 0 V"),
    "a negative magnitude": ("Gb,Vbl,Vsl,tp,Ga\n110,-1,0,100,150\n", {"columns": TWO}, "@, line 2: .* is a magnitude"),
    "no text in the map": (HEAD + ROWS, {"columns": MAP | {"width_s": 5}}, "the map says width_s=5; write the column"),
    "names in one text": (ROWS, {"header": "Gb,V,tp,Ga"}, "header = 'Gb,V,tp,Ga' must be the names of all columns"),
    "one direction": (HEAD + ROWS, {"columns": MAP | {"set_amplitude_V": "V:V"}}, "and amplitude_V: one of them tells"),
    "signs told twice": (HEAD + ROWS, {"columns": OPERATED, "positive_sets": True}, "one of them tells the direction"),
    "another header between rows": ("DataName,Gb,V,tp,Ga\nDataValue,110,-1,100,150\nDataName,t,I,,\n", {},
                                    "@, line 3: another header than that of line 1"),
    "a curve of readings": ("n,G\n1,100\n2,110\n", {"columns": MAP | {"g_start_S": "G:uS", "g_end_S": "G:uS"}},
                            "of a curve of readings make such rows first"),
    "readings of a curve": ("n,G\n1,100\n2,110\n", {"columns": {"g_end_S": "G:uS"}}, "lacks g_start_S.* rows first"),
    "S for uS": (HEAD + ROWS, {"columns": MAP | {"g_start_S": "Gb:S"}}, "line 2: 110 S .* mean uS\\?; 3 lines"),
    "mS for uS": (HEAD + ROWS, {"columns": MAP | {"g_end_S": "Ga:mS"}}, "line 2: 150 mS .* mean uS\\?; 3 lines"),
    "Ohm for kOhm": (HEAD + "9.1,-1,100,150\n", {"columns": MAP | {"g_start_S": "Gb:Ohm"}}, "did you mean kOhm"),
    "s for ns": (HEAD + ROWS, {"columns": MAP | {"width_s": "tp:s"}}, "@, line 2: 100 s .* did you mean ns"),
    "mV for V": (HEAD + ROWS, {"columns": MAP | {"amplitude_V": "V:mV"}}, "@, line 2: -1 mV .* did you mean V"),
    "V for mV": (HEAD + "110,-1000,100,150\n", {}, "@, line 2: -1000 V .* did you mean mV"),
    "an edge of seconds": ("e," + HEAD + "20,110,-1,100,150\n", {"columns": MAP | {"rise_s": "e:s"}}, "mean ns"),
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_tables_that_are_read(tmp_path, name):
    content, how, expected_settings = GOOD[name]
    path = tmp_path / "t.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    data = import_pulses(path, **{"columns": MAP} | how)
    for column, expected in RIGHT.items():
        np.testing.assert_allclose(data.frame[column], expected, rtol=1e-12, err_msg=column)
    for key, expected in expected_settings.items():
        assert data.manifest.settings.get(key) == expected


@pytest.mark.parametrize("name", BAD)
def test_tables_that_are_refused(tmp_path, name):
    content, how, message = BAD[name]
    path = tmp_path / "t.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ValueError, match=message.replace("@", str(path)).replace("|", "[|]")) as error:
        import_pulses(path, **{"columns": MAP} | how)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "words", [("#1", "#1", "2", "2", "3"), ("#1", "#2", "#3", "#4", "#5"), ("# 1", '"#1"', "a#", "b", "#")]
)
def test_names_of_devices_may_begin_with_a_hash(tmp_path, words):
    path = tmp_path / "t.csv"
    path.write_text("# run 7\ndev," + HEAD + devices(*words))
    data = import_pulses(path, NAMED)
    names = [word.strip('"') for word in words]
    assert [data.manifest.settings["devices"][k] for k in data.frame.device] == names
    np.testing.assert_allclose(data.frame.g_start_S, np.arange(110, 115) * 1e-6)
    # a bare one is told, a quoted one is text
    assert data.manifest.settings["marked"] == sum(word.startswith("#") for word in words)
    assert data.manifest.settings["passed_over"] == {"comments": 1}


@settings(max_examples=60, deadline=None)
@given(
    delimiter=st.sampled_from([",", ";", "\t"]), end=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]), quoted=st.booleans(), hashed=st.booleans(),
    above=st.lists(st.sampled_from(["Title", "Date,2024", "# note", "#", "SMU,2,3", 'a "b'])), units=st.booleans(),
    between=st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["", "# a", "# b,c", " # 5 V, d", ",,,,"]))),
    trailing=st.sampled_from(["", ",", ", ,"]),
    names=st.lists(st.sampled_from(["#1", "1", "x y"]), min_size=3, max_size=3),
)  # fmt: skip
def test_ways_to_write_a_table_together(
    tmp_path_factory, delimiter, end, encoding, quoted, hashed, above, units, between, trailing, names
):
    """Whatever a table is written like: its three rows, and each line that is none counted."""
    body = [f"{row},{name}{trailing}" for row, name in zip(ROWS.split(), names, strict=True)]
    if quoted:
        body = [",".join(f'"{cell}"' for cell in row.split(",")) for row in body]
    for place, line in between:
        body.insert(place, line)
    lines = [*above, f"{'# ' * hashed}{HEAD.strip()},dev{trailing}", *["uS,V,ns,uS,-"] * units, *body]
    path = tmp_path_factory.mktemp("table") / "t.csv"
    path.write_bytes("".join(line.replace(",", delimiter) + end for line in lines).encode(encoding))
    data = import_pulses(path, NAMED)
    for column, expected in RIGHT.items():
        np.testing.assert_allclose(data.frame[column], expected, rtol=1e-12)
    found = data.manifest.settings
    assert [found["devices"][k] for k in data.frame.device] == names
    comments = [line for line in [*above, *(line for _, line in between)] if line.strip().startswith("#")]
    counts = {"comments": len(comments), "row of units": int(units)}
    counts["settings above the header"] = len(above) - sum(line.startswith("#") for line in above)
    assert found.get("passed_over", {}) == {name: count for name, count in counts.items() if count}


def test_what_is_implausible_can_be_accepted(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(HEAD + "110,-1,100,150\n")
    columns = MAP | {"g_start_S": "Gb:mS", "g_end_S": "Ga:mS", "width_s": "tp:s"}
    data = import_pulses(path, columns, accept_implausible=True)
    assert (data.frame.g_start_S[0], data.frame.t_pulse_s[0]) == (0.11, 100)
    assert data.manifest.settings["accept_implausible"] is True
    # what no setting makes legal
    with pytest.raises(ValueError, match=r"outside 1e-12 \.\. 1 S: did you mean uS"):
        import_pulses(path, MAP | {"g_start_S": "Gb:S"}, accept_implausible=True)


def test_amplitudes_of_one_sign_that_go_both_ways_are_warned_of(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(HEAD + "110,1,100,150\n150,1,100,120\n120,1,100,110\n")
    with pytest.warns(UserWarning, match="all amplitudes have one sign: is the direction in another column"):
        import_pulses(path, MAP)


def test_a_long_table_is_read_line_by_line(tmp_path):
    """80 000 lines, comments among them: none is lost, and the last line is known."""
    path = tmp_path / "t.csv"
    path.write_text(HEAD + (ROWS + "# 50 K\n") * 20_000 + ROWS)
    table = read_table(path, ("Gb", "V"))
    assert (len(table), table.passed_over, table.lines[-1]) == (60_003, {"comments": 20_000}, 80_004)
    assert table.numbers("Gb").sum() == (110 + 150 + 210) * 20_001


# ---- maps


@pytest.mark.parametrize(
    "text",
    [
        "1e-4,2e-4,3e-4\n4e-4,5e-4,6e-4\n",
        "\ufeff1e-4;2e-4;3e-4\r\n4e-4;5e-4;6e-4",
        "1e-4\t2e-4\t3e-4\n4e-4\t5e-4\t6e-4\n",
        "# of a b; c\n1e-4  2e-4 3e-4\n\n 4e-4 5e-4 6e-4\n",
        "sep=;\n1e-4;2e-4;3e-4;\n4e-4;5e-4;6e-4;\n",
        '"1e-4","2e-4","3e-4"\n4e-4,5e-4,6e-4\n',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_maps(tmp_path, text, encoding):
    path = tmp_path / "g.csv"
    path.write_bytes(text.encode(encoding))
    np.testing.assert_array_equal(read_map(path, 2, 3), [[1e-4, 2e-4, 3e-4], [4e-4, 5e-4, 6e-4]])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1,2\n3,4\n5,6\n", "3 x 2 values, the array has 2 x 3 cells: is the map transposed?"),
        ("0,1;0,2;0,3\n0,1;0,2;0,3\n", "line 1: '0,1' in row 0, column 0, is no number: numbers need a decimal point"),
        ("0,1,0,2,0,3\n0,1,0,2,0,3\n", "2 x 6 values, the array has 2 x 3 cells: are there decimal commas?"),
        ("a,b,c\n1,2,3\n4,5,6\n", "3 x 3 values, the array has 2 x 3 cells: a map has no header and no labels"),
        ("1,2,3\n1,2\n", "2 x 2/3 values"),
        ("100uS,2,3\n1,2,3\n", "line 1: '100uS' in row 0, column 0, is no number: cells hold bare numbers"),
        ("", "0 x 0 values"),
    ],
)
def test_files_that_are_no_map(tmp_path, text, message):
    path = tmp_path / "g.csv"
    path.write_text(text)
    with pytest.raises(ValueError) as error:
        read_map(path, 2, 3)
    assert str(error.value).startswith(str(path)) and message in str(error.value)


# ---- the commands


@pytest.fixture
def ouro(capsys):
    return here(capsys)


TEXT = ",".join(f"{name}={column}" for name, column in MAP.items())


def test_the_command_counts_and_shows_ranges(ouro, tmp_path):
    path, out = tmp_path / "t.csv", tmp_path / "out"
    path.write_text("# lab\n" + HEAD + "110,0,100,110\n9.9E37,-1,100,150\n" + ROWS)
    how = ("import", path, "--map", TEXT, "--skip-bad", "--out", out)
    done = ouro(*how)
    assert (done.returncode, done.stderr) == (0, "")
    for words in ("5 rows, 2 left out (0 V: 1, overflow: 1)", "no rows: comments: 1", "110 uS .. 150 uS", "200 ns"):
        assert words in done.stdout
    found = answer(ouro(*how, "--json"))
    assert (found["rows"], found["records"], found["left_out"]) == (5, 3, {"overflow": 1, "0 V": 1})
    assert "0 V 1, overflow 1" in ouro("dataset", "info", out).stdout


def test_columns_of_a_table_without_a_header(ouro, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(ROWS)
    how = ("import", path, "--map", TEXT, "--out", tmp_path / "out")
    assert answer(ouro(*how, "--no-header", "--columns", "Gb,V, tp,Ga", "--json"))["records"] == 3
    for part in (("--no-header",), ("--columns", "Gb,V,tp,Ga")):
        done = ouro(*how, *part)
        assert (done.returncode, done.stdout) == (2, "")
        assert "--no-header and --columns: give both" in one_line(done)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("g_start_S,g_target_S\n1e-4,2e-4\n120,300\n", "line 3: g_start_S = 120 S is outside"),
        ("g_start_S,g_target_S\n1e-4,300\n", "did you mean uS? 300 uS is 0.0003 S"),
        ("g_start_S;g_target_S\nuS;uS\n100;300\n", "line 2: the column 'g_start_S' is in S, not in uS"),
        ("g_start_S;g_target_S\n0,0001;0,0003\n", "need a decimal point"),
        ("g_start_S,g_target_S\n# 1e-4,2e-4\n1e-4,3\n", "line 3: g_target_S = 3 S is outside"),
        ("g_start_S,g_target_S,rise_s\n1e-4,3e-4,20\n", "did you mean ns"),
    ],
)
def test_lists_that_are_refused(ouro, tmp_path, text, message):
    path = tmp_path / "l.csv"
    path.write_text(text)
    pair = ("--v-set", -0.4, "--v-reset", 0.8)
    done = ouro("extract", "--cell", "reduced", *pair, "--list", path, "--out", tmp_path / "out")
    assert (done.returncode, done.stdout) == (2, "")
    assert message in one_line(done)
