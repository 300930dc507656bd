"""Compare two files of results, figure by figure: ``python tests/same_results.py BEFORE.json AFTER.json``.

What is measured with a clock, and what names code, machine or date, is left out: all other figures have to be equal to
the last digit. Exit code 1 where one is not, or where one of the files lacks it.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

CLOCKED = re.compile(
    r"^(seconds|date|commit|versions|files|checkpoints|sha256|manifest|digest)$|compute|prediction_s|_per_s$|software"
)


def figures(value: object, name: str = "") -> Iterator[tuple[str, object]]:
    """Yield each leaf of nested tables and lists with its dotted name, but for what `CLOCKED` matches."""
    if isinstance(value, dict):
        for key, one in value.items():
            if not CLOCKED.search(key):
                yield from figures(one, f"{name}.{key}" if name else key)
    elif isinstance(value, list):
        for k, one in enumerate(value):
            yield from figures(one, f"{name}[{k}]")
    else:
        yield name, value


def differences(before: dict, after: dict) -> list[str]:
    """Return a line for each figure that differs, or that one of the two lacks."""
    a, b = dict(figures(before)), dict(figures(after))
    return [f"{name}: {a.get(name, 'not there')} -> {b.get(name, 'not there')}" for name in sorted(a.keys() | b.keys())
            if a.get(name, ...) != b.get(name, ...)]  # fmt: skip


def main(before: str, after: str) -> int:
    """Print what differs; return the exit code."""
    first, second = (json.loads(Path(path).read_text(encoding="utf-8")) for path in (before, after))
    found = differences(first, second)
    print(*found, sep="\n", end="\n" if found else "")
    print(f"{len(dict(figures(first)))} figures, {len(found)} differ")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
