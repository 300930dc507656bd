"""Law 1: imports point upwards in the list below, without a circle; heavy libraries in their places; small files."""

from __future__ import annotations

import ast
import graphlib
import inspect
import re
import statistics
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

import ouro_spice
from ouro_spice.prediction.pretrained import shipped_checkpoint

PACKAGE = Path(ouro_spice.__file__).parent
ORDER = (
    "_util", "device", "compact", "circuit", "provenance", "spice", "simulation", "array", "dataset", "programming",
    "evaluation", "prediction", "reporting", "experiment", "cli", "__main__",
)  # fmt: skip
DOCS = Path(__file__).resolve().parent.parent / "docs" / "architecture.md"
FILES = sorted(PACKAGE.rglob("*.py"))
# library: where it may be imported at all, and where only inside functions
PLACES = {
    "PySpice": ({"circuit", "spice"}, set()),
    "torch": ({"prediction"}, {"dataset"}),  # PulseDataset.tensors
    "matplotlib": (set(), {"_util", "reporting"}),  # _util/display.py
}


@cache
def parsed(text: str) -> ast.Module:
    return ast.parse(text)


def named(path: Path, what: object = "") -> str:
    """A file as a failure names it, and what is wrong in it."""
    return f"{path.relative_to(PACKAGE)} {what}".strip()


VERBS = {
    "Add", "Allow", "Ask", "Call", "Change", "Check", "Close", "Compare", "Compile", "Copy", "Count", "Create", "Do",
    "Draw", "End", "Extract", "Fill", "Find", "Fit", "Follow", "Give", "Ignore", "Judge", "Keep", "Leave", "Let", "Log",
    "Look", "Make", "Mark", "Measure", "Move", "Name", "Open", "Predict", "Print", "Program", "Put", "Raise", "Read",
    "Register", "Release", "Rename", "Replace", "Return", "Run", "Say", "Send", "Serve", "Set", "Show", "Simulate",
    "Start", "Switch", "Take", "Time", "Train", "Update", "Use", "Wait", "Warn", "Wrap", "Write", "Yield",
}  # fmt: skip
"""With which docstrings of functions begin; one more is added here where it is needed."""


def room(path: Path) -> str:
    """The folder below the package that a file lies in, or the file itself."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path, types: bool = True) -> tuple[tuple[str, bool], ...]:
    """(target, inside a function) of each import, of those for types, too; package modules as ``ouro_spice.NAME``."""
    return _imports(path.relative_to(PACKAGE).parts[:-1], path.read_text(), types)


@cache
def _imports(folders: tuple[str, ...], text: str, types: bool) -> tuple[tuple[str, bool], ...]:
    package, found = ["ouro_spice", *folders], []
    stack: list[tuple[ast.AST, bool]] = [(parsed(text), False)]
    while stack:
        node, inside = stack.pop()
        if not types and isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            stack += [(child, inside) for child in node.orelse]
            continue
        if isinstance(node, ast.Import):
            found += [(alias.name, inside) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            whole = ".".join(part for part in (base, node.module) if part)
            # from . import a, b: each may be a module
            found += [(f"{whole}.{alias.name}", inside) for alias in node.names]
        inside = inside or isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        stack += [(child, inside) for child in ast.iter_child_nodes(node)]
    return tuple(found)


def file_of(target: str) -> Path | None:
    """The file of the package that an imported name is taken from; None for what is no module of it."""
    parts = target.split(".")[1:]
    for names in (parts, parts[:-1]):
        path = PACKAGE.joinpath(*names)
        if path.with_suffix(".py").is_file():
            return path.with_suffix(".py")
        if names and (path / "__init__.py").is_file():
            return path / "__init__.py"
    return None


def needed(path: Path) -> set[Path]:
    """The files of the package that a file imports, for types alone, too."""
    own = (file_of(target) for target, _ in imports(path) if target.startswith("ouro_spice."))
    return {found for found in own if found and found != path}


def functions(path: Path) -> list[ast.FunctionDef]:
    return _functions(path.read_text())


@cache
def _functions(text: str) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(parsed(text)) if isinstance(node, ast.FunctionDef)]


def test_every_room_is_in_the_list():
    assert {room(path) for path in FILES} - {"__init__"} == set(ORDER)
    assert len(set(ORDER)) == len(ORDER)


def test_imports_point_upwards():
    """What is imported is a room, and one that comes before the file's own."""
    place = {name: number for number, name in enumerate(ORDER)}
    wrong = []
    for path in FILES:
        if room(path) == "__init__":
            continue
        for target, _ in imports(path):
            parts = target.split(".")
            other = parts[0] == "ouro_spice" and len(parts) > 1 and parts[1] not in (room(path), "__version__")
            if other and place.get(parts[1], len(ORDER)) >= place[room(path)]:
                wrong.append(named(path, f"imports {target}"))
    assert wrong == []


def test_there_is_no_circle_of_files():
    """Imports for types alone are counted, too: a file can be read behind those that it names."""
    graph = {path: needed(path) for path in FILES if path.parent != PACKAGE}
    list(graphlib.TopologicalSorter(graph).static_order())


def test_heavy_libraries_stay_in_their_places():
    wrong = []
    for path in FILES:
        for target, inside in imports(path, types=False):
            anywhere, functions_of = PLACES.get(target.split(".")[0], ({room(path)}, set()))
            if room(path) not in anywhere and not (inside and room(path) in functions_of):
                wrong.append(named(path, target))
    assert wrong == []


