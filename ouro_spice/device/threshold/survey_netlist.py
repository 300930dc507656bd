"""The families of this folder as elements of a netlist: Verilog-A, or the same in plain SPICE sources."""

from __future__ import annotations

from functools import lru_cache

from ..realisation import Realisation


@lru_cache(maxsize=16)
def realised(family: str, realisation: str, state: str, polarity: int) -> Realisation:
    """Return how a circuit realises a family; `state` is what its state variable is called.

    The family's own current flows from its port plus: that is OE where `polarity` is +1, and i_cell its opposite.
    """
    turned = "-" if polarity > 0 else ""
    if realisation == "behavioural":
        vectors = (("i_cell", f"{turned}v.{{0}}.vsense#branch"), (state, "v({0}.s)"))
        return Realisation(family, (), family, vectors, inner=("v({0}.s)",), bounds_steps=False)
    return Realisation(
        library=f"{family}_compiled",
        models=(family,),
        subcircuit=family,
        vectors=(("i_cell", f"{turned}@n.{{0}}.n1[i_device]"), (state, "@n.{0}.n1[state]")),
        rate="@n.{0}.n1[rate]",
        model=family,
        element=(f"{turned}@{{0}}[i_device]", "@{0}[state]"),
        inner=("v({0}#s)",),
    )
