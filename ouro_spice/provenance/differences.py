"""What differs between two pieces of work, in words that can be acted on: never two hashes."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from . import former_format
from .cell_description import as_full, completed, unit
from .manifest import Manifest

EVERYTHING = ("cell", "files", "settings", "tools", "code")
CIRCUIT = ("cell", "files")
"""What a predictor fits to."""
MAKER = ("files", "tools", "code")
"""What makes the same cell's results with the same settings."""

_SHOWN = 6
"""Differences that a sentence names; the others are counted."""

_LONG = 40
"""Characters up to which a value is shown."""

_HASH = re.compile(r"[0-9a-f]{16,}")
_PLAIN = ("", "device", "devices", "lines", "array", "cell", "process", "sense")
"""Parts of a cell whose values need no name of the part."""

Origin = Manifest | Mapping[str, Any]
"""A manifest, or its `origin` as a file has it."""


def differences(a: Origin, b: Origin, only: Collection[str] = EVERYTHING) -> list[str]:
    """Return what differs from `a` (mostly on disk) to `b` (wanted), in words such as "r_bl 2 -> 0 Ohm".

    Parameters
    ----------
    a, b
        Manifests, or the `Manifest.origin` of some.
    only
        What is compared: "cell", "files" (models, libraries, netlists), "settings", "tools" (their versions), "code".
        What one side does not have is compared only if it is the code.
    """
    a, b = _parts(a), _parts(b)
    found: list[str] = []
    if "cell" in only:
        cells = [one["cell"] for one in (a, b)]
        if "settings" not in only:  # one circuit, whatever the fidelity
            cells = [as_full(cell) if cell else cell for cell in cells]
        found += _cells(*cells)
    alike = not (a["cell"] and b["cell"]) or a["cell"].get("kind") == b["cell"].get("kind")
    if "files" in only and alike:
        found += _files(a, b, bool(found))
    if "settings" in only:
        found += _settings(a["settings"], b["settings"])
    if "tools" in only:
        both = ((name, a["tools"][name], new) for name, new in b["tools"].items() if name in a["tools"])
        found += [f"{name} {old} -> {new}" for name, old, new in both if old != new]
    if "code" in only:
        found += _code(a["code"], b["code"])
    return found


def listed(found: Sequence[str], most: int = _SHOWN) -> str:
    """Return differences as part of a sentence; those beyond the first few are counted."""
    if not found:
        return "nothing that is recorded"
    more = f" and {len(found) - most} more" if len(found) > most else ""
    return ", ".join(found[:most]) + more


def _parts(of: Origin) -> dict[str, Any]:
    """Return what is compared of a manifest or its origin, by name."""
    if isinstance(of, Manifest):
        known = of.origin
        return {
            "circuit": of.circuit, "cell": completed(of.cell), "files": of.files, "settings": of.settings,
            "tools": known["simulator"], "code": of.code, "former": of.code is None,
        }  # fmt: skip
    cell = of.get("cell")
    return {
        "circuit": of.get("circuit"), "cell": completed(cell) if cell else None, "files": of.get("files", {}),
        "settings": of.get("settings", {}), "tools": of.get("simulator", {}), "code": of.get("code"),
        "former": of.get("code") is None,
    }  # fmt: skip


def _cells(a: Mapping[str, Any] | None, b: Mapping[str, Any] | None) -> list[str]:
    if not a or not b:
        return []
    if a.get("kind") != b.get("kind"):
        return [f"{a.get('kind', 'no cell')} -> {b.get('kind', 'no cell')}"]
    return list(_values(a, b, _cell_name, _cell_unit))


def _cell_name(path: tuple[str, ...]) -> str:
    place = _place(path[:-1])
    return path[-1] if place in _PLAIN else f"{place}.{path[-1]}"


def _cell_unit(path: tuple[str, ...]) -> str:
    return unit(_place(path[:-1]), path[-1])