def test_functions_and_files_are_small():
    assert [named(path) for path in FILES if len(path.read_text().splitlines()) > 300] == []
    assert [
        named(path, node.name) for path in FILES for node in functions(path) if node.end_lineno - node.lineno + 1 > 60
    ] == []


def test_docstrings_of_functions_begin_with_a_verb():
    """Those that name what comes back say `Return`. The program's own help names what it is."""
    assert [
        named(path, f"{node.name}: {text.splitlines()[0]}")
        for path in FILES
        for node in functions(path)
        if (text := ast.get_docstring(node)) and text.split()[0].strip("`,.:;") not in VERBS
        and not text.startswith("SPICE-level")
    ] == []  # fmt: skip


def test_half_of_all_functions_are_taken_in_at_a_glance():
    bodies = [
        node.end_lineno - node.body[bool(ast.get_docstring(node)) and len(node.body) > 1].lineno + 1
        for path in FILES
        for node in functions(path)
    ]
    assert statistics.median(bodies) <= 8


def test_a_file_name_stands_once():
    """Commands aside, which have the names that users type."""
    names = Counter(path.name for path in FILES if room(path) != "cli" and path.name != "__init__.py")
    assert [name for name, count in names.items() if count > 1] == []


def test_no_public_function_has_the_name_of_a_module():
    """``ouro_spice.NAME`` is one thing, whatever has been imported."""
    functions_of = {name for name in ouro_spice.__all__ if inspect.isfunction(getattr(ouro_spice, name))}
    assert not functions_of & {path.stem for path in FILES if room(path) != "cli"}
    assert not functions_of & {path.parent.name for path in FILES}


@pytest.mark.parametrize("path", [path for path in FILES if path.name == "__init__.py"], ids=lambda p: p.parent.name)
def test_rooms_explain_themselves(path):
    """What a room is, what comes in, what goes out, its noun, and who may import it; it imports nothing itself."""
    if room(path) in ("__init__", "cli"):
        return
    tree = parsed(path.read_text())
    lines = ast.get_docstring(tree).splitlines()
    assert len(lines) <= 6
    for word in ("In: ", "Out: ", "Noun: ", "mported by "):
        assert any(word in line for line in lines), word
    assert len(tree.body) == 1


def test_the_page_on_the_layout_says_what_the_imports_are():
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| ([^|]*)\|$", DOCS.read_text(), re.MULTILINE)
    assert [name for name, _ in rows] == [name for name in ORDER if name != "__main__"]
    used_by = {name: set() for name in ("__init__", *ORDER)}
    for path in FILES:
        used_by[room(path)] |= {room(other) for other in needed(path)}
    for name, above in rows:
        used = used_by[name] - {name}
        assert re.findall(r"`(\w+)`", above) == [one for one in ORDER if one in used], name


def test_no_global_random_state_and_no_logging_at_import():
    words = ("np.random.seed", "np.random.rand", "np.random.normal", "random.seed", "warnings.filterwarnings",
             "warnings.simplefilter", "logging.basicConfig")  # fmt: skip
    assert [named(path, word) for path in FILES for word in words if word in path.read_text()] == []


def test_the_rules_themselves_can_fail(tmp_path, monkeypatch):
    """An import of a later room inside a function is seen, so is one in other words, and one for types alone."""
    monkeypatch.setattr(sys.modules[__name__], "PACKAGE", tmp_path)
    (tmp_path / "spice").mkdir()
    (tmp_path / "cli").mkdir()
    (tmp_path / "cli" / "__init__.py").touch()
    path = tmp_path / "spice" / "pool.py"
    typed = "if TYPE_CHECKING:\n    from ..cli import main\n"
    late = [
        f"def late():\n    {line}\n" for line in ("from ..cli import a", "from .. import cli", "import ouro_spice.cli")
    ]
    for text in (typed, *late):
        path.write_text(text)
        assert any(target.startswith("ouro_spice.cli") for target, _ in imports(path))
        assert needed(path) == {tmp_path / "cli" / "__init__.py"}
    path.write_text(typed)
    assert list(imports(path, types=False)) == []


def test_public_names_exist_and_say_what_they_are():
    assert [name for name in ouro_spice.__all__ if not getattr(ouro_spice, name).__doc__] == []


def test_former_names_work_with_a_warning():
    with pytest.warns(DeprecationWarning, match=r"ouro_spice.Wander is now ouro_spice.WalkState"):
        assert ouro_spice.Wander is ouro_spice.WalkState
    network = ouro_spice.PulsePredictor.load(shipped_checkpoint("1r"))
    with pytest.warns(DeprecationWarning, match="clock is now PulsePredictor.base"):
        assert network.clock is network.base is not None


def test_public_names_are_listed_once_for_programs_and_for_type_checkers():
    """The imports for type checkers, the modules that names are loaded from, and the public list."""
    told = {}
    for node in ast.walk(parsed((PACKAGE / "__init__.py").read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            told |= {alias.name: node.module for alias in node.names}
    assert told == ouro_spice._PLACE_OF
    assert set(told) == set(ouro_spice.__all__) <= set(dir(ouro_spice))


def test_unknown_names_are_attribute_errors():
    with pytest.raises(AttributeError, match="nosuch"):
        _ = ouro_spice.nosuch


def test_import_is_light_and_silent():
    heavy = ("torch", "matplotlib", "numba", "PySpice", "typer", "numpy", "scipy", "pandas")
    code = f"import sys, ouro_spice; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[]\n", "")
