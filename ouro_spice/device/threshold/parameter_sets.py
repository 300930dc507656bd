"""Published values of the families' parameters: what they are, where they stand, and what is doubtful about them."""

from __future__ import annotations

from dataclasses import dataclass

from ..._util.checks import shown
from .drift import LinearDrift
from .team_device import Team
from .threshold_device import ThresholdDevice
from .vteam_device import Vteam
from .zhang_device import Zhang


@dataclass(frozen=True)
class ParameterSet:
    """One published set of values.

    Attributes
    ----------
    name
        What it is called here.
    device
        The device that has them.
    source
        Where they stand.
    caveat
        What is not known of them, or not as in the source.
    """

    name: str
    device: ThresholdDevice
    source: str
    caveat: str


_UNCHECKED = "quoted from memory, not checked against the source"

PARAMETER_SETS: tuple[ParameterSet, ...] = (
    ParameterSet(
        "drift_hp",
        LinearDrift(xinit=0.1, R_on=100, R_off=16e3, D=10e-9, mu_v=1e-14, window=2, p=1),
        "D. B. Strukov et al., Nature 453, 80-83, 2008; R_off as in Z. Biolek et al., Radioengineering 18(2), 2009",
        f"{_UNCHECKED}; the window is Joglekar's, which the source does not have",
    ),
    ParameterSet(
        "drift_biolek_spice",
        LinearDrift(xinit=20 / 99, R_on=1e3, R_off=100e3, D=10e-9, mu_v=1e-14, window=2, p=1),
        "a public copy of the subcircuit of D. Biolek et al., ECCTD 2009: Ron=1K Roff=100K Rinit=80K D=10N uv=10F",
        "read in the copy, not in the paper",
    ),
    ParameterSet(
        "vteam_technion",
        Vteam(R_on=50, R_off=1e3, k_on=-10, k_off=5e-4, v_on=-0.2, v_off=0.02, alpha_on=3, alpha_off=1),
        "defaults of the Technion's model, as MemTorch has them",
        "read in MemTorch; no window",
    ),
    ParameterSet(
        "vteam_magic",
        Vteam(R_on=1e3, R_off=300e3, k_on=-216.2, k_off=0.091, v_on=-1.5, v_off=0.3, alpha_on=4, alpha_off=4),
        "MAGIC logic in memory: S. Kvatinsky et al., IEEE TCAS-II 61(11), 2014, and later papers of the group",
        _UNCHECKED,
    ),
    ParameterSet(
        "team_technion",
        Team(R_on=50, R_off=1e3, k_on=-8e-13, k_off=8e-13, i_on=-1e-6, i_off=1e-6, alpha_on=3, alpha_off=3),
        "the Technion's manual of memristor models: thresholds of 1 uA, film of 3 nm",
        f"k and alpha {_UNCHECKED}; R_on and R_off are those of its VTEAM, ours",
    ),
    ParameterSet(
        "team_simmons_fit",
        Team(
            R_on=1e3,
            R_off=3e3,
            k_on=-4.68e-13,
            k_off=1.46e-9,
            i_on=-8.9e-6,
            i_off=115e-6,
            alpha_on=10,
            alpha_off=10,
            w_on=1.2e-9,
            w_off=1.8e-9,
            a_on=1.2e-9,
            a_off=1.8e-9,
            rlaw=1,
        ),
        "fit of TEAM to the Simmons tunnel barrier model: S. Kvatinsky et al., IEEE TCAS-I 60(1), 211, 2013",
        f"{_UNCHECKED}; R_on and R_off are ours: with 100 and 200 kOhm a SET by voltage runs away by 1e33",
    ),
    ParameterSet(
        "zhang_1k_10k",
        Zhang(R_on=1e3, R_off=10e3, D=3e-9, mu_v=1.6e-18, V_Tp=1, V_Tn=-1, i_off=1e-5, i_on=1, i_0=1e-5, p=10),
        "values of later papers that use Y. Zhang et al., IEEE TCAS-II 64(7), 767, 2017",
        f"{_UNCHECKED}; i_0 is ours: theirs, 1 mA, lies beyond V_Tp/R_off, where the rate has the wrong sign",
    ),
    ParameterSet(
        "zhang_100_1k",
        Zhang(R_on=100, R_off=1e3, D=3e-9, mu_v=1.6e-18, V_Tp=1, V_Tn=-1, i_off=1e-5, i_on=1, i_0=1e-4, p=10),
        "values of later papers that use Y. Zhang et al., IEEE TCAS-II 64(7), 767, 2017",
        f"{_UNCHECKED}; i_0 is ours: theirs, 1 mA, is V_Tp/R_off exactly, and the rate has its pole there",
    ),
)
"""Two sets a family."""


def parameter_set(name: str) -> ParameterSet:
    """Return a published set by its name; ValueError with all names for an unknown one."""
    known = {one.name: one for one in PARAMETER_SETS}
    if not isinstance(name, str) or name not in known:
        raise ValueError(f"parameter set {shown(name)} is unknown; there is {', '.join(known)}")
    return known[name]
