"""Devices that differ, and change from cycle to cycle: one pulse on ten of them, in SPICE and without."""

import numpy as np

import ouro_spice as ouro

nominal = ouro.jart_vcm_v1b(window=True, walk=ouro.Walk(step_s=10e-9))
pulse = ouro.Pulse(-0.45, width=1e-6)

for number, device in enumerate(nominal.draw(np.random.default_rng(7), size=10)):
    circuit, compact = ouro.Cell1R(device), ouro.CompactCell(device)
    start = ouro.stationary(device, g_S=250e-6, seed=number)
    in_spice = ouro.simulate(circuit, [pulse], start, seed=number)
    without = ouro.simulate(compact, [pulse], start, seed=number)
    (wander,) = in_spice.state.wander
    print(
        f"device {number}: r {device.r * 1e9:.1f} -> {wander.r * 1e9:.1f} nm, l {device.l:.3f} -> {wander.l:.3f} nm, "
        f"250 uS -> {in_spice.g_S * 1e6:.1f} uS in SPICE, {without.g_S * 1e6:.1f} uS in the compact model"
    )
