"""A model to begin with: a Verilog-A text and its description, which pass the acceptance test as they are."""

from __future__ import annotations

import re
from pathlib import Path

from ..._util.files import make_folder, write_text

_VERILOG = """// A memristor to begin with. Change the equations, then: ouro-spice model check NAME.toml
//
// V(p, n) > v_set raises the state x in 0 .. 1, and with it the conductance; V(p, n) < -v_reset lowers it.

`include "disciplines.vams"

module NAME(p, n);
  inout p, n;
  electrical p, n;
  electrical s;  // the state: a node. A variable would be forgotten from one time step to the next

  (* desc="State at t = 0", units="1", type="instance" *)        parameter real x0 = 0.05 from [-0.01:1.01];
  (* desc="Conductance at x = 0", units="S", type="instance" *)  parameter real g_off = 1e-5 from (0:1];
  (* desc="Conductance at x = 1", units="S", type="instance" *)  parameter real g_on = 3e-4 from (0:1];
  (* desc="Threshold of SET", units="V", type="instance" *)      parameter real v_set = 0.5 from (0:10];
  (* desc="Threshold of RESET", units="V", type="instance" *)    parameter real v_reset = 0.5 from (0:10];
  (* desc="Speed of both ways", units="1/s", type="instance" *)  parameter real k = 1e7 from (0:1e15];

  // outputs can be recorded: they need desc and units
  (* desc="State", units="1" *)          real x;
  (* desc="Rate of it", units="1/s" *)   real rate;

  real v;

  analog begin
    v = V(p, n);
    x = V(s);

    // ---- the current: static, a function of voltage and state
    I(p, n) <+ v * (g_off + (g_on - g_off) * x);

    // ---- the rate: what is left of the way slows it, so that no bound is hit
    if (v > v_set)
      rate = k * pow(v / v_set - 1, 2) * (1 - x);
    else if (v < -v_reset)
      rate = -k * pow(-v / v_reset - 1, 2) * x;
    else
      rate = 0;

    // ---- the state equation, on a capacitor of 1 F: at t = 0 the state is put in, later it follows its rate
    if ($abstime > 0)
      I(s) <+ -rate;
    else
      I(s) <+ V(s) - x0;
    I(s) <+ ddt(V(s));
    $bound_step(0.02 / (abs(rate) + 1e-30));
  end
endmodule
"""

_DESCRIPTION = """# What ouro_spice has to know of NAME.va; docs/models.md says what else may stand here.
[model]
file   = "NAME.va"
name   = "NAME"
kind   = "verilog_a"                     # or "subckt", with a file .sub or .lib
ports  = ["p", "n"]                      # in the text's order; "state:x" and "ground" where there are such ports
source = "a model to begin with"

[parameter.g_off]                        # one table a parameter that may be changed
unit = "S"
default = 1e-5
low = 1e-9
high = 1e-2
per_instance = true
text = "conductance at x = 0"

[parameter.g_on]
unit = "S"
default = 3e-4
low = 1e-9
high = 1e-2
per_instance = true
text = "conductance at x = 1"

[parameter.v_set]
unit = "V"
default = 0.5
low = 0.01
high = 10
per_instance = true
text = "threshold of SET"

[parameter.v_reset]
unit = "V"
default = 0.5
low = 0.01
high = 10
per_instance = true
text = "threshold of RESET"

[parameter.k]
unit = "1/s"
default = 1e7
low = 1
high = 1e15
per_instance = true
text = "speed of both ways"

[polarity]
set = 1                                  # sign of V(p, n) that raises the conductance

[state.x]
read   = "opvar:x"                       # "port", "node:NAME" in a subckt, "opvar:NAME" in Verilog-A
write  = "param:x0"                      # "ic" for a node, "param:NAME"
low    = 0
high   = 1
window = [0.05, 0.95]                    # what is programmed
order  = "rises"                         # the conductance rises with it, or "falls"

[use]
read_V  = 0.2                            # g = I/V there
write_V = [1.0, -1.0]                    # V(p, n) of a SET and a RESET for the test

[spread]                                 # D2D
v_set   = { sigma = 0.05, kind = "relative", cut = 3 }
v_reset = { sigma = 0.05, kind = "relative", cut = 3 }
"""


def write_template(name: str | Path) -> tuple[Path, Path]:
    """Write NAME.va and NAME.toml; return their paths.

    Raises
    ------
    ValueError
        For a name that no module can have, and where one of the files is there.
    OutputError
        Where they cannot be written.
    """
    place = Path(name)
    if not re.fullmatch(r"[A-Za-z_]\w*", place.name, re.ASCII):
        raise ValueError(f"NAME = {place.name!r} must be a name of letters, digits and _, without an ending")
    paths = tuple(place.with_name(f"{place.name}.{ending}") for ending in ("va", "toml"))
    for path in paths:
        if path.exists():
            raise ValueError(f"{path} is there already: take another name, or remove it")
    make_folder(place.parent)
    for path, text in zip(paths, (_VERILOG, _DESCRIPTION), strict=True):
        write_text(path, text.replace("NAME", place.name))
    return paths[0], paths[1]
