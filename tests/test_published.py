"""Published results: pages are what is made of the files, whatever is in them; damaged ones are told."""

from __future__ import annotations

import copy
import json
import math
import random
from pathlib import Path

import pytest

from ouro_spice.cli import main
from ouro_spice.experiment import campaigns
from ouro_spice.experiment.published import claims, document, formats, publish, result_tables, revision

ROOT = Path(__file__).parents[1]
FILES = {name: ROOT / "results" / f"{name}.json" for name in campaigns.CAMPAIGNS}
BANDS = ("within_50", "within_20", "within_10")


def shipped():
    return {name: publish.read(path) for name, path in FILES.items()}


def pages(several):
    """All that is made of results, by path below the root."""
    made = {f"docs/results/{name}.md": document.campaign_text(one) for name, one in several.items()}
    return made | {"RESULTS.md": document.results_text(list(several.values()))}


# ---- the pages


@pytest.mark.parametrize("path", ["RESULTS.md", "docs/results/paper.md", "docs/results/circuit.md"])
def test_pages_are_what_report_makes_of_the_files(path):
    assert (ROOT / path).read_text(encoding="utf-8") == pages(shipped())[path], "run `ouro-spice report results`"


def figures(several):
    """Every printed figure: where it is, as (the table that holds it, its key)."""
    for one in several.values():
        for rows in one["one_shot"].values():
            for row in rows.values():
                yield from ((row, key) for key in (*BANDS, "rpd_median", "wrong_way", "compute_s", "n") if key in row)
                yield from ((gap, k) for gap in row.get("gap", {}).values() for k in range(3))
                yield from ((row["interval"]["within_20"], k) for k in range(2))
        for tolerances in one["write_verify"].values():
            for row in (row for rows in tolerances.values() for row in rows.values()):
                yield from ((row, key) for key in ("success", "pulses_mean", "pulses_median", "pulses_p95", "energy_J"))
                yield from ((row["interval"], k) for k in range(2))
                yield from ((row["reads"], key) for key in row["reads"])
        for tolerances in one["ratios"].values():
            for row in (row for rows in tolerances.values() for row in rows.values()):
                yield from ((row[key], k) for key in ("over_best", "over_untuned") for k in range(3))
        for rows in one["transfer"].values():
            yield from ((row, key) for row in rows.values() for key in (*BANDS, "rpd_median"))


def test_a_changed_figure_changes_a_page():
    several = shipped()
    before, every = pages(several), list(figures(several))
    assert len(every) > 2000
    for held, key in random.Random(0).sample(every, 60):
        kept = held[key]
        held[key] = kept // 2 if isinstance(kept, int) else kept / 2 or 0.01
        assert pages(several) != before, (key, kept)
        held[key] = kept
    assert pages(several) == before


def test_results_say_where_they_come_from():
    for name, one in shipped().items():
        assert {"commit", "date", "seeds", "manifest"} <= set(one)
        text = document.campaign_text(one)
        assert one.get("source", "a run").split(",")[0] in text.replace("\n", " ")
        assert name == "circuit" or one["commit"] in text  # the circuit's is of before commits were recorded
        assert ("300.15 K" in text) == (name == "circuit")
    assert "300.15 K" in (ROOT / "RESULTS.md").read_text(encoding="utf-8")


def test_results_are_small():
    assert sum(path.stat().st_size for path in FILES.values()) < 500_000
    assert len((ROOT / "RESULTS.md").read_text(encoding="utf-8").splitlines()) < 120


# ---- whatever rows and columns


def row(share, **more):
    low, high = max(share - 0.02, 0), min(share + 0.02, 1)
    found = dict.fromkeys(BANDS, share) | {"n": 2000, "interval": {key: [low, high] for key in BANDS}}
    return found | {"rpd_median": 0.1, "wrong_way": 0.01} | more


def test_new_rows_stand_where_they_belong_and_new_columns_behind_the_known():
    rows = {
        "A": row(0.5, new_thing_s=3e-9), "median_table": row(0.6), "do nothing": row(0.1), "table_20": row(0.7),
        "noise-free, looked up": {"compute_s": 27.3e-6},
        "best constant": row(0.2, floor_50=0.9, floor_20=0.8, floor_10=0.7),
    }  # fmt: skip
    head, lines = result_tables.share_table(rows)
    names = ["noise floor", "best constant", "do nothing", "noise-free, looked up", "median_table", "table_20", "A"]
    assert [line[0] for line in lines] == names
    assert head[-1] == "new thing s" and lines[-1][-1] == "3 ns"
    assert lines[0][2:5] == ["90.0", "80.0", "70.0"]
    assert lines[3] == ["noise-free, looked up", *[""] * 8, "27.3 us", ""]
    assert {len(line) for line in lines} == {len(head)}


