"""How a network is made: what it sees, what it says, and the stages of its training; as written in a TOML file."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._util.checks import check_count, check_range, shown
from .._util.display import brief, shows
from ..dataset.sweep import COLUMNS, WIDTH

OUTPUTS = ("signed_time", "log_time", "amplitude_V", "gate_V")
ACTIVATIONS = ("tanh", "relu", "sigmoid")

HIDDEN = (32, 64, 32)
"""Hidden layers of the published network."""

_MOST_LAYERS, _MOST_UNITS = 16, 4096
_CONTROLS = {name: control for control, name in COLUMNS.items()}
_LATER = {"hidden": HIDDEN, "activation": "tanh"}
"""What specifications of before do not say, and is left out where it is as it was then: hashes stay the same."""
OBJECTIVES = ("time", "conductance", "band", "change")

DEFAULTS = {
    "g_start_S": None, "dg_S": None, "log_rise": None, "log_fall": None, "drive": 1.0,
    "slow_same": 0.0, "sure_same": 0.0, "slow_other": 0.0, "sure_other": 0.0,
}  # fmt: skip
"""What a network can see, and what stands for it where it is not known; None: it has to be."""

SMALLEST_S = 0.5e-6
"""Changes of conductance [S] below this are as large as this in the logarithm."""

DERIVED = {
    "log_change": lambda dg_S: np.log(np.maximum(np.abs(dg_S), SMALLEST_S) / 1e-6),
    "direction": lambda dg_S: np.where(np.asarray(dg_S) < 0, -1.0, 1.0),
}
"""What a network can see that follows from the wanted change (n,) [S]: times of small changes go with their logarithm,
and SET and RESET are far apart however small the change is."""


@dataclass(frozen=True)
class Stage:
    """A stage of training.

    Parameters
    ----------
    objective
        "time": squared error of the output, time or its logarithm; "conductance": squared error of the conductance,
        through the recorded curves; "band": how often the conductance is farther from the target than `band`;
        "change": that the mean of the realised change of conductance is the wanted one, from 1 uS on.
    epochs, batch, learning_rate
        Passes, records a step of Adam, its rate at the beginning; it falls to 0 along a cosine.
    keep
        The epoch that is kept is the best one on the validation records by the relative error of "time" or
        "conductance", or by the loss of the "band" or the "change".
    smoothing
        The curves are averaged over so many steps of `step_s` of the dataset; for the objective "conductance".
    band
        Relative distance from the target, of the objective and of what is kept.
    """

    objective: str
    epochs: int = 100
    batch: int = 256
    learning_rate: float = 3e-3
    keep: str = ""
    smoothing: int = 1
    band: float = 0.2

    def __post_init__(self) -> None:
        if not self.keep:
            object.__setattr__(self, "keep", self.objective)
        for name in ("objective", "keep"):
            if getattr(self, name) not in OBJECTIVES:
                raise ValueError(f"{name} {getattr(self, name)!r} is unknown; there is {', '.join(OBJECTIVES)}")
        for name in ("epochs", "batch", "smoothing"):
            check_count(name, getattr(self, name))
        if self.smoothing > 1 and self.objective != "conductance":
            raise ValueError(f"smoothing = {self.smoothing} is for the objective 'conductance' alone")
        check_range("learning_rate", self.learning_rate, 1e-9, 1.0, "")
        check_range("band", self.band, 1e-3, 1.0, "(relative)")

    @property
    def needs_curves(self) -> bool:
        """Return whether the stage learns from histories."""
        return self.objective != "time" or self.keep != "time"


@dataclass(frozen=True)
class Specification:
    """A network.

    Parameters
    ----------
    stages
        Of its training, one after the other.
    inputs
        Names of what it sees, of `DEFAULTS` and `DERIVED`.
    output
        "signed_time", SET positive, or "log_time", whose direction is that of the wanted change; "gate_V" or
        "amplitude_V", of records that vary that voltage.
    networks
        How many, each for a range of G_start.
    start
        Name of the variant whose weights training begins with; "": from random ones.
    hidden
        Units of each hidden layer, one or more of them.
    activation
        Behind each of them, one of `ACTIVATIONS`.
    """

    stages: tuple[Stage, ...]
    inputs: tuple[str, ...] = ("g_start_S", "dg_S")
    output: str = "log_time"
    networks: int = 1
    start: str = ""
    hidden: tuple[int, ...] = HIDDEN
    activation: str = "tanh"

    def __post_init__(self) -> None:
        self._check_layers()
        if not self.stages:
            raise ValueError("a network needs at least one stage of training")
        if self.output not in OUTPUTS:
            raise ValueError(f"output {self.output!r} is unknown; there is {', '.join(OUTPUTS)}")
        for name in self.inputs:
            if name not in DEFAULTS and name not in DERIVED:
                raise ValueError(f"input {name!r} is unknown; there is {', '.join((*DEFAULTS, *DERIVED))}")
        if self.inputs[:2] != ("g_start_S", "dg_S"):
            raise ValueError(f"inputs = {list(self.inputs)} must begin with g_start_S and dg_S")
        check_count("networks", self.networks)
        check_range("networks", self.networks, 1, 64, "")
        if self.control != WIDTH and any(stage.needs_curves for stage in self.stages):
            raise ValueError(f"the output {self.output!r} has the objective 'time' alone, the squared error of it")
        for name in ("band", "change"):
            if self.output == "signed_time" and any(stage.objective == name for stage in self.stages):
                raise ValueError(f"the objective {name!r} needs the output 'log_time'")

    def _check_layers(self) -> None:
        """Raise ValueError for hidden layers that are none, or an unknown activation."""
        if not isinstance(self.hidden, tuple | list) or not 1 <= len(self.hidden) <= _MOST_LAYERS:
            raise ValueError(f"hidden = {shown(self.hidden)} must be the units of 1 to {_MOST_LAYERS} hidden layers")
        for units in self.hidden:
            check_count("hidden", units, 1, _MOST_UNITS)
        object.__setattr__(self, "hidden", tuple(int(units) for units in self.hidden))
        if self.activation not in ACTIVATIONS:
            raise ValueError(f"activation {shown(self.activation)} is unknown; there is {', '.join(ACTIVATIONS)}")

    @shows
    def __repr__(self) -> str:
        return brief(self)

    @property
    def control(self) -> str:
        """Return what it gives: the "width" of a pulse, its "amplitude" or its "gate" voltage."""
        return _CONTROLS.get(self.output, WIDTH)

    @classmethod
    def of(cls, table: Mapping[str, Any]) -> Specification:
        """Return the specification of a table of a TOML file; ValueError for what is not known."""
        values = dict(table)
        for name in ("stages", "inputs"):
            if not isinstance(values.setdefault(name, getattr(cls, name, ())), list | tuple):
                raise ValueError(f"{name} = {values[name]!r} must be a list")
        stages = tuple(_made(Stage, one, "stage") for one in values["stages"])
        return _made(cls, values | {"stages": stages, "inputs": tuple(values["inputs"])}, "variant")

    @property
    def plain(self) -> dict[str, Any]:
        """Return the specification as plain values, for a manifest."""
        found = dataclasses.asdict(self)
        return {name: value for name, value in found.items() if name not in _LATER or value != _LATER[name]}


def _made(kind: type, values: Mapping[str, Any], what: str) -> Any:
    """Return a dataclass of a table's values; ValueError for what is no field of it, or is missing."""
    if not isinstance(values, Mapping):
        raise ValueError(f"{values!r} is no {what} of training, which is a table")
    fields = dataclasses.fields(kind)
    unknown = set(values) - {f.name for f in fields}
    if unknown:
        names = ", ".join(f.name for f in fields)
        raise ValueError(f"{sorted(unknown)[0]!r} is not known to a {what} of training; there is {names}")
    missing = [f.name for f in fields if f.default is dataclasses.MISSING and f.name not in values]
    if missing:
        raise ValueError(f"a {what} of training needs {missing[0]}")
    return kind(**values)


PLAIN = Specification(
    (Stage("time", epochs=200), Stage("band", epochs=150, learning_rate=2e-3)),
)
"""The default: logarithm of the time, direction from the wanted change, fine-tuned to end within 20 % of the target."""

_STEPS = 3000


def plain(records: int, curves: bool, control: str = WIDTH) -> Specification:
    """Return the default specification for a number of records: few are seen more often; without curves only the time
    is learned. Of another control than "width" its voltage is.
    """
    stages = PLAIN.stages if curves else PLAIN.stages[:1]
    least = [-(-_STEPS // -(-records // stage.batch)) for stage in stages]
    stages = (dataclasses.replace(s, epochs=max(s.epochs, n)) for s, n in zip(stages, least, strict=True))
    output = PLAIN.output if control == WIDTH else COLUMNS[control]
    return dataclasses.replace(PLAIN, stages=tuple(stages), output=output)
