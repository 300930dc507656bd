"""What pages say of the agreement of fidelity "circuit" with full SPICE."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..simulation.agreement import Agreement
from .amounts import share
from .page import Fact


def agreement_fact(found: Agreement) -> Fact:
    """Return the fact on how well work at fidelity "circuit" agrees with full SPICE on its sample."""
    off = f"conductances off by {found.g_median:.1e} in the median, {found.g_p90:.1e} at 90 %"
    what = f"fidelity circuit against {found.n} in full SPICE"
    if found.within_2_percent is None or found.share_low is None or found.share_high is None:
        return Fact(f"{found.g_p90:.1e}", f"g off at 90 %, {what}", off)
    shares = share(found.within_2_percent, [found.share_low, found.share_high])
    return Fact(shares, f"widths within 2 %, {what}", off)


def agreement_words(values: Mapping[str, Any]) -> str:
    """Return the sentence on the agreement that a manifest of writes holds."""
    return f"Simulated at fidelity circuit; {Agreement.from_plain(values)}."
