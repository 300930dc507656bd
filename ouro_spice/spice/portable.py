"""Tasks and results as bytes: all that a script defines goes with them, engines stay where they are."""

from __future__ import annotations

import io
import pickle
from typing import Any

from .ngspice import Ngspice

_ENGINE = "engine"


def packed(value: Any) -> bytes:
    """Return a value as bytes; functions and classes of a script or a notebook are in them.

    Raises
    ------
    ValueError
        For what cannot be sent to another process, such as an open file.
    """
    import cloudpickle  # comes with distributed

    class Pickler(cloudpickle.Pickler):
        def persistent_id(self, obj: Any) -> str | None:
            return _ENGINE if isinstance(obj, Ngspice) else None

    file = io.BytesIO()
    try:
        Pickler(file, protocol=pickle.HIGHEST_PROTOCOL).dump(value)
    except (TypeError, AttributeError, pickle.PicklingError) as error:
        raise ValueError(f"this cannot be sent to the workers of a cluster: {error}") from error
    return file.getvalue()


def unpacked(content: bytes, engine: Ngspice) -> Any:
    """Return the value of bytes that `packed` made; all engines in it become `engine`.

    The bytes come from this package's own client or worker: they are trusted as the scheduler is.
    """

    class Unpickler(pickle.Unpickler):
        def persistent_load(self, pid: Any) -> Ngspice:
            if pid != _ENGINE:
                raise pickle.UnpicklingError(f"{pid!r} is no engine")
            return engine

    return Unpickler(io.BytesIO(content)).load()
