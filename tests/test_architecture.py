"""Law 1: imports point only upwards in the list below; heavy libraries stay in their places; files are small."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import ouro_spice

PACKAGE = Path(ouro_spice.__file__).parent
ORDER = (
    "forks", "quantities", "checks", "files", "progress", "assets", "machine", "sources", "maker", "tables",
    "validity", "published", "parameter", "constants", "schottky", "variability", "device", "compact", "pulse",
    "waveform", "plausibility", "limits", "c2c", "population", "telegraph", "circuit", "osdi", "engine", "static",
    "transient", "described", "former", "manifest", "provenance", "kept", "rebuild", "sensing", "cell", "read_error",
    "pair", "array", "edges", "dataset", "measured", "importing", "compare", "fleet", "write_verify", "one_shot",
    "noise_sources", "predictor", "report", "results", "curves", "decks", "sim", "doctor", "cli", "__main__",
)  # fmt: skip
FILES = sorted(PACKAGE.rglob("*.py"))
IDS = [str(path.relative_to(PACKAGE)) for path in FILES]
# library: where it may be imported at all, and where only inside functions
PLACES = {
    "PySpice": ({"circuit", "engine"}, set()),
    "torch": ({"predictor"}, {"dataset"}),  # PulseDataset.tensors
    "matplotlib": (set(), {"report", "decks", "sim"}),
}


def module(path: Path) -> str:
    """The module of the list that a file belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path):
    """(target, inside a function) of each import that is executed; package modules as ``ouro_spice.NAME``."""
    tree = ast.parse(path.read_text())
    package = ["ouro_spice", *path.relative_to(PACKAGE).parts[:-1]]
    stack = [(tree, False)]
    while stack:
        node, inside = stack.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            stack += [(child, inside) for child in node.orelse]
            continue
        if isinstance(node, ast.Import):
            yield from ((alias.name, inside) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            whole = ".".join(part for part in (base, node.module) if part)
            # from . import a, b: each may be a module
            yield from ((f"{whole}.{alias.name}" if whole == "ouro_spice" else whole, inside) for alias in node.names)
        inside = inside or isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        stack += [(child, inside) for child in ast.iter_child_nodes(node)]


def test_every_module_is_in_the_list():
    assert {module(path) for path in FILES} - {"__init__"} == set(ORDER)
    assert len(set(ORDER)) == len(ORDER)


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_imports_point_upwards(path):
    if module(path) == "__init__":
        return
    place = ORDER.index(module(path))
    for target, _ in imports(path):
        parts = target.split(".")
        if parts[0] == "ouro_spice" and len(parts) > 1 and parts[1] != module(path):
            assert parts[1] in ORDER, f"{target} is no module"
            assert ORDER.index(parts[1]) < place, f"{module(path)} imports {parts[1]}"


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_heavy_libraries_stay_in_their_places(path):
    for target, inside in imports(path):
        anywhere, functions = PLACES.get(target.split(".")[0], (None, None))
        if anywhere is not None:
            assert module(path) in anywhere or (inside and module(path) in functions), target


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_functions_and_files_are_small(path):
    text = path.read_text()
    assert len(text.splitlines()) <= 300
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            assert node.end_lineno - node.lineno + 1 <= 60, node.name


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_no_global_random_state_and_no_logging_at_import(path):
    text = path.read_text()
    for word in ("np.random.seed", "np.random.rand", "np.random.normal", "random.seed", "warnings.filterwarnings",
                 "warnings.simplefilter", "logging.basicConfig"):  # fmt: skip
        assert word not in text


def test_the_rules_themselves_can_fail(tmp_path, monkeypatch):
    """An import of a later module inside a function is seen, and so is one under another spelling."""
    monkeypatch.setattr(sys.modules[__name__], "PACKAGE", tmp_path)
    (tmp_path / "engine").mkdir()
    for line in ("from ..cell import live", "from .. import cell", "import ouro_spice.simulation.live_cell"):
        (tmp_path / "engine" / "pool.py").write_text(f"def late():\n    {line}\n")
        assert any(
            target.startswith("ouro_spice.simulation.live_cell")
            for target, inside in imports(tmp_path / "engine" / "pool.py")
            if inside
        )


@pytest.mark.parametrize("name", ouro_spice.__all__)
def test_public_names_exist_and_say_what_they_are(name):
    assert getattr(ouro_spice, name).__doc__


def test_unknown_names_are_attribute_errors():
    with pytest.raises(AttributeError, match="nosuch"):
        _ = ouro_spice.nosuch


def test_import_is_light_and_silent():
    heavy = ("torch", "matplotlib", "numba", "PySpice", "typer")
    code = f"import sys, ouro_spice; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[]\n", "")
