"""The memristors of the grid of families and verbs, and why each has the values that it has."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import ouro_spice as ouro

_MODELS = Path(__file__).resolve().parents[1] / "examples" / "models"


@dataclass(frozen=True)
class Kind:
    """A memristor of the grid, the time of a traverse of its window [s], and why its values are what they are.

    `given`: amplitudes where those that `pair` finds are not the ones to use.
    """

    name: str
    device: ouro.Memristor
    total_s: float
    why: str
    given: ouro.Pair | None = None

    @property
    def has_kernels(self) -> bool:
        """Return whether it can be followed without SPICE."""
        return "kernels" in self.device.capabilities

    @property
    def moves_in_reads(self) -> bool:
        """Return whether it moves at every voltage, that of a read, too."""
        return self.name in ("linear_drift", "biolek")


def kinds() -> tuple[Kind, ...]:
    """All memristors of the grid.

    A transistor of 20 um / 0.35 um in SET has about 300 Ohm at 3.3 V at its gate: an R_on of kilo-ohms leaves the
    voltage to the memristor. A window of a decade in a micro-second below 3 V needs faster devices than most published
    sets, whose values are of films that move in milliseconds.
    """
    return (
        Kind("jart_vcm", ouro.jart_vcm_v1b(window=True), 1e-6, "the package's own device in its window"),
        Kind(
            "linear_drift",
            ouro.linear_drift(mu_v=1e-10, R_on=2e3, R_off=50e3),
            1e-5,
            "10 000 times HP's mobility: 1e-14 m^2/(V s) takes a tenth of a second. Without a threshold a read of "
            "0.2 V and 100 ns is worth a hundredth of a pulse of 2 V and 1 us: so 10 us",
        ),
        Kind(
            "vteam",
            ouro.vteam(k_on=-1e-3, k_off=1e-3, R_on=2e3, R_off=20e3, v_off=0.3, v_on=-0.3),
            1e-6,
            "thresholds of 0.3 V, above reads of 0.15 V; equal k of SET and RESET, the pair is near to even",
        ),
        Kind(
            "team",
            ouro.team(R_on=2e3, R_off=10e3, k_on=-5e-4, k_off=5e-4, i_on=-2e-5, i_off=2e-5, alpha_on=1, alpha_off=1),
            1e-6,
            "thresholds of 20 uA: 0.04 V at R_on, where reads of 0.02 V are below, and 0.2 V at R_off. At one voltage "
            "a SET accelerates with the contrast's power alpha: a contrast of 5 and an alpha of 1 leave something "
            "to write; the Technion's k would take 20 V",
        ),
        Kind(
            "zhang",
            ouro.zhang(R_on=2e3, R_off=20e3, mu_v=4e-14, i_off=2.5e-5, i_on=1e-3, i_0=1e-5, p=2),
            1e-6,
            "25 000 times the published mobility; i_0 below V_Tp / R_off, where the rate has its pole. A SET is "
            "the slower the higher its voltage: `pair` finds the edge of the threshold, where a device of the D2D law "
            "may not move at all, so the amplitudes are given",
            ouro.Pair(-1.5, 1.5, 1e-6),
        ),
        Kind(
            "yakopcic",
            ouro.load_model(_MODELS / "yakopcic.toml"),
            1e-6,
            "a netlist of a user's own, as it stands in examples/models: thresholds of 0.56 and 0.65 V",
        ),
        Kind(
            "biolek",
            ouro.load_model(_MODELS / "biolek.toml", Ron=2e3, Roff=20e3),
            1e-5,
            "the same; it moves at every voltage, as linear drift does. With its 100 kOhm a RESET takes 8 V in 10 us, "
            "and a transistor lets 2.6 V through",
        ),
    )
