"""``ouro-spice edges`` as a user meets it."""

from __future__ import annotations

import json
import sys

import pandas as pd
import pytest
from test_array_cli import ouro  # noqa: F401 - the command line in this process
from test_cli import one_line
from test_compare import undrawn  # noqa: F401

from ouro_spice.dataset.edge_effects import ideal_pulse

QUICK = ("edges", "--cell", "compact", "--counts", "1,10", "--edges", "2e-9,20e-9", "--starts", 1, "--heldout", 3)


def test_figure_tables_and_summary(ouro, tmp_path):  # noqa: F811
    done = ouro(*QUICK, "--counts", "1,10,100000", "--out", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"edges.csv", "heldout.csv", "edges.png", "edges.svg", "summary.json", "report.html"}
    comparison, tested = (pd.read_csv(tmp_path / f"{name}.csv") for name in ("edges", "heldout"))
    assert set(comparison["count"]) == {1, 10} and set(comparison.rise_s) == {2e-9, 20e-9}
    assert len(tested) == 6
    alphas = json.loads((tmp_path / "summary.json").read_text())["set"]["alphas"]
    assert f"{alphas['rise']:.4f} +- " in done.stdout
    assert done.stdout.count("left out: ") == 2 and "in 100000 pulses, each below 1 ns" in done.stdout
    assert "does not hold" not in done.stdout
    assert done.stdout.endswith(f"report: {tmp_path / 'report.html'}\n")


def test_a_correction_that_does_not_hold_is_called_so(ouro, tmp_path, capsys, undrawn):  # noqa: F811
    found = json.loads(ouro(*QUICK, "--counts", "1", "--out", tmp_path, "--json").stdout)
    found["reset"]["heldout"]["time_error_corrected_median"] = found["reset"]["heldout"]["time_error_median"]
    sys.modules["ouro_spice.cli.edges"]._show(found)
    printed = capsys.readouterr().out
    assert "RESET: the correction does not hold" in printed
    assert "\nSET: the correction" not in printed


def test_json_is_the_summary(ouro, tmp_path, undrawn):  # noqa: F811
    done = ouro(*QUICK, "--out", tmp_path, "--json", "--seed", 4)
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert found.pop("cell") == "compact"
    assert found == json.loads((tmp_path / "summary.json").read_text())
    assert all(0.03 < found[way]["alphas"][which] < 0.05 for way in ("set", "reset") for which in ("rise", "fall"))


def test_the_amplitudes_are_those_of_the_asked_time(ouro, tmp_path, undrawn):  # noqa: F811
    quick, slow = (
        json.loads(ouro(*QUICK, "--counts", "1", "--total", total, "--out", tmp_path, "--json").stdout)
        for total in (6e-6, 600e-6)
    )
    assert (quick["total_s"], slow["total_s"]) == (6e-6, 600e-6)
    assert quick["v_set_V"] < slow["v_set_V"] < 0 < slow["v_reset_V"] < quick["v_reset_V"]


def test_a_walk_changes_the_comparison_alone(ouro, tmp_path, undrawn):  # noqa: F811
    still, walking = (
        json.loads(ouro(*QUICK, "--total", 6e-6, "--counts", "2", *walk, "--out", tmp_path, "--json").stdout)
        for walk in ((), ("--walk", 10e-9))
    )
    assert walking["set"]["alphas"] == still["set"]["alphas"]
    assert walking["set"]["heldout"] == still["set"]["heldout"]
    assert walking["set"]["differences"] != still["set"]["differences"]
    done = ouro(*QUICK, "--total", 6e-6, "--counts", "2", "--walk", 10e-9, "--out", tmp_path)
    assert "each further pulse meets other values of the walk" in done.stdout


def test_ctrl_c_keeps_what_was_finished(ouro, tmp_path, monkeypatch, undrawn):  # noqa: F811
    simulate, left = ideal_pulse.simulate, [150]

    def interrupted(*arguments, **options):
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return simulate(*arguments, **options)

    monkeypatch.setattr(ideal_pulse, "simulate", interrupted)
    done = ouro(*QUICK, "--out", tmp_path)
    assert (done.returncode, one_line(done)) == (
        130,
        "ouro-spice: interrupted; what was finished is kept, run again to go on",
    )
    assert [path.name.startswith("unfinished-") for path in tmp_path.iterdir()] == [True]
    left[0] = 10**6
    assert ouro(*QUICK, "--out", tmp_path).returncode == 0
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("unfinished-")]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--counts", "1,a"), "--counts 1,a: whole numbers, as 1,10,100"),
        (("--counts", "1.5"), "--counts 1.5: whole numbers"),
        (("--counts", "0"), "counts = 0 must be a whole number"),
        (("--edges", "1n"), "--edges 1n: 'n' is no unit; a time [s] is asked"),
        (("--edges", "1e-3"), "edges_s = 0.001 is outside its legal range"),
        (("--walk", "0"), "step_s = 0"),
        (("--total", "0"), "--total = 0 is outside its legal range"),
        (("--corner", "ff"), "--corner does not apply to --cell compact"),
        (("--out", "/dev/null/x"), "--out: cannot write"),
    ],
)
def test_wrong_arguments(ouro, tmp_path, monkeypatch, arguments, message):  # noqa: F811
    monkeypatch.chdir(tmp_path)
    done = ouro(*QUICK, *arguments)
    # a place that cannot be written to is the machine's
    assert (done.returncode, done.stdout) == (1 if "--out" in arguments else 2, "")
    assert message in one_line(done)


def test_the_parser_refuses_what_is_no_count(ouro):  # noqa: F811
    for option in ("--starts", "--heldout", "--workers"):
        done = ouro(*QUICK, option, 0)
        assert done.returncode == 2 and option in done.stderr