def test_tables_inside_rows_get_sections_of_their_own():
    small = [
        {"direction": "set", "asked_S": 2e-6, "gain": [1.4, 1.2, 1.6]},
        {"direction": "reset", "asked_S": [1e-6, 1e-5]},
    ]
    rows = {"A": row(0.5, small_updates=small), "B": row(0.6), "C": row(0.6, small_updates=small[:1])}
    ((key, (head, lines)),) = result_tables.list_tables(rows).items()
    assert (key, head) == ("small_updates", ["variant", "direction", "asked S", "gain"])
    assert lines == [["A", "set", "2 uS", "1.40 (1.20 .. 1.60)"], ["A", "reset", "1 uS .. 10 uS", ""],
                     ["C", "set", "2 uS", "1.40 (1.20 .. 1.60)"]]  # fmt: skip
    assert "small" not in " ".join(result_tables.share_table(rows)[0])
    text = document.campaign_text({"campaign": "paper", "one_shot": {"x": rows}, "write_verify": {}})
    assert "## x: small updates\n\n| variant | direction |" in text


def written(**more):
    found = {"n": 40, "success": 0.975, "pulses_mean": 2.5, "interval": [2.0, 3.0], "pulses_median": 2.0,
             "pulses_p95": 6.0, "iterations_below_10": 0.95, "reads": {"1e-08": 1e-7, "1e-06": 3e-6},
             "energy_J": 1e-11}  # fmt: skip
    return found | more


def test_columns_of_writes_are_those_that_there_are():
    head, lines = result_tables.write_table({"ISPP": written()})
    assert head == ["programmer", "n", "success", "pulses, mean", "95 % interval", "median", "p95", "below 10",
                    "time, reads of 10 ns", "1 us", "energy"]  # fmt: skip
    assert lines == [["ISPP", "40", "97.5", "2.50", "2.00 .. 3.00", "2", "6", "95.0", "100 ns", "3 us", "10 pJ"]]
    more = {"knows": "nominal model", "new_J": 2e-12, "over_it": [1.1, 0.9, 1.3], "outcomes": {}}
    head, lines = result_tables.write_table({"ISPP": written(), "Posterior": written(**more)})
    assert head[1] == "knows" and head[-2:] == ["new J", "over it"]
    assert lines[1][-2:] == ["2 pJ", "1.10 (0.90 .. 1.30)"] and lines[0][-2:] == ["", ""]


def test_results_that_count_reads_have_tables_of_costs_and_settings():
    rows = {"ISPP": written(reads_mean=3.5, predictions_mean=0.0, knows="nothing", read_energy_J=1e-12, more_s=3e-9)}
    tuned = {"ISPP": {"parameters": {"width": 1e-8, "back": 2}, "edges": {}}}
    found = {"write_verify": {"x": {"0.1": rows}}, "tuned": {"x": {"0.1": tuned}}}
    ended, costs, settings = result_tables.write_tables(found, "x", "0.1")
    assert ended[0][:2] == ["programmer", "knows"] and ended[0][-1] == "more s" and ended[1][0][-1] == "3 ns"
    assert costs[0][1] == "reads" and costs[1][0][1] == "3.50"
    assert settings[1][0][1] == "width 10 ns, steps back at a crossing 2"


def test_a_figure_that_is_not_there_leaves_its_cell_empty():
    several = shipped()
    for one in several.values():
        for rows in one["one_shot"].values():
            for found in rows.values():
                for key in ("rpd_median", "wrong_way", "gap", "floor_50"):
                    found.pop(key, None)
        one |= {"ratios": {}, "transfer": {}, "write_verify": {}}
    for text in pages(several).values():
        assert "None" not in text and "nan" not in text
        lines = [line for line in text.splitlines() if line.startswith("|")]
        assert lines and all(line.endswith("|") for line in lines)