def _place(path: tuple[str, ...]) -> str:
    """Return the name of the part that a value belongs to, without its number."""
    return path[-1].partition("[")[0] if path else ""


def _files(a: Mapping[str, Any], b: Mapping[str, Any], explained: bool) -> list[str]:
    """Return the changed models and libraries in words; the netlists where nothing else explains them."""
    if a["former"] or b["former"]:  # with comments then
        return []
    names = [name for name in sorted({*a["files"], *b["files"]}) if a["files"].get(name) != b["files"].get(name)]
    texts = [name for name in names if not name.startswith("netlist, ")]
    found = [f"{name} {_change(a['files'], b['files'], name)}" for name in texts]
    if not found and not explained:
        kinds = {"set": "a SET", "reset": "a RESET", "read": "a read"}
        found = [f"the netlist of {kinds.get(name[9:], name[9:])} changed" for name in names if name not in texts]
    return found


def _change(a: Mapping[str, str], b: Mapping[str, str], name: str) -> str:
    return "changed" if name in a and name in b else ("is new" if name in b else "is gone")


def _code(a: Mapping[str, str] | None, b: Mapping[str, str] | None) -> list[str]:
    """Return the modules that differ, in words."""
    if not a and not b:
        return []
    if not a or not b:
        return [former_format.UNKNOWN]
    names = (name for name in sorted({*a, *b}) if a.get(name) != b.get(name))
    return [f"{name} {_change(a, b, name)}" for name in names]


def _settings(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[str]:
    def unit_of(path: tuple[str, ...]) -> str:
        own = {"v_set": "V", "v_reset": "V", "gate_set": "V", "gate_reset": "V"}
        return own.get(path[-1], "") or (unit("", path[-1]) if "_" in path[-1] else "")

    return list(_values(a, b, ".".join, unit_of))


def _values(a: Any, b: Any, name: Any, unit_of: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield the leaves of two trees that differ, each in words."""
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        for key in dict.fromkeys((*b, *a)):
            yield from _values(a.get(key), b.get(key), name, unit_of, (*path, key))
        return
    if _same(a, b):
        return
    parts = _list_of_parts(a) and _list_of_parts(b) and len(a) == len(b)
    if parts:
        for k, (one, other) in enumerate(zip(a, b, strict=True)):
            yield from _values(one, other, name, unit_of, (*path[:-1], f"{path[-1]}[{k}]"))
        return
    yield _in_words(a, b, name(path), unit_of(path))


def _list_of_parts(value: Any) -> bool:
    return isinstance(value, list | tuple) and bool(value) and all(isinstance(one, Mapping) for one in value)


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(_same(one, other) for one, other in zip(a, b, strict=True))
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return set(a) == set(b) and all(_same(a[key], b[key]) for key in a)
    return a == b and isinstance(a, bool) == isinstance(b, bool)


def _in_words(a: Any, b: Any, name: str, unit: str) -> str:
    if any(isinstance(one, str) and _HASH.fullmatch(one) for one in (a, b)):
        return f"{name} changed"
    if isinstance(a, Mapping) != isinstance(b, Mapping) and None in (a, b):
        return f"{name} {'none -> given' if a is None else 'given -> none'}"
    old, new = _word(a), _word(b)
    if old == new and isinstance(a, float | int) and isinstance(b, float | int):
        old, new = f"{a:.17g}", f"{b:.17g}"
    if max(len(old), len(new)) > _LONG or old == new:
        return f"{name} changed"
    if unit and None in (a, b):  # none of a thing has no unit
        old, new = (word if value is None else f"{word} {unit}" for word, value in ((old, a), (new, b)))
        return f"{name} {old} -> {new}"
    return f"{name} {old} -> {new} {unit}".rstrip()


def _word(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float | int):
        return f"{value:.6g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_word(one)}" for name, one in value.items()) or "none"
    if isinstance(value, list | tuple):
        return f"({', '.join(map(_word, value))})"
    return str(value)
