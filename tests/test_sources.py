"""The code behind a result: what moves its hashes and what does not, what imports what, and that nothing is missing."""

from __future__ import annotations

import ast
import compileall
import json
import shutil
import sys
import threading
from pathlib import Path

import pytest

import ouro_spice as ouro
from ouro_spice._util import jit
from ouro_spice._util.machine import ToolError
from ouro_spice.provenance import maker, sources

PLAIN = "import math\n\nLIMIT = 4.0\n\n\ndef law(x, k=2):\n    return math.exp(-k * x) if x < LIMIT else 0.0\n"
PAIR = ouro.Pair(-0.4143, 0.854, 60e-6)


def of(text):
    return sources.digest(ast.parse(text))


@pytest.mark.parametrize(
    "other",
    [
        "# what it is\n" + PLAIN,
        '"""What it is."""\n' + PLAIN,
        PLAIN.replace("LIMIT = 4.0\n", 'LIMIT = 4.0  # why\n"""The limit."""\n'),
        PLAIN.replace("    return", '    """Return it."""\n    # why\n    return'),
        PLAIN.replace("\n\n\n", "\n").replace("x, k=2", "x,\n    k = 2"),
        PLAIN.replace("-k * x", "((-k) * (x))"),
        PLAIN.replace("4.0", "4."),
    ],
)
def test_comments_docstrings_and_blanks_do_not_move_a_hash(other):
    assert other != PLAIN
    assert of(other) == of(PLAIN)


@pytest.mark.parametrize(
    "other",
    [
        PLAIN.replace("4.0", "4.1"), PLAIN.replace("4.0", "4"), PLAIN.replace("k=2", "k=3"),
        PLAIN.replace("<", "<="), PLAIN.replace("-k", "k"), PLAIN.replace("k=2", "*, k=2"),
        PLAIN.replace("math.exp", "math.expm1"), PLAIN.replace("0.0\n", "'0.0'\n"), PLAIN + "LIMIT = 5.0\n",
        PLAIN.replace("x < LIMIT", "not x < LIMIT"),
    ],
)  # fmt: skip
def test_whatever_is_executed_moves_it(other):
    assert other != PLAIN
    assert of(other) != of(PLAIN)


# ---- the closure


FILES = {
    "__init__.py": "from .a import f\nfrom .z import g\n",
    "a.py": "from . import b\nfrom .deep import thing, inner\nfrom .deep.other import x\nimport json\n",
    "b.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .z import g\n",
    "deep/__init__.py": "from .made import thing\n",
    "deep/made.py": "def thing():\n    from ..late import x\n    return x\n",
    "deep/inner.py": "",
    "deep/other.py": "import ouro_spice.absolute\nfrom ouro_spice.deep import inner\nx = 1\n",
    "absolute.py": "from ouro_spice import b\n",
    "late.py": "from .a import f\n",
    "z.py": "g = 1\n",
}


@pytest.fixture
def package(tmp_path, monkeypatch):
    monkeypatch.setenv("OURO_SPICE_CACHE", str(tmp_path / "cache"))
    for name, text in FILES.items():
        path = tmp_path / "package" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "package"


def test_imports_are_followed_inside_functions_too_but_not_those_of_types(package):
    found = sources.closure(("a",), root=package)
    assert set(found) == set(FILES) - {"__init__.py", "z.py", "deep/__init__.py"}
    assert set(sources.closure(("a",), ("deep",), package)) == {"a.py", "b.py"}
    # a folder stands for all modules in it
    assert set(sources.closure(("deep",), ("a", "deep.inner"), package)) == {
        "deep/__init__.py", "deep/made.py", "deep/other.py", "absolute.py", "b.py", "late.py"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "through"),
    [
        ("from .made import thing\n", False), ("from .made import thing\nmore = 1\n", False),
        ("from .made import thing\nthing = 1\n", True), ("from .made import thing as other\nthing = 1\n", True),
        ("from .made import *\n", True), ("def thing():\n    from .made import thing\n", True),
        ("if True:\n    thing = 1\nfrom .made import thing\n", True),
    ],
)  # fmt: skip
def test_a_name_that_a_folder_has_from_elsewhere_is_taken_from_there(package, text, through):
    (package / "deep" / "__init__.py").write_text(text)
    (package / "user.py").write_text("from .deep import thing\n")
    found = sources.closure(("user",), root=package)
    assert ("deep/__init__.py" in found) == through
    assert "deep/made.py" in found


