"""The families of memristors that this package brings, by name."""

from __future__ import annotations

from collections.abc import Mapping

from .jart.jart_device import Device
from .memristor import Memristor
from .threshold.drift import LinearDrift
from .threshold.team_device import Team
from .threshold.vteam_device import Vteam
from .threshold.zhang_device import Zhang

FAMILIES: Mapping[str, type[Memristor]] = {kind.FAMILY: kind for kind in (Device, LinearDrift, Vteam, Team, Zhang)}
"""The class of each family; called without arguments it gives the family's default device."""
