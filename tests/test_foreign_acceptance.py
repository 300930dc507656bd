"""The acceptance test of foreign models: what is right passes, and each kind of wrong model is found out."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from ouro_spice import load_model
from ouro_spice.simulation.acceptance.acceptance_test import NAMES, accept
from ouro_spice.simulation.acceptance.model_trials import Tried, memory, read, static
from ouro_spice.simulation.acceptance.write_pulses import WritePulse
from ouro_spice.spice.foreign.model_runs import ModelRuns
from ouro_spice.spice.foreign.template import write_template
from ouro_spice.spice.ngspice import default_engine

MODELS = Path(__file__).resolve().parent.parent / "examples" / "models"

pytestmark = pytest.mark.ngspice

DESCRIPTION = """[model]
file = "{name}.{ending}"
name = "{name}"
kind = "{kind}"
ports = [{ports}]
[polarity]
set = 1
[state.x]
read = "{read}"
write = "{write}"
low = 0
high = 1
window = [0.1, 0.9]
[use]
read_V = 0.1
write_V = [1.0, -1.0]
"""

# a variable in the place of a node, with time steps of its own: OSDI keeps none from one step to the next
FORGETS = """`include "disciplines.vams"
module forgets(p, n);
  inout p, n; electrical p, n;
  parameter real x0 = 0.1;
  (* desc="state", units="1" *) real x;
  real last;
  analog begin
    @(initial_step) begin x = x0; last = 0; end
    x = min(max(x + ($abstime - last) * 1e6 * V(p, n), 0), 1);
    last = $abstime;
    I(p, n) <+ V(p, n) * (1e-5 + 1e-4 * x);
  end
endmodule
"""

HANGS = """`include "disciplines.vams"
module hangs(p, n);
  inout p, n; electrical p, n, s;
  parameter real x0 = 0.1;
  (* desc="state", units="1" *) real x;
  real k;
  analog begin
    x = V(s);
    k = 0;
    while (k > -1) k = k + abs(V(p, n)) * 1e-3;
    I(p, n) <+ V(p, n) * (1e-5 + 1e-4 * x) + 1e-30 * k;
    I(s) <+ V(s) - x0;
  end
