"""Say that kernels are compiled, which takes a while the first time: importing this module makes numba tell it."""

from __future__ import annotations

from numba.core import event

from .progress import notice

TEXT = "compiling the kernels, once (about a quarter of a minute)"
"""What is said."""

_PACKAGE = __name__.partition(".")[0]


class _Listener(event.Listener):
    """Hears of each function that numba compiles; what it finds in its cache is not compiled."""

    def on_start(self, event: event.Event) -> None:
        """Say once that kernels of this package are compiled; others are not its business."""
        function = getattr((event.data or {}).get("dispatcher"), "py_func", None)
        if str(getattr(function, "__module__", "")).partition(".")[0] == _PACKAGE:
            notice(TEXT)

    def on_end(self, event: event.Event) -> None:
        """Let it pass."""


event.register("numba:compile", _Listener())
