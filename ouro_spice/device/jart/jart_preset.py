"""The JART VCM v1b device as users make it: nominal but for what they say, with or without the analogue window."""

from __future__ import annotations

from ..._util.checks import check_flag
from ..._util.validity import warn
from .jart_device import Device
from .jart_netlist import STATE
from .jart_parameters import WINDOW_N
from .published_names import RADIUS, check_names
from .read_noise import ReadNoise
from .walk import HalfCycleWalk, Walk


def jart_vcm_v1b(
    window: bool = False,
    realisation: str = "compiled",
    *,
    walk: Walk | HalfCycleWalk | None = None,
    read_noise: ReadNoise | None = None,
    **parameters: float,
) -> Device:
    """Return the JART VCM v1b device, nominal but for the parameters given.

    Parameters
    ----------
    window
        Hold ``n_disc`` in the analogue window .06 .. 1.98975 [1e26 m^-3] (a peripheral circuit's limit, not physics):
        conductances of 100.16 to 543.46 uS for the nominal device, 100 uS is outside.
    realisation
        Which realisation a circuit uses: "compiled", "behavioural", or the reduced model "tud".
    walk
        Cycle-to-cycle variability; none by default.
    read_noise
        Random telegraph noise on reads; none by default.
    **parameters
        Model parameters under their own names, see ``ouro_spice.device.jart.jart_device.PARAMETERS``.

    Raises
    ------
    ValueError
        For an unknown parameter (with the nearest known name) or an illegal value.

    Warns
    -----
    ValidityWarning
        Where rdet is given without r: it is the radius that Rth0 belongs to, not the filament's.
    """
    check_names(parameters)
    check_flag("window", window)
    if window:
        parameters = {"Nlo": WINDOW_N[0], "Nhi": WINDOW_N[1], STATE: WINDOW_N[0]} | parameters
    device = Device(realisation=realisation, walk=walk, read_noise=read_noise, **parameters)
    if "r" not in parameters and device.rdet != Device.rdet:
        warn(RADIUS)
    return device
