"""What long work on an array has finished, on disk: interrupted and run again, it goes on from there."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .._util.checks import checked_path
from .._util.files import OutputError, make_folder, read_bytes, write_text
from .._util.progress import notice
from ..circuit.array_protocol import Array
from ..circuit.pulse import Pulse
from ..circuit.testbench import Testbench
from ..device.jart.read_noise import Telegraph
from ..device.jart.walk_state import WalkState
from ..device.state import State
from .former_work import former_work, undamaged
from .manifest import Manifest, describe


class Journal:
    """Finished items of one piece of work by their keys, lines of JSON in ``unfinished-DIGEST.jsonl``.

    The digest is one of everything that decides the numbers, the code included. Other work in the same folder therefore
    has a file of its own, and neither is refused or lost; where that is the same work of another maker, what differs is
    said once. Each line is written and flushed as soon as its item is there. A line that
    is not whole, as one that a kill has torn, or does not fit its checksum does not count; of several with one key the
    last one does. Whoever has written the results removes the file.

    Parameters
    ----------
    folder
        Where the file is; made where it is not there.
    work
        The manifest of everything that decides the numbers, see `array_manifest`; or a digest of it.

    Attributes
    ----------
    path
        The file; there is none before the first item.
    items
        What was found in it: key to value.

    Raises
    ------
    ValueError
        For a file of this name that is of other work, or no such file.
    OutputError
        For a folder that cannot be written to.
    """

    def __init__(self, folder: str | Path, work: Manifest | str) -> None:
        digest = work if isinstance(work, str) else work.digest
        self.path = make_folder(checked_path("out", folder)) / f"unfinished-{digest[:12]}.jsonl"
        origin = {} if isinstance(work, str) else {"origin": work.origin}
        self._head = json.dumps({"digest": digest} | origin, sort_keys=True)
        self._lock = threading.Lock()
        self.items: dict[str, Any] = self._read()
        if origin and not self.path.exists():
            _say_why(self.path, json.loads(self._head)["origin"])

    def _read(self) -> dict[str, Any]:
        """Return the items in the file, by key; ValueError where it does not belong to the work."""
        try:
            text = read_bytes(self.path).decode("utf-8", errors="replace")
        except FileNotFoundError:
            return {}
        lines = text.splitlines()
        if lines[:1] != [self._head]:
            raise ValueError(f"{self.path} does not hold what its name says: remove it, or name another folder")
        if not text.endswith("\n"):  # torn; the next item begins a line of its own
            self._append("")
        items = (undamaged(lambda line=line: _item(line)) for line in lines[1:])
        return dict(item for item in items if item)

    def once(self, key: str, work: Callable[[], Any]) -> Any:
        """Return the value of an item: as it was found, or else by doing the work, which is then added."""
        if key in self.items:
            return self.items[key]
        value = work()
        self.add(key, value)
        return value

    def add(self, key: str, value: Any) -> None:
        """Write an item, of anything that JSON can hold; numbers come back exactly the same.

        Raises
        ------
        OutputError
            Where it cannot be written.
        """
        with self._lock:
            if not self.path.exists():
                write_text(self.path, self._head + "\n")
            self._append(json.dumps([key, value, _checksum(key, value)]))

    def _append(self, line: str) -> None:
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
        except OSError as error:
            raise OutputError(f"cannot write {self.path}: {error.strerror or error}") from error


def _say_why(path: Path, wanted: dict[str, Any]) -> None:
    """Log what differs in the same work of other makers in the folder, which is not resumed."""
    for other in former_work(sorted(path.parent.glob("unfinished-*.jsonl")), _origin_of, wanted):
        if other.of_another_maker:
            notice(f"{other.path} is not resumed: {other.words}")


def _origin_of(path: Path) -> Any:
    with path.open(encoding="utf-8") as file:
        return json.loads(file.readline())["origin"]


def _item(line: str) -> tuple[str, Any] | None:
    """Return the key and value of a line; None where it was changed. One that is not whole raises anything."""
    key, value, checksum = json.loads(line)
    return (key, value) if isinstance(key, str) and checksum == _checksum(key, value) else None


def _checksum(key: str, value: Any) -> str:
    return hashlib.sha256(json.dumps([key, value]).encode()).hexdigest()[:16]


def array_manifest(array: Array, bench: Testbench, state: State, **given: Any) -> Manifest:
    """Return the manifest of work on an array: circuit, models, code, tools, devices, state, and `given`.

    Parameters
    ----------
    array, state
        The array, and where the work begins.
    bench
        One of the simulations, for its netlist.
    given
        All else that decides the numbers, as JSON can hold it.
    """
    parts = [array.rows, array.cols, array.scheme, array.read_scheme, in_full(array.devices)]
    return describe(array.cell, "array", array=parts, netlist=bench.sha256, state=plain_state(state), **given)


def in_full(thing: Any) -> str:
    """Return a part of a circuit, or a tuple of them, as a text of all its values, as Python writes dataclasses.

    It decides a digest: what they print of themselves is made to be read, and leaves out what is at its default.
    """
    if isinstance(thing, tuple):
        return f"({', '.join(map(in_full, thing))}{',' * (len(thing) == 1)})"
    if not dataclasses.is_dataclass(thing) or isinstance(thing, Pulse):  # a pulse prints all that it has
        return repr(thing)
    values = (f"{field.name}={in_full(getattr(thing, field.name))}" for field in dataclasses.fields(thing))
    return f"{type(thing).__name__}({', '.join(values)})"


def plain_state(state: State) -> dict[str, Any]:
    """Return a state as JSON can hold it."""
    return {
        "x": [list(one) for one in state.x],
        "volts": dict(state.volts),
        "wander": [one and dataclasses.astuple(one) for one in state.wander],
        "telegraph": [one and dataclasses.astuple(one) for one in state.telegraph],
    }


def restored_state(values: dict[str, Any]) -> State:
    """Return the state that `plain_state` made these values of."""
    return State(
        tuple(map(tuple, values["x"])),
        values["volts"],
        tuple(one and WalkState(*one) for one in values["wander"]),
        tuple(one and Telegraph(*one) for one in values["telegraph"]),
    )