@pytest.mark.parametrize(
    ("text", "there"),
    [
        ("import ouro_spice.z\n", {"z.py"}), ("import ouro_spice.z as name\n", {"z.py"}),
        ("import ouro_spice\n", set()),
        ("import json, ouro_spice.z, os.path\n", {"z.py"}), ("import others.z\nfrom others import z\n", set()),
        ("import ouro_spice.deep.inner\n", {"deep/inner.py"}), ("from ouro_spice.z import g\n", {"z.py"}),
        ("from ouro_spice import z\n", {"z.py"}), ("from . import z, nothing\n", {"z.py"}),
        ("from .z import *\n", {"z.py"}),
        ("class A:\n    def f(self):\n        from .z import g\n", {"z.py"}),
        ("if TYPE_CHECKING:\n    from .z import g\nelse:\n    from .deep import inner\n", {"deep/inner.py"}),
        ("if typing.TYPE_CHECKING:\n    pass\nelif 1:\n    from .z import g\n", {"z.py"}),
        ("if other:\n    from .z import g\nelse:\n    from .deep import inner\n", {"z.py", "deep/inner.py"}),
        ("from .nothing import g\n", set()), ("from .deep import x\n", {"deep/__init__.py"}),
    ],
)  # fmt: skip
def test_which_files_an_import_leads_to(package, text, there):
    (package / "user.py").write_text(text)
    (package / "z.py").write_text("g = 1\n")
    (package / "deep" / "__init__.py").write_text("x = 1\n")
    assert set(sources.closure(("user",), root=package)) == {"user.py"} | there


@pytest.mark.parametrize(
    ("text", "there"),
    [
        ("from ..z import g\n", {"z.py"}), ("from .. import z\n", {"z.py"}),
        ("from . import inner\n", {"deep/inner.py"}),
        ("from .inner import x\n", {"deep/inner.py"}), ("from ..deep.inner import x\n", {"deep/inner.py"}),
    ],
)  # fmt: skip
def test_dots_lead_up_from_a_folder(package, text, there):
    (package / "deep" / "user.py").write_text(text)
    assert set(sources.closure(("deep.user",), root=package)) == {"deep/user.py"} | there


def test_a_folder_is_left_out_with_all_that_is_in_it_and_nothing_of_like_name(package):
    (package / "deeper.py").write_text("")
    (package / "user.py").write_text("from . import deeper, z\nfrom .deep import inner\n")
    for without, gone in (
        (("deep",), {"deep/inner.py"}), (("deep.inner",), {"deep/inner.py"}), (("deep.in",), set()), (("z",), {"z.py"}),
        (("z", "deeper"), {"z.py", "deeper.py"}), (("user",), {"user.py", "z.py", "deeper.py", "deep/inner.py"}),
    ):  # fmt: skip
        found = set(sources.closure(("user",), without, package))
        assert found == {"user.py", "z.py", "deeper.py", "deep/inner.py"} - gone
    assert list(sources.closure(("user",), root=package)) == sorted(sources.closure(("user",), root=package))


def test_what_was_parsed_is_not_parsed_again(package, monkeypatch):
    """Of the same text; the newest 4000 texts are kept."""
    right = sources.closure(("a",), root=package)
    path = package.parent / "cache" / "sources.json"
    kept = json.loads(path.read_text())
    assert len(kept["known"]) == len(right) + 1 and sources._MOST == 4000  # and the folder that names come through
    sources._closure.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(sources.ast, "parse", None)
        assert sources.closure(("a",), root=package) == right
    monkeypatch.setattr(sources, "_MOST", 3)
    (package / "z.py").write_text("g = 3\n")
    sources.closure(("z",), root=package)
    newest = list(json.loads(path.read_text())["known"])
    assert len(newest) == 3 and newest[-1].startswith("z.py ") and newest[:2] == list(kept["known"])[-2:]


SHOWN = """from .z import g
from ._util.display import shows
from . import thing_display as display
class Thing:
    size = 1
    @property
    @shows
    def frame(self):
        from .made import table
        return table(self, 2)
    @shows
    def __repr__(self):
        return "2"
"""


