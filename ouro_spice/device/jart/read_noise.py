"""Read to read: random telegraph noise (Wiefels et al., IEEE TED 67(10), 2020), as a law, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass

from ..._util.checks import check_range


@dataclass(frozen=True)
class ReadNoise:
    """Random telegraph noise on reads (Wiefels et al., 2020): a few vacancies jump in and out of the disc.

    The concentration read is N + s / (A l), s in -2 .. 2, a Markov chain that is asked once every 1 / f of time;
    f = |Gaussian(`mean_Hz`, `sigma_Hz`)|, drawn once a device.
    """

    mean_Hz: float = 50.0
    sigma_Hz: float = 50.0

    def __post_init__(self) -> None:
        check_range("mean_Hz", self.mean_Hz, 0, 1e6, "Hz")
        check_range("sigma_Hz", self.sigma_Hz, 0, 1e6, "Hz")


@dataclass(frozen=True)
class Telegraph:
    """The state of the read noise of one memristor: vacancies beyond the mean, time since it was last asked, count."""

    level: int = 0
    clock_s: float = 0.0
    count: int = 0
