"""A VTEAM memristor behind a transistor: records, predictor, table, and twelve targets written by them and by rules."""

import os

import numpy as np

import ouro_spice as ouro

n = int(os.environ.get("OURO_SPICE_N", 1000))

# thresholds of 0.3 V, above the read of 0.15 V; an R_on of 2 kOhm leaves the voltage to the memristor
device = ouro.vteam(k_on=-1e-3, k_off=1e-3, R_on=2e3, R_off=20e3, v_on=-0.3, v_off=0.3)
cell = ouro.Cell1T1R(device)
pair = ouro.pair(cell, total_s=1e-6)
print(f"the window of {cell.window_S[0] * 1e6:.0f} .. {cell.window_S[1] * 1e6:.0f} uS in 1 us: {pair}")

# no D2D, and VTEAM has no walk: each start and target has one pulse time, and a table of them could be exact
data = ouro.extract(cell, n=n, seed=7, voltages=pair, d2d=None, step_s=5e-9)
predictor, table = ouro.PulsePredictor.fit(data), ouro.Table.fit(data)

fresh = [data.recipe.draw(cell, n + k) for k in range(max(n // 10, 12))]
targets = np.array([one.target_S for one in fresh])
for name, predict in (("predictor", predictor.predict), ("table", table.predict)):
    ends = ouro.deploy(ouro.fleet(cell, fresh, "nominal"), predict, targets, pair)
    print(f"one pulse by the {name}: {ends.shares()}")

programmers = [
    ouro.NeuralProgrammer(predictor),
    table,
    ouro.FixedPulse(pair, width=20e-9),
    ouro.ISPP(pair, width=20e-9, start=0.9, step=0.02),
]
histories = []
for programmer in programmers:
    cells = ouro.fleet(cell, fresh[:12], "nominal")
    found = ouro.write_many(cells, programmer, targets[:12], tolerance=0.1)
    histories += found
    told = ouro.summary(found)
    spent = f"{told['pulses_mean']:.1f} pulses, {told['time_s'] * 1e9:.0f} ns"
    print(f"{programmer.name:12} {told['success']:.0%} of 12, {spent}")
print(ouro.report(histories, out="vteam_1t1r.html"))