def test_what_only_shows_takes_no_part_and_all_else_does(package):
    """A method that is marked, and an import from a module of displays: neither its code nor what it imports."""
    for name in ("made.py", "thing_display.py", "z.py"):
        (package / name).write_text("g = 1\n")
    hashes = {}
    for text in (
        "from .z import g\nclass Thing:\n    size = 1\n",
        SHOWN, SHOWN.replace("2", "3"), SHOWN.replace("size = 1", "size = 2"), SHOWN.replace("@shows", "@other", 1),
        SHOWN.replace("thing_display as", "z as"), "from .z import g, display\nclass Thing:\n    size = 1\n",
    ):  # fmt: skip
        (package / "user.py").write_text(text)
        sources._closure.cache_clear()
        hashes[text] = sources.closure(("user",), root=package)
    plain, shown, others, *changed = hashes.values()
    assert plain == shown == others and set(plain) == {"user.py", "z.py"}
    assert all(one["user.py"] != plain["user.py"] for one in changed)
    assert set(changed[1]) == {"user.py", "z.py", "made.py"}


def test_a_module_that_is_not_there_is_said(package):
    with pytest.raises(ToolError, match=r"no source text of nothing in .*package \("):
        sources.closure(("nothing",), root=package)


@pytest.mark.parametrize("how", ["compiled", "zip"])
def test_a_package_without_source_texts_is_told_in_one_sentence(package, how):
    if how == "zip":
        root = Path(shutil.make_archive(str(package), "zip", package)) / "package"
    else:
        root = package
        compileall.compile_dir(root, quiet=1, legacy=True)
        for path in root.rglob("*.py"):
            path.unlink()
    with pytest.raises(ToolError) as told:
        sources.closure(("deep.other",), root=root)
    text = str(told.value)
    assert f"no source text of deep.other in {root} (" in text and "install ouro_spice with its .py files" in text
    assert "\n" not in text and "No such file" not in text


@pytest.mark.parametrize("text", [None, "", "{", "[]", '{"by": 1}', '{"by": "%s", "known": {"a.py x": [1]}}'])
def test_what_is_remembered_on_disk_decides_nothing(package, tmp_path, text):
    right = sources.closure(("a",), root=package)
    path = tmp_path / "cache" / "sources.json"
    assert path.is_file()
    if text is not None:
        path.write_text(text.replace("%s", sources._by()))
    sources._closure.cache_clear()
    assert sources.closure(("a",), root=package) == right
    (package / "z.py").write_text("g = 2\n")
    (package / "late.py").write_text("from .z import g\n")
    sources._closure.cache_clear()
    changed = sources.closure(("a",), root=package)
    assert {name for name in changed if changed.get(name) != right.get(name)} == {"late.py", "z.py"}


def test_a_cache_that_cannot_be_written_is_no_error(package, monkeypatch):
    (package.parent / "cache").write_text("a file")
    sources._closure.cache_clear()
    assert len(sources.closure(("a",), root=package)) == 7


# ---- the package's own


BOOKS = {
    "provenance/maker.py", "provenance/manifest.py", "provenance/cell_description.py", "provenance/sources.py",
    "provenance/cache.py", "provenance/differences.py", "_util/progress.py", "_util/files.py",
    "dataset/pulse_dataset.py", "dataset/extract_arguments.py", "dataset/reach.py", "dataset/reference_voltages.py",
    "dataset/storage.py", "dataset/record_agreement.py", "spice/execution.py",
    "_util/display.py", "_util/notebook_display.py", "_util/compile_display.py",
}  # fmt: skip
"""What describes, keeps and shows progress; in the work of `extract` what only asks, all of it in the settings."""


def extracted(cell):
    return lambda: ouro.extract(cell, 2, 0, workers=1, voltages=PAIR)


DEVICE = ouro.jart_vcm_v1b(window=True, walk=ouro.Walk(1e-6))
COMPACT = ouro.CompactCell(DEVICE)
RUNS = {
    "records, compact": ("records", True, extracted(COMPACT)),
    "records, circuit": ("records", False, extracted(ouro.Cell1R(DEVICE))),
    "writes": ("writes", True, lambda: ouro.write_verify(COMPACT, ouro.FixedPulse(PAIR), 3e-4, 0.1, max_pulses=2)),
    "trials": ("trials", True, lambda: ouro.trials(COMPACT, PAIR, 2, 2, widths=8, workers=1)),
}


def test_the_process_that_runs_ngspice_takes_part():
    """No import leads there."""
    assert all("spice/worker.py" in maker.code(work, False) for work in maker.WORKS if work != "measurements")


