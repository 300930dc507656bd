"""Warnings of what a result is not good for: their classes, and how they are given, once for each cause and caller."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

_ROOT = __name__.partition(".")[0]


class ValidityWarning(UserWarning):
    """A model, a network or a circuit is used where it is not known to be right."""


class OutsideTraining(ValidityWarning):
    """A predictor was asked for what its training data do not hold."""


class UnreadableTarget(ValidityWarning):
    """A sense path cannot tell whether a target has been reached: its readings are not near, or too far apart."""


class TuningEdge(ValidityWarning):
    """The best of the settings that were tried lies at an edge of them: beyond it there may be better ones."""


_collectors: list[list[tuple[str, type[ValidityWarning]]]] = []
"""Lists that warnings are put into, where they are given elsewhere."""


@contextmanager
def collected() -> Iterator[list[tuple[str, type[ValidityWarning]]]]:
    """Yield a list that takes the warnings of this process, each once, in place of giving them: of work that is done
    for another process.
    """
    found: list[tuple[str, type[ValidityWarning]]] = []
    _collectors.append(found)
    try:
        yield found
    finally:
        _collectors[:] = [one for one in _collectors if one is not found]


def warn(text: str, kind: type[ValidityWarning] = ValidityWarning) -> None:
    """Give a warning at the line outside this package from which it was called.

    Python's own filters decide what becomes of it: by default the same text is shown once for each line, so that a
    loop does not repeat it. A text must therefore not hold numbers that change from call to call.
    """
    if _collectors:
        for found in _collectors:
            if (text, kind) not in found:
                found.append((text, kind))
        return
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == _ROOT:
        frame = frame.f_back
    registry = frame.f_globals.setdefault("__warningregistry__", {})
    where = frame.f_code.co_filename, frame.f_lineno, frame.f_globals.get("__name__", "__main__")
    warnings.warn_explicit(kind(text), kind, *where, registry)