endmodule
"""

SUBCKT = """.subckt {name} p n x
Cx x 0 1
.ic v(x)=0.5
Gx 0 x value={{{rate}}}
Gm p n value={{v(p,n)*(1e-5 + 1e-4*{g})}}
.ends
"""


def verilog(folder: Path, name: str, text: str) -> Path:
    (folder / f"{name}.va").write_text(text)
    said = DESCRIPTION.format(
        name=name, ending="va", kind="verilog_a", ports='"p", "n"', read="opvar:x", write="model-param:x0"
    )
    return described(folder, name, said)


def subckt(folder: Path, name: str, rate: str, g: str = "v(x)") -> Path:
    (folder / f"{name}.sub").write_text(SUBCKT.format(name=name, rate=rate, g=g))
    said = DESCRIPTION.format(
        name=name, ending="sub", kind="subckt", ports='"p", "n", "state:x"', read="port", write="ic"
    )
    return described(folder, name, said)


def described(folder: Path, name: str, text: str) -> Path:
    path = folder / f"{name}.toml"
    path.write_text(text)
    return path


def missed(found) -> dict[str, str]:
    return {one.name: one.says for one in found.findings if not one.ok}


def test_yakopcics_equations_pass_and_their_figures_are_right():
    """The time of a crossing against an integration of the published equations."""
    device = load_model(MODELS / "yakopcic.toml")
    found = accept(device)
    assert found.ok, missed(found)
    assert [one.name for one in found.findings] == list(NAMES)
    assert found.capabilities["resume anywhere"][0]
    assert not found.capabilities["kernels"][0]
    by_name = {one.name: one.figure for one in found.findings}
    x = np.linspace(0.05, 0.95, 20_001)
    speed = 4e6 * (np.exp(1) - np.exp(0.65))
    slowed = np.where(x < 0.3, 1, np.exp(-(x - 0.3)) * (1 + (0.3 - x) / 0.7))
    assert by_name["crosses up"] == pytest.approx(np.trapezoid(1 / (speed * slowed), x), rel=2e-3)
    assert by_name["loads"] == pytest.approx(1e-4 * 0.05 * np.sinh(0.4), rel=1e-6)


def test_the_template_passes_through_the_command_line(tmp_path, ouro, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert ouro("model", "new", "mine").returncode == 0
    again = ouro("model", "new", "mine")
    assert (again.returncode, again.stderr.count("\n")) == (2, 1)
    done = ouro("model", "check", "mine.toml", "--json", "--out", "page")
    assert done.returncode == 0, done.stdout
    result = json.loads(done.stdout)
    assert result["model"] == "mine"
    assert result["ok"] is True
    assert all({"name", "ok", "figure", "limit", "says"} == set(check) for check in result["checks"])
    assert result["capabilities"]["resume at rest"] is True
    page = (tmp_path / "page" / "model.html").read_text()
    assert "Capabilities" in page
    assert "<img" in page
    bad = ouro("model", "check", "none.toml")
    assert (bad.returncode, bad.stderr.count("\n")) == (2, 1)


def test_a_model_without_memory_is_found_out(tmp_path, ouro):
    """It compiles without a word, and its currents are right: only that nothing stays tells."""
    path = verilog(tmp_path, "forgets", FORGETS)
    done = ouro("model", "check", path, "--json")
    result = json.loads(done.stdout)
    assert (done.returncode, result["ok"]) == (1, False)
    says = {one["name"]: one["says"] for one in result["checks"] if not one["ok"]}
    assert set(says) >= {"set", "memory"}
    assert "a variable of the text is no state" in says["memory"]
    assert result["capabilities"]["write"] is False
    assert result["capabilities"]["read"] is True


def tried(path: Path) -> Tried:
    """A model under single trials, of pulses of 1 V that take half a microsecond to the middle."""
    volts = (WritePulse(sign, (1e-7, 5e-7, 9e-7, 1e-6), 1.0) for sign in (-1.0, 1.0))
    return Tried(ModelRuns(default_engine().reply), load_model(path), *volts)


def test_a_leak_a_read_that_writes_and_a_conductance_that_turns_are_found_out(tmp_path):
    leaks = tried(subckt(tmp_path, "leaks", "1e7*v(p,n)*v(x)*(1-v(x)) - 1e2*v(x)"))
    rises, kept = memory(leaks)
    assert rises.ok
    assert not kept.ok
    assert "goes away" in kept.says
    gained = 0.1 * np.exp(5) / (0.9 + 0.1 * np.exp(5))  # from 0.1 by the SET; of this a part leaks away
    assert kept.figure == pytest.approx(gained * (1 - np.exp(-1e2 * 5e-4)) / (gained - 0.1), rel=0.01)
    assert not read(leaks).ok  # 0.1 V for 100 ns is a tenth of what moves it
    turns, _ = static(tried(subckt(tmp_path, "turns", "1e6*v(p,n)*v(x)*(1-v(x))", g="v(x)*(1.2-v(x))")))
    assert not turns.ok
    assert "g does not rise with x all the way" in turns.says


def test_models_that_end_or_hang_ngspice_are_one_line_each(tmp_path, ouro):
    before = set(tmp_path.iterdir())
    ends = ouro("model", "check", subckt(tmp_path, "ends", "nosuch(v(p,n))"), "--json")
    hangs = ouro("model", "check", verilog(tmp_path, "hangs", HANGS), "--json", "--limit", "1s")
    bad = ouro("model", "check", verilog(tmp_path, "bad", FORGETS.replace("forgets", "bad").replace("real last;", "")))
    first = [json.loads(done.stdout)["checks"][0] for done in (ends, hangs)]
    assert [done.returncode for done in (ends, hangs, bad)] == [1, 1, 1]
    assert "no such function 'nosuch'" in first[0]["says"]
    assert "longer than its time limit" in first[1]["says"]
    assert bad.stdout.splitlines()[0].startswith("MISSED  loads")
    assert "last" in bad.stdout.splitlines()[0]
    assert len(set(tmp_path.iterdir()) - before) == 6  # three texts, three descriptions: nothing else is left


def test_the_template_needs_its_own_folder(tmp_path):
    assert [path.name for path in write_template(tmp_path / "models" / "mine")] == ["mine.va", "mine.toml"]
