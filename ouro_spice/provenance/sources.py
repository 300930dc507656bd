"""The package's own code behind a result: the modules that made it, as hashes that comments do not move.

What a module's code decides is its syntax tree without docstrings, and without what only shows: methods that are
marked `shows`, and imports from modules whose names end in "display". Which modules take part follows from their
imports, read from the files without running them: the closure from where the work begins.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import json
from collections.abc import Collection, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from .._util.files import OutputError, write_text
from .._util.machine import ToolError, cache_folder

ROOT = Path(__file__).resolve().parents[1]
"""The package whose code is meant."""

_LENGTH = 12
"""Hexadecimal digits of a hash: two texts of one module that agree in them are none that anybody meets."""

_MOST = 4000
"""Texts whose hashes are kept on disk: some versions of all modules."""

_PLACES = {"lineno", "col_offset", "end_lineno", "end_col_offset", "type_comment", "kind", "ctx"}


def closure(begins: tuple[str, ...], without: tuple[str, ...] = (), root: Path | None = None) -> dict[str, str]:
    """Return by file name the hash of each module that some modules import, these themselves included.

    Parameters
    ----------
    begins
        Where the work begins, as dotted names in the package, such as "dataset.compact_records"; that of a folder
        stands for all modules in it.
    without
        Modules, or whole folders of them, that are left out with what only they import.
    root
        The package's folder; that of this package where None.

    Raises
    ------
    ToolError
        Where there is no such module, or its text cannot be read.
    """
    return dict(_closure(begins, without, root or ROOT))


@lru_cache(maxsize=64)
def _closure(begins: tuple[str, ...], without: tuple[str, ...], root: Path) -> dict[str, str]:
    known = _Parsed(root)
    found, waiting = {}, [file for name in begins for file in _files(root, name)]
    while waiting:
        file = waiting.pop()
        if file in found or _left_out(file, without):
            continue
        found[file], imported = known.of(file)
        waiting += imported
    known.keep()
    return dict(sorted(found.items()))


def _left_out(file: str, without: Collection[str]) -> bool:
    """Return whether a file is, or lies in, one of the modules that are left out."""
    name = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    return any(name == one or name.startswith(f"{one}.") for one in without)


def _file(root: Path, name: str) -> str | None:
    """Return the file of a module or package by its dotted name, relative to the root; None where there is none."""
    base = name.replace(".", "/")
    files = (f"{base}.py", f"{base}/__init__.py") if base else ("__init__.py",)
    return next((file for file in files if (root / file).is_file()), None)


def _source(root: Path, name: str) -> str:
    """Return the file of a module as `_file`; ToolError where there is none."""
    file = _file(root, name)
    if file is None:
        raise ToolError(
            f"the package's own code cannot be read: there is no source text of {name} in {root} (compiled modules "
            "alone, or a zip file?); install ouro_spice with its .py files in a plain folder, as pip does"
        )
    return file


def _files(root: Path, name: str) -> list[str]:
    """Return the file of a module, or those of all modules of a folder; ToolError where there is none."""
    folder = root / name.replace(".", "/")
    inside = sorted(path.relative_to(root).as_posix() for path in folder.rglob("*.py")) if name else []
    return inside or [_source(root, name)]


class _Parsed:
    """Hash and imports of modules; those of texts that were parsed before are on disk, by the hash of the text."""

    def __init__(self, root: Path) -> None:
        self.root, self.new = root, False
        self.path = _path()
        self.known = _read(self.path)

    def of(self, file: str) -> tuple[str, list[str]]:
        """Return the hash of a module and the files that it imports."""
        found, names, _ = self._parsed(file)
        return found, list(filter(None, (self._target(*name) for name in names)))

    def _parsed(self, file: str) -> tuple[str, list[tuple[str, str]], list[str]]:
        """Return the hash of a module, the names that it imports (module, name), and the names that it binds."""
        try:
            text = (self.root / file).read_bytes()
        except OSError as error:
            raise ToolError(f"the package's own code cannot be read: {error}") from error
        key = f"{file} {hashlib.sha256(text).hexdigest()}"
        if key not in self.known:
            tree = ast.parse(text)
            self.known[key], self.new = (digest(tree), sorted(set(_names(tree, file))), sorted(set(_own(tree)))), True
        return self.known[key]

    def _target(self, base: str, name: str) -> str | None:
        """Return the file that holds an imported name: its own module, or the one it is taken from.

        Where that is a folder's ``__init__`` that has the name from another module, it is that module.
        """
        inner = _file(self.root, f"{base}.{name}" if base else name) if name else None
        if inner or not base:  # the package itself is no part: its list of names would import everything
            return inner
        file = _file(self.root, base)
        if file and file.endswith("/__init__.py"):
            _, names, own = self._parsed(file)
            source = next((there for there, one in names if one == name and there != base), None)
            if source and name not in own:
                return self._target(source, name)
        return file

    def keep(self) -> None:
        """Write what was parsed to the cache; where that cannot be written, the next process parses again."""
        if self.new and self.path:
            known = dict(list(self.known.items())[-_MOST:])
            with contextlib.suppress(OSError, OutputError):
                write_text(self.path, json.dumps({"by": _by(), "known": known}))


def _path() -> Path | None:
    try:
        return cache_folder() / "sources.json"
    except ToolError:
        return None


@lru_cache(maxsize=1)
def _by() -> str:
    """Return the hash of this file: what another version of it has found is not taken."""
    return hashlib.sha256(Path(__file__).read_bytes()).hexdigest()


def _read(path: Path | None) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8")) if path else {}
        known = found["known"] if found.get("by") == _by() else {}
        return {
            key: (str(one), [(str(a), str(b)) for a, b in names], [str(name) for name in own])
            for key, (one, names, own) in known.items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def digest(tree: ast.AST) -> str:
    """Return the hash of a syntax tree without docstrings and what only shows; places and comments do not count."""
    return hashlib.sha256(repr(_plain(tree)).encode()).hexdigest()[:_LENGTH]


def _plain(node: Any) -> Any:
    """Return a tree as tuples without its empty parts, so that it does not depend on Python's version."""
    if isinstance(node, list):
        return [_plain(one) for one in node if not _is_text(one) and not _only_shows(one)]
    if not isinstance(node, ast.AST):
        return node
    fields = ((name, value) for name, value in vars(node).items() if name not in _PLACES)
    there = ((name, _plain(value)) for name, value in fields if value is not None and value != [])
    return (type(node).__name__, *there)


