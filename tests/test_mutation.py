"""The mutation run: which mutants make sense, what digests see of them, and its published result."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest

TESTS = Path(__file__).parent
ROOT = TESTS.parent
MUTATION = TESTS / "mutation"
sys.path.insert(0, str(MUTATION))
import mapping  # noqa: E402
import run  # noqa: E402

RESULT = json.loads((ROOT / "benchmarks" / "mutants.json").read_text())
JUDGED = tomllib.loads((MUTATION / "judged.toml").read_text())["equivalent"]


def test_modules_and_tests_of_the_mapping_are_there():
    for module, names in mapping.TESTS.items():
        assert (ROOT / "ouro_spice" / module).is_file(), module
        assert names and all((TESTS / name.split("::")[0]).is_file() for name in names), module


@pytest.mark.parametrize(
    ("operator", "line", "makes_sense"),
    [
        ("ReplaceBinaryOperator_Add_Sub", 3, True), ("ReplaceBinaryOperator_Mul_LShift", 3, False),
        ("ReplaceBinaryOperator_BitOr_BitAnd", 3, True), ("ReplaceBinaryOperator_BitOr_Add", 3, False),
        ("ReplaceComparisonOperator_Lt_LtE", 3, True), ("ReplaceComparisonOperator_Eq_Is", 3, False),
        ("ReplaceComparisonOperator_Is_IsNot", 3, True), ("NumberReplacer", 3, True), ("NumberReplacer", 2, False),
    ],
)  # fmt: skip
def test_mutants_that_cannot_be_anything_but_an_error_are_left_out(tmp_path, operator, line, makes_sense):
    path = tmp_path / "one.py"
    path.write_text("def f(\n    a: tuple[1 | 2]\n) -> int: return a + 1\n")
    one = SimpleNamespace(operator_name=f"core/{operator}", module_path=path, start_pos=(line, 10))
    assert run.sensible(one) is makes_sense


def test_digests_see_the_code_as_it_was_and_the_interpreter_as_it_is(tmp_path):
    """Also the kernels' cache: a mutated kernel is compiled anew."""
    package = tmp_path / "ouro_spice" / "_util"
    package.mkdir(parents=True)
    (package / "walk.py").write_text("SEEN = 'mutated'\n")
    (tmp_path / "original.py").write_text("SEEN = 'original'\n")
    reads = "from pathlib import Path\nWALK = Path(__file__).with_name('walk.py')\n"
    (package / "jit.py").write_text(reads + "TEXT = b''.join(path.read_bytes() for path in [WALK])\n")
    text = "TEXT = WALK.read_bytes() + WALK.read_text().encode() + open(WALK, 'rb').read()\n"
    (package / "digest.py").write_text(reads + text)
    path = os.pathsep.join(map(str, (MUTATION / "unchanged", tmp_path, package)))
    names = {"MUTATED_MODULE": str(package / "walk.py"), "MUTATED_ORIGINAL": str(tmp_path / "original.py")}
    script = "import walk, jit, digest; print(walk.SEEN, jit.TEXT.count(b'mutated'), digest.TEXT.count(b'original'))"
    for more, said in ((names, "mutated 1 3"), ({}, "mutated 1 0")):
        environ = {"PATH": os.environ["PATH"], "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"} | more
        done = subprocess.run([sys.executable, "-c", script], env=environ, capture_output=True, text=True, check=True)
        assert done.stdout.split() == said.split()


def test_a_mutant_is_told_by_the_lines_that_differ():
    diff = (
        "--- mutation diff ---\n--- a/one.py\n+++ b/one.py\n@@ -1,2 +1,2 @@\n x = 1\n-    y = x + 1\n+    y = x - 1\n"
    )
    assert (run.lines(diff, "-"), run.lines(diff, "+"), run.lines(None, "-")) == (["y = x + 1"], ["y = x - 1"], [])


def test_what_is_judged_is_in_the_code_or_in_the_published_result():
    """A line that was changed is to be judged anew."""
    published = {(one["module"], one["before"], one["after"]) for one in RESULT["each"]}
    for one in JUDGED:
        text = " ".join(line.strip() for line in (ROOT / "ouro_spice" / one["module"]).read_text().splitlines())
        assert one["before"].strip() in text or (one["module"], one["before"], one["after"]) in published, one


@pytest.mark.parametrize("job", [0, 1, 7])
def test_every_process_has_a_copy_and_a_cache_of_its_own(job):
    tree = run.tree_of(job)
    others = [run.tree_of(one) for one in range(9) if one != job]
    assert tree.parent == run.WORK and tree not in others and (job or tree == run.TREE)
    assert run.cache_of(tree) not in [run.cache_of(one) for one in others]
    found = run.environment(tree)
    assert found["PYTHONPATH"].split(os.pathsep)[1] == str(tree) and found["OURO_SPICE_CACHE"] == str(
        run.cache_of(tree)
    )


def test_the_published_result_adds_up_and_every_survivor_is_judged():
    each = RESULT["each"]
    assert RESULT["mutants"] == len(each) == 100
    assert len({(one["module"], one["line"], one["operator"], one["after"]) for one in each}) >= 95
    for name in run.OUTCOMES:
        assert RESULT[name] == sum(one["outcome"] == name for one in each)
    noticed, rest = RESULT["killed"] + RESULT["timeout"], len(each) - RESULT["equivalent"]
    assert RESULT["noticed_share"] == pytest.approx(noticed / rest, abs=1e-4)
    assert RESULT["noticed_share"] >= run.LEAST
    judged = {(one["module"], one["before"], one["after"]): one["why"] for one in JUDGED}
    for one in each:
        if one["outcome"] == "equivalent":
            assert one["by"] == judged[one["module"], one["before"], one["after"]]
        assert one["before"] != one["after"]
    assert all(len(why) > 20 for why in judged.values())
