"""Tune the conventional programmer of the main job: a grid over width, first amplitude and step.

Prints the settings with the fewest pulses and with the shortest time per write among those that reach every target;
they stand in sim.toml. The starts and targets are not the ones that the main job judges with.
"""

from __future__ import annotations

import itertools

from ouro_spice.pair import pair
from ouro_spice.sim import circuit, configuration, starts_and_targets, write_all
from ouro_spice.write_verify import ISPP, summary

SEED = 1_000
WIDTHS_S = (1e-8, 3e-8, 1e-7, 3e-7, 3e-6)
STARTS = (0.9, 1.0, 1.05, 1.1, 1.2)
STEPS = (0.01, 0.02, 0.04, 0.06, 0.09)


def main() -> None:
    """Run the grid."""
    config = configuration()
    cell, writes = circuit(config), config["write_verify"]
    voltages = pair(cell, config["pair"]["total_s"])
    cases = [case for k in range(2) for case in starts_and_targets(cell, 10, SEED + k)]
    programmers = [
        ISPP(voltages, width, start, step, name=f"width = {width:g}, start = {start:g}, step = {step:g}")
        for width, start, step in itertools.product(WIDTHS_S, STARTS, STEPS)
    ]
    histories = write_all(cell, programmers, cases, writes["tolerance"], writes["max_pulses"])
    rows = {name: summary(several) for name, several in histories.items()}
    best = max(row["success"] for row in rows.values())
    rows = {name: row for name, row in rows.items() if row["success"] == best}
    for title, key in (("fewest pulses", "pulses_mean"), ("shortest time", "time_s")):
        print(f"{title} (success {best:.0%}):")
        for name in sorted(rows, key=lambda name: rows[name][key])[:5]:
            print(f"  {name}: {rows[name]['pulses_mean']:.2f} pulses, {rows[name]['time_s'] * 1e6:.3g} us")


if __name__ == "__main__":
    main()