def _is_text(node: Any) -> bool:
    """Return whether a statement is only a text, such as a docstring."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _only_shows(node: Any) -> bool:
    """Return whether a statement is a method marked `shows`, or takes names from a module of displays alone."""
    if isinstance(node, ast.FunctionDef):
        return any(isinstance(mark, ast.Name) and mark.id == "shows" for mark in node.decorator_list)
    if not isinstance(node, ast.ImportFrom) or not node.level:
        return False
    names = [node.module] if node.module else [alias.name for alias in node.names]
    return all(name.endswith("display") for name in names)


def _names(tree: ast.Module, file: str) -> Iterator[tuple[str, str]]:
    """Yield each name that a module imports from the package, also inside functions: (module, name), dotted."""
    package = file.split("/")[:-1]
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        if _only_shows(node):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            stack += node.orelse
            continue
        if isinstance(node, ast.Import):
            inner = (alias.name.split(".") for alias in node.names)
            yield from ((".".join(parts[1:]), "") for parts in inner if parts[0] == "ouro_spice")
        elif isinstance(node, ast.ImportFrom):
            base = _base(node, package)
            if base is not None:
                yield from ((base, alias.name) for alias in node.names)
        stack += ast.iter_child_nodes(node)


def _own(tree: ast.Module) -> Iterator[str]:
    """Yield each name that a module binds itself, but for plain imports."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.asname for alias in node.names if alias.asname)
        else:
            yield from (
                one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
            )


def _base(node: ast.ImportFrom, package: list[str]) -> str | None:
    """Return the dotted module of an import, "" for the package itself; None outside the package."""
    module = node.module.split(".") if node.module else []
    if node.level:
        return ".".join([*package[: len(package) - node.level + 1], *module])
    return ".".join(module[1:]) if module[:1] == ["ouro_spice"] else None