def test_several_trainings_are_said_in_the_table():
    told = {"n": 5, "seeds": [7, 8, 9, 10, 11], "chosen": 9, "sd": {"within_20": 0.02},
            "range": {"within_20": [0.47, 0.53]}, "chosen_shares": dict.fromkeys(BANDS, 0.52)}  # fmt: skip
    head, (_, line) = result_tables.share_table({"a": row(0.4), "b": row(0.5, trainings=told)})
    cells = dict(zip(head, line, strict=True))
    assert cells["trainings: spread of 20 %"] == "5: sd 2.0, 47.0 .. 53.0"
    assert "52.0 / 52.0 / 52.0 (seed 9)" in cells.values()
    assert formats.share_of(row(0.5, trainings=told), 20) == "50.0 % (48.0 .. 52.0, n = 2000, 5 trainings)"


def test_settings_that_are_not_recorded_are_said():
    assert "Tuned settings of the conventional programmers: not recorded" in document.campaign_text(
        shipped()["circuit"]
    )


# ---- what the tables show


def shown(table_share, network_share, *over):
    """Findings of one setting; `over`: intervals of network minus table, band by band, none in files of before."""
    more = [{"over_table": {name: [network_share - table_share, *one]}} for name, one in zip(BANDS, over, strict=False)]
    networks = {name: row(network_share, **told) for name, told in zip(BANDS, more or [{}] * 3, strict=True)}
    rows = {"table": row(table_share)} | networks
    return "\n".join(claims.findings({"paper": {"one_shot": {"here": rows}}}))


def test_a_table_is_as_good_where_the_difference_of_pairs_is_within_the_margin_interval_and_all():
    same, over, under, wide = (-0.019, 0.02), (0.03, 0.09), (-0.09, -0.03), (-0.05, 0.03)
    told = shown(0.60, 0.60, same, same, same)
    assert "**For two inputs a table is as good as a network, to within 2 points.**" in told
    assert "networks - table 0.0 (-1.9 .. 2.0): as good as the table / 0.0" in told
    assert "**For two inputs networks are better than tables.**" in shown(0.60, 0.66, over, over, over)
    assert "**For two inputs tables are better than networks.**" in shown(0.66, 0.60, under, under, under)
    for mixed in ([same, same, wide], [over, wide, over], [over, same, under], [(-0.021, 0.01)] * 3):
        text = shown(0.60, 0.60, *mixed)
        assert "**Tables beside networks.**" in text
    assert "(-5.0 .. 3.0): not decided" in shown(0.60, 0.60, same, same, wide)


def test_files_without_the_difference_of_pairs_give_figures_and_no_verdict():
    """Marginal intervals that overlap say nothing of a difference."""
    for text in (shown(0.60, 0.63), shown(0.60, 0.70), shown(0.80, 0.70)):
        assert "Tables beside networks" in text
        assert not any(word in text for word in ("as good as", "better", "worse", "not decided", "networks - table"))
    assert "here: table 60.0 / 60.0 / 60.0 %, networks 70.0 / 70.0 / 70.0 %" in shown(0.60, 0.70)


def test_the_floors_own_bias_counts_against_networks_at_the_floor():
    """An interval up to 5 points is at the floor, unless the floor itself may be 2 points too low."""
    for bias, near in ((-0.02, True), (0.009, True), (0.02, False)):
        rows = {name: row(0.5, gap={name: [0.04, 0.03, 0.05]}) for name in BANDS}
        rows["best constant"] = row(0.1, floor_bias=dict.fromkeys(BANDS, bias))
        text = "\n".join(claims.findings({"paper": {"one_shot": {"here": rows}}}))
        assert ("bounded by noise" in text) == near
        low = 100 * (0.04 + max(bias, 0))
        assert f"{low:.1f} to {low:.1f} points" in text


def inputs(many, plain, saved=None):
    """Findings of writes: intervals of the pulses of either network, and the ratio of pairs."""
    rows = {"both": written(interval=many), "within_10": written(pulses_mean=2.9, interval=plain)}
    found = {"pulses": {"neural": "both", "conventional": "ISPP", "over_best": [2.0, 1.5, 2.5]}}
    found |= {"inputs": {"plain": "within_10", "many": "both", "pulses": saved}} if saved else {}
    of = {claims.SPICE: {"0.1": found}}
    return "\n".join(
        claims.findings({"circuit": {"one_shot": {}, "write_verify": {claims.SPICE: {"0.1": rows}}, "ratios": of}})
    )


