"""A cell without SPICE: driver, resistor, device. It stands for a 1R cell whose lines have no capacitance."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .._util.checks import check_range
from .._util.display import brief, shows
from .._util.forks import cached_property
from ..compact import characteristics
from ..device.memristor import Memristor
from ..device.state import State, check_single
from .drive_waveforms import Pwl
from .gates import check_ungated
from .parts import DevicesRead, Read, read_for, resolved_read
from .pulse import PWL, Parallel
from .single_cell import started
from .stimuli import Stimulus, checked, line_voltage


@dataclass(frozen=True)
class CompactCell:
    """A device behind a series resistance, solved by the compact model.

    Parameters
    ----------
    device
        The memristor; its realisation plays no part.
    model
        "full": the family's equations. Of JART, too, "reduced": the explicit current of Ntinas et al., IEEE TCAS-II
        2022, which ignores r and l; "tud": JART-TUD, Ntinas et al., SMACD 2023.
    resistance
        Of drivers and lines together [Ohm].
    read
        Only the time that a read takes matters: it reports the conductance itself and disturbs nothing.
    """

    device: Memristor
    model: str = "full"
    resistance: float = 0.0
    read: Read = field(default_factory=DevicesRead)

    def __post_init__(self) -> None:
        if not isinstance(self.device, Memristor) or not isinstance(self.read, Read):
            raise ValueError("CompactCell: device must be an ouro_spice memristor, read an ouro_spice.Read")
        self.device.require("kernels", "CompactCell")
        characteristics.check_model(self.device, self.model)
        self.device.check_compact(self.model)
        object.__setattr__(self, "read", resolved_read(self.read, self.device))
        check_range("resistance", self.resistance, 0, 1e7, "Ohm")

    @shows
    def __repr__(self) -> str:
        return brief(self)

    @property
    def gated(self) -> bool:
        """Return False: there is no access transistor."""
        return False

    @property
    def index(self) -> int:
        """Return the place of the device among the memristors of a state, 0."""
        return 0

    def check_state(self, state: State) -> None:
        """Raise ValueError unless it is a state of one memristor, which this device can have."""
        check_single(state)
        self.device.legal(state.x[0])

    def device_at(self, index: int) -> Memristor:
        """Return the device at a place among the memristors of a state."""
        return self.device

    @cached_property
    def text(self) -> str:
        """Return all values of the cell in words, as hashes of what is done with it have them."""
        return repr(dataclasses.asdict(self))

    @property
    def window_S(self) -> tuple[float, float]:
        """Return the smallest and largest conductance of the device [S]."""
        return characteristics.window_S(self.device, self.model)

    @property
    def range_S(self) -> tuple[float, float]:
        """Return the smallest and largest conductance of the device [S], for devices that are seen once."""
        return characteristics.range_S(self.device, self.model)

    def state(self, g_S: float | None = None) -> State:
        """Return the state at rest with conductance `g_S` [S]; the device's own initial state where None."""
        return started(self.device, g_S, self.model)

    def replace(self, **changes: Any) -> CompactCell:
        """Return this cell with other parts; a memristor of another family is read at its own voltage."""
        changes.setdefault("read", read_for(self.read, self.device, changes.get("device")))
        return dataclasses.replace(self, **changes)

    def flat_start_s(self, pulse: Stimulus | Parallel) -> float:
        """Return the time at which a pulse, sent first, reaches its full amplitude [s]."""
        return pulse.rise

    def duration(self, pulses: Sequence[Stimulus | Parallel]) -> float:
        """Return the time that the driver takes for these pulses, idle times included [s]."""
        return self.voltage(pulses).times_s[-1]

    def voltage(self, pulses: Sequence[Stimulus | Parallel]) -> PWL:
        """Return the driver's voltage over the time of these pulses."""
        given = checked(pulses)
        check_ungated(given, "a compact cell")
        return line_voltage(given, 0)

    def writing(self, pulse: Stimulus, times_s: np.ndarray) -> np.ndarray:
        """Return whether each piece between times of a pulse [s], (K,), is write-pulse time: (K - 1,).

        It goes from rise to fall; in a waveform it is where the voltage is not 0.
        """
        middles = (times_s[1:] + times_s[:-1]) / 2
        if isinstance(pulse, Pwl):
            return np.interp(middles, pulse.voltage.times_s, pulse.voltage.volts) != 0
        return middles < pulse.duration