@pytest.mark.parametrize("name", RUNS)
def test_nothing_runs_that_is_not_in_the_closure(name):
    """The engine is opened for compact cells, too, and runs nothing."""
    work, compact, run = RUNS[name]
    seen, root = set(), f"{sources.ROOT}/"
    for public in ouro.__all__:  # what is defined when a module is imported does not run in the work
        getattr(ouro, public)

    def hook(frame, event, _):
        code = frame.f_code
        if event == "call" and code.co_name != "<module>" and code.co_filename.startswith(root):
            seen.add(code.co_filename.removeprefix(root))

    threading.setprofile(hook)
    sys.setprofile(hook)
    try:
        run()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    assert len(seen) > 20
    idle = {name for name in seen if compact and name.startswith("spice/")}
    assert seen - set(maker.code(work, compact)) <= BOOKS | idle


@pytest.mark.parametrize("work", maker.WORKS)
def test_pages_commands_and_books_take_part_in_nothing(work):
    found = maker.code(work, True)
    assert found.items() <= maker.code(work, False).items()
    for name in (
        "cli/__init__.py",
        "reporting/report_page.py",
        "experiment/campaign_page.py",
        "provenance/manifest.py",
        "_util/progress.py",
        "spice/doctor.py",
    ):
        assert name not in maker.code(work, False)
    assert "spice/ngspice.py" not in found
    assert all(len(digest) == 12 for digest in found.values())


def test_what_is_known_by_a_protocol_and_what_interrupted_work_goes_on_from_take_part():
    for work in ("writes", "benchmark"):
        assert "prediction/pulse_predictor.py" in maker.code(work, True)
    for work in ("array", "edges", "play"):
        assert "provenance/journal.py" in maker.code(work, False)


MORE = "\n\nMORE = 1\n"
SEEN = [
    ("records", True, "device/jart/walk_values.py", "_SHORTEST_WAY = 1e-4", "_SHORTEST_WAY = 1e-3"),
    ("records", True, "dataset/recipe.py", "shares[1]", "shares[1] ** 2"),
    ("records", True, "compact/jart/kinetics.py", "", MORE),
    ("records", False, "simulation/sensing.py", "", MORE),
    ("records", False, "simulation/jart/walk_segment.py", "RAMP = 0.5", "RAMP = 0.05"),
    ("records", False, "spice/worker.py", "", MORE),
    ("records", False, "circuit/testbench.py", '"reltol": 1e-4', '"reltol": 1e-3'),
    ("writes", True, "programming/programmers/ispp.py", "", MORE),
    ("campaign", True, "prediction/training.py", "", MORE),
    ("training", True, "prediction/objectives.py", "", MORE),
    ("array", False, "array/disturbance.py", "", MORE),
    ("curves", False, "experiment/switching_curves.py", "", MORE),
    ("measurements", True, "_util/tables/table_text.py", "", MORE),
]


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    return shutil.copytree(
        sources.ROOT, tmp_path_factory.mktemp("copy") / "ouro_spice", ignore=lambda *_: ["__pycache__"]
    )


@pytest.mark.parametrize(("work", "compact", "file", "old", "new"), SEEN, ids=lambda one: str(one)[:24])
def test_each_change_of_the_code_is_seen_where_it_counts(copy, monkeypatch, work, compact, file, old, new):
    before = maker.code(work, compact)
    path = copy / file
    text = path.read_text()
    assert old in text
    monkeypatch.setattr(sources, "ROOT", copy)
    changed = text.replace(old, new, 1) if old else text + new
    try:
        for other, moved in ((text + "\n# a comment\n", set()), (changed, {file})):
            path.write_text(other)
            sources._closure.cache_clear()
            found = maker.code(work, compact)
            assert {name for name in found if found[name] != before[name]} == moved
    finally:
        path.write_text(text)
        sources._closure.cache_clear()


def test_what_kernels_import_names_their_cache():
    """A number that is compiled into kernels decides where they are kept: else old ones run under a new manifest."""
    found = {"_util/jit.py"}
    for path in (sources.ROOT / "compact" / "jart").glob("*.py"):
        if path.name in ("jart_statics.py", "jart_characteristics.py", "integration.py", "cell_traces.py"):
            continue  # faces of kernels, that compile nothing
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.level == 3:
                module = (node.module or "").replace(".", "/")
                names = [module] if (sources.ROOT / f"{module}.py").is_file() else [
                    f"{module}/{alias.name}" for alias in node.names
                ]  # fmt: skip
                found |= {f"{name}.py" for name in names}
    checks = {"_util/checks.py", "_util/quantities.py"}
    devices = {"device/jart/jart_parameters.py", "device/constants.py"}
    assert devices <= found
    assert found - checks == set(jit.FROZEN)