def test_many_inputs_are_said_to_save_pulses_where_the_lower_end_of_the_ratio_does():
    case = "The network's case is many inputs"
    assert case in inputs([2.0, 3.0], [2.4, 3.4], [1.16, 1.01, 1.3])
    assert ", 1.16 (1.01 .. 1.30) times as many; ISPP" in inputs([2.0, 3.0], [2.4, 3.4], [1.16, 1.01, 1.3])
    assert case not in inputs([2.0, 2.3], [2.6, 3.4], [1.16, 0.99, 1.3])
    # without the ratio: intervals that have no part in common; means alone say nothing
    assert case in inputs([2.0, 2.39], [2.4, 3.4]) and case not in inputs([2.0, 2.41], [2.4, 3.4])


@pytest.mark.parametrize(
    ("over", "words"),
    [
        ([0.8, 0.7, 0.9], "needs fewer pulses than"),
        ([1.4, 1.2, 1.6], "needs more pulses than"),
        ([0.9, 0.7, 1.1], "beside"),
    ],
)
def test_the_rule_that_knows_the_model_is_told_by_the_interval(over, words):
    rows = {"both": written(interval=[2.0, 3.0]), "posterior": written(pulses_mean=2.1, interval=[1.9, 2.3])}
    found = {"pulses": {"neural": "both", "model": "posterior", "over_model": over}}
    of = {claims.SPICE: {"0.1": found}}
    told = claims.findings({"circuit": {"one_shot": {}, "write_verify": {claims.SPICE: {"0.1": rows}}, "ratios": of}})
    (line,) = (one for one in told if "knows the nominal model" in one)
    assert line.startswith(f"**A rule that knows the nominal model {words} the best network.**")
    assert f"posterior takes 2.10 (1.90 .. 2.30) pulses, {over[0]:.2f} ({over[1]:.2f} .. {over[2]:.2f}) times" in line


@pytest.mark.parametrize(
    ("change", "what"),
    [({"n": -5}, "n = -5"), ({"n": 2.5}, "n = 2.5"), ({"rpd_median": -3.0}, "rpd_median = -3"),
     ({"interval": [0.9, 0.1]}, "no interval"), ({"interval": {"within_20": [0.9, 0.1]}}, "no interval")],
)  # fmt: skip
def test_figures_that_can_be_none_are_refused(tmp_path, change, what):
    values = shipped()["paper"]
    first = next(iter(values["one_shot"].values()))
    name = next(one for one, each in first.items() if "within_20" in each)
    first[name] = first[name] | change
    (tmp_path / "paper.json").write_text(json.dumps(values))
    with pytest.raises(ValueError, match=what):
        publish.read(tmp_path / "paper.json")


def test_networks_far_from_the_floor_are_not_said_to_be_at_it():
    for gap, near in ((0.01, True), (0.2, False)):
        rows = {name: row(0.5, gap={name: [gap, gap - 0.01, gap + 0.01]}) for name in BANDS}
        text = "\n".join(claims.findings({"paper": {"one_shot": {"here": rows}}}))
        assert ("bounded by noise" in text) == near and f"{100 * gap:.1f} to {100 * gap:.1f} points" in text


def test_every_ratio_of_a_claim_has_its_interval_and_every_share_its_n():
    lines = claims.claim_rows(shipped())
    assert "36.70 (9.40 .. 85.41) times fewer pulses, 26.05 (7.15 .. 57.25) times less time" in lines[-1][3]
    assert lines[0][2] == "98.1 % (97.4 .. 98.7, n = 2000, 5 trainings), B_smoothed"
    cells = [cell for line in lines[:3] for cell in line[2:]]
    for one in (one for cell in cells for one in cell.split("; ")):
        # the run of beda7f7 tells of the wrong way how far trainings are apart, and no interval yet
        assert one.count("n = ") == 1 and (" .. " in one or ", sd " in one)
    for one in (one for cell in lines[1][2:] for one in cell.split("; ")):
        assert one.count(" .. ") == 3, "each share has its interval"
    assert lines[1][2].startswith("A_t 92.3 (91.1 .. 93.5) / 71.2 (67.0 .. 75.5) / 57.4 (52.3 .. 62.5) %, n = 2000;")


def test_a_time_of_a_prediction_says_how_many_were_timed_and_how_far_they_are_apart():
    known = row(0.5, compute_s=26.6e-6, compute_n=200, compute_quartiles_s=[26e-6, 28.1e-6])
    rows = {"A_t": known, "noise-free": row(0.5, compute_s=2.59e-3)}
    cell = claims.claim_rows({"paper": {"one_shot": {"paper": rows}}})[3][2]
    assert cell == (
        "A_t 26.6 us a prediction (median of 200, half of them 26 us .. 28.1 us), "
        "noise-free 2.59 ms a prediction; how many were timed was not kept"
    )
    assert "not kept" not in claims.claim_rows({"paper": {"one_shot": {"paper": {"A_t": known}}}})[3][2]
    head, lines = result_tables.share_table(rows)
    place = head.index("time of a prediction")
    assert [line[place] for line in lines] == ["2.59 ms", "26.6 us (26 us .. 28.1 us, n = 200)"]
    assert not any("quartiles" in one or "compute" in one for one in head)


