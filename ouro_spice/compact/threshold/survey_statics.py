"""The static characteristics of linear drift, TEAM, VTEAM and Zhang: `survey_families`, in the signs of the flow."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ..._util.checks import check_range, shown
from ...device.relative_spread import RelativeSpread
from ...device.threshold.threshold_device import RESISTANCES, ThresholdDevice
from ..checked_conductances import check_inside
from ..statics import Own
from . import survey_families as families


class SurveyStatics:
    """The `Statics` of the families of ``device/threshold``."""

    def check_model(self, model: str) -> None:
        """Raise ValueError for another model than "full": there is one."""
        if model != "full":
            raise ValueError(f"model {shown(model)} is unknown; of this family there is full")

    def static_current(
        self,
        device: ThresholdDevice,
        v: ArrayLike,
        x: ArrayLike,
        model: str | None = None,
        own: Own | None = None,
    ) -> np.ndarray:
        """Return currents from AE to OE [A]."""
        return -device.POLARITY * families.currents(device, -device.POLARITY * np.asarray(v, dtype=float), x)

    def rate(
        self,
        device: ThresholdDevice,
        v: ArrayLike,
        x: ArrayLike,
        model: str | None = None,
        own: Own | None = None,
    ) -> np.ndarray:
        """Return d state/dt [1/s]."""
        return families.rates(device, -device.POLARITY * np.asarray(v, dtype=float), x)

    def conductance(
        self, device: ThresholdDevice, x: ArrayLike, model: str | None = None, own: Own | None = None
    ) -> np.ndarray:
        """Return conductances [S]: the same at each voltage."""
        return families.state_conductances(device, x)

    def fast_conductance(self, device: ThresholdDevice, x: np.ndarray) -> np.ndarray:
        """Return conductances [S] of many states, (T,)."""
        return families.state_conductances(device, x)

    def states_for(self, device: ThresholdDevice, g_S: ArrayLike, model: str | None = None) -> np.ndarray:
        """Return states at conductances [S], same shape; ValueError for one that the device cannot have."""
        return families.states_for(device, g_S)

    def state_at(self, device: ThresholdDevice, g_S: float, model: str | None = None) -> float:
        """Return the state at one conductance [S]; ValueError, naming the range, for one that it cannot have."""
        check_range("g_S", g_S, 0, 1.0, "S")
        return float(families.states_for(device, g_S))

    def window_S(self, device: ThresholdDevice, model: str | None = None) -> tuple[float, float]:
        """Return the conductances at the ends of the window [S]."""
        low, high = (1 / device.resistance(x) for x in device.window_x)
        check_inside(np.array([low, high]), *device.window_S)
        return low, high

    def range_S(self, device: ThresholdDevice, model: str | None = None) -> tuple[float, float]:
        """Return the same as `window_S`."""
        return self.window_S(device)

    def reach_S(
        self, device: ThresholdDevice, law: RelativeSpread | None, model: str | None = None
    ) -> tuple[float, float]:
        """Return the smallest and the largest conductance [S] of the windows of the devices of a D2D law."""
        if law is None:
            return self.window_S(device)
        # the conductance depends on the two resistances alone, and falls with each
        cuts = dict(zip(law.names, law.cut, strict=True))
        ends = [
            device.replace(**{name: device.parameters[name] * (1 + sign * cuts.get(name, 0)) for name in RESISTANCES})
            for sign in (1, -1)
        ]
        return self.window_S(ends[0])[0], self.window_S(ends[1])[1]
