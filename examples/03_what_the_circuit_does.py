"""The same device with more and more circuit around it: the series resistance makes the RESET steeper."""

import numpy as np

import ouro_spice as ouro

device = ouro.jart_vcm_v1b(window=True)
cells = {
    "device alone": ouro.Cell1R(device),
    "1T1R, W = 40 um": ouro.Cell1T1R(device, transistor=ouro.Transistor(w=40e-6)),
    "1T1R, W = 10 um": ouro.Cell1T1R(device, transistor=ouro.Transistor(w=10e-6)),
}
for name, cell in cells.items():
    pair = ouro.pair(cell, total_s=60e-6)
    wave = ouro.simulate(cell, [ouro.Pulse(pair.v_reset, width=90e-6)], state=cell.state(cell.window_S[1]))
    steps = np.abs(np.diff(np.interp(np.arange(0, 90e-6, 10e-9), wave.time_s, wave.g)))
    print(
        f"{name:18} SET {pair.v_set:+.3f} V   RESET {pair.v_reset:+.3f} V   up to {steps.max() * 1e6:.1f} uS in 10 ns"
    )