# ---- what is published


def a_run(**more):
    found = {
        "campaign": "paper", "commit": "a" * 40, "date": "2026-01-02",
        "seeds": {"campaign": 7, "training": {"x": [7, 8]}},
        "configuration": {"tolerance": 0.123456789}, "one_shot": {"x": {"A": row(0.123456789)}}, "write_verify": {},
        "ratios": {}, "transfer": {}, "converged": {}, "manifest": {"versions": {"torch": "2"}}, "seconds": 61.23456789,
    }  # fmt: skip
    return found | more


def test_figures_are_rounded_and_settings_are_not(tmp_path):
    (path,) = publish.write([a_run()], tmp_path / "results")
    found = publish.read(path)
    assert found["one_shot"]["x"]["A"]["within_20"] == 0.123457
    assert found["configuration"] == {"tolerance": 0.123456789} and found["seconds"] == 61.2346
    assert (found["commit"], found["date"], found["seeds"]) == tuple(a_run()[k] for k in ("commit", "date", "seeds"))
    assert publish.write([found], tmp_path / "again")[0].read_bytes() == path.read_bytes()
    text = document.campaign_text(found)
    assert "Commit: " + "a" * 40 in text.replace("\n", " ") and "training x: 7 8" in text.replace("\n", " ")


@pytest.mark.parametrize("made_by", [revision.UNKNOWN, "b" * 40 + revision.CHANGED, None])
def test_sources_that_nobody_can_get_again_are_refused_or_marked(tmp_path, made_by, capsys):
    run = a_run(commit=made_by)
    with pytest.raises(ValueError, match="--any-commit"):
        publish.write([a_run(campaign="circuit"), run], tmp_path / "results")
    assert not (tmp_path / "results").exists()
    (tmp_path / "results.json").write_text(json.dumps(run))
    arguments = ["report", str(tmp_path / "results.json"), "--publish", str(tmp_path / "out")]
    assert ended(arguments) == 2 and "--any-commit" in capsys.readouterr().err
    assert ended([*arguments, "--any-commit"]) == 0
    out, err = capsys.readouterr()
    assert "published" in out and len(err.splitlines()) == 1 and (made_by or revision.UNKNOWN) in err
    assert publish.read(tmp_path / "out" / "paper.json")["commit"] == (made_by or revision.UNKNOWN)


def test_a_commit_is_that_of_the_sources_themselves(tmp_path, monkeypatch):
    said = {"rev-parse --show-toplevel": f"{tmp_path}\n", "rev-parse --verify HEAD": "c" * 40 + "\n", "status": ""}

    def git(_root, *arguments):
        return said["status" if arguments[0] == "status" else " ".join(arguments)]

    monkeypatch.setattr(revision, "_git", git)
    assert revision.commit(tmp_path) == "c" * 40
    said["status"] = " M training/paper.toml\n"
    assert revision.commit(tmp_path) == "c" * 40 + " with changes"
    # a package inside another project's repository
    assert revision.commit(tmp_path / "site-packages") == revision.UNKNOWN
    for key in ("rev-parse --verify HEAD", "rev-parse --show-toplevel"):
        said[key] = None
        assert revision.commit(tmp_path) == revision.UNKNOWN


def test_git_that_fails_or_is_not_there_is_no_error(tmp_path, monkeypatch):
    assert revision._git(tmp_path, "rev-parse", "--show-toplevel") is None
    monkeypatch.setenv("PATH", "")
    assert revision.commit() == revision.UNKNOWN


# ---- damaged files


def ended(arguments):
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    return stop.value.code


def without(key):
    return lambda found: found.pop(key)


def put(*way):
    def change(found):
        *inner, last, value = way
        for key in inner:
            found = found[key]
        found[last] = value

    return change


@pytest.mark.parametrize("change", [
    without("campaign"), without("one_shot"), without("write_verify"), put("campaign", 3), put("campaign", "../x"),
    put("one_shot", []), put("one_shot", "paper", []), put("one_shot", "paper", "A_t", 1),
    put("one_shot", "paper", "A_t", "within_20", "x"), put("one_shot", "paper", "A_t", "within_20", 1.4),
    put("one_shot", "paper", "A_t", "wrong_way", -0.1), put("one_shot", "paper", "A_t", "n", None),
    put("one_shot", "paper", "A_t", "interval", 5), put("one_shot", "paper", "A_t", "gap", "x"),
    put("one_shot", "paper", "A_t", "trainings", 5), put("one_shot", "paper", "A_t", "wrong_way", []),
    put("write_verify", {"paper": {"ten": {}}}), put("write_verify", {"paper": {"0.1": {"ISPP": {}}}}),
    put("write_verify", {"paper": []}), put("ratios", {"paper": {"0.1": 3}}), put("ratios", {"paper": 3}),
    put("transfer", {"paper": {"hot": {"n": 3}}}), put("manifest", 3), put("seconds", "x"), put("notes", 3),
])  # fmt: skip
def test_a_damaged_file_is_told_in_one_line(tmp_path, capsys, change):
    found = json.loads(FILES["paper"].read_text())
    change(found)
    (tmp_path / "results.json").write_text(json.dumps(found))
    out = tmp_path / "R.md"
    assert ended(["report", str(tmp_path), "--out", str(out)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "results.json" in line or str(tmp_path) in line
    assert not out.exists() and not (tmp_path / "docs").exists()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "3", "null", '"x"', "\x00\xff", "[" * 100_000, '{"campaign": NaN}', "{}"]
)
def test_what_is_no_file_of_results_is_told_in_one_line(tmp_path, capsys, text):
    (tmp_path / "x.json").write_bytes(text.encode("latin-1"))
    for arguments in ([], ["--publish", str(tmp_path / "out")]):
        assert ended(["report", str(tmp_path / "x.json"), *arguments]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert "x.json" in line
    assert not (tmp_path / "out").exists()


def test_two_files_of_one_campaign_are_refused(tmp_path, capsys):
    (tmp_path / "other.json").write_text(FILES["paper"].read_text())
    assert ended(["report", str(FILES["paper"]), str(tmp_path / "other.json"), "--out", str(tmp_path / "R.md")]) == 2
    assert "more than one campaign paper" in capsys.readouterr().err


def test_options_that_do_not_go_together_are_refused(tmp_path, capsys):
    arguments = ["report", str(FILES["paper"]), "--publish", str(tmp_path), "--out", str(tmp_path / "R.md")]
    assert ended(arguments) == 2 and "--publish writes no report" in capsys.readouterr().err


def test_a_place_that_cannot_be_written_to_is_told_by_its_option(tmp_path, capsys):
    (tmp_path / "file").write_text("mine")
    assert ended(["report", str(FILES["paper"]), "--publish", str(tmp_path / "file" / "below")]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "--publish: cannot write to" in line and "--out" not in line


def test_a_report_of_the_folder_writes_all_pages(tmp_path, capsys):
    assert ended(["report", str(ROOT / "results"), "--out", str(tmp_path / "RESULTS.md")]) == 0
    told = capsys.readouterr().out
    for path, text in pages(shipped()).items():
        assert (tmp_path / path).read_text(encoding="utf-8") == text
        assert f"report: {tmp_path / path}\n" in told


# ---- figures as text


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (formats.share(0.12345), "12.3"), (formats.share(None), ""), (formats.share(math.nan), ""),
        (formats.duration(2.59e-3), "2.59 ms"), (formats.duration(4.58e-7), "458 ns"), (formats.duration(1.5), "1.5 s"),
        (formats.energy(7.31e-10), "731 pJ"), (formats.energy("x"), ""),
        (formats.ratio([2.357, 1.777, 3.121]), "2.36 (1.78 .. 3.12)"),
        (formats.ratio([1.0, None, 2.0]), ""), (formats.ratio(None), ""), (formats.span([1, 2]), "1.00 .. 2.00"),
        (formats.span([1]), ""), (formats.plain("x", True), "yes"), (formats.plain("x_J", 1e-12), "1 pJ"),
        (formats.plain("x", [1, 2]), "1 .. 2"), (formats.plain("x", 12345.678), "1.235e+04"),
        (formats.plain("x", {"a": {"b": 1}}), ""),
    ],
)  # fmt: skip
def test_figures_are_written_as_they_were(made, expected):
    assert made == expected


def test_reading_changes_nothing(tmp_path):
    one = shipped()["paper"]
    before = copy.deepcopy(one)
    pages({"paper": one})
    assert one == before
