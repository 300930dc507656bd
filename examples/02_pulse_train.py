"""Potentiation and depression: equal pulses, unequal steps."""

import ouro_spice as ouro

cell = ouro.Cell1R(ouro.jart_vcm_v1b(window=True))
pair = ouro.pair(cell, total_s=60e-6)
print(f"the window is crossed in 60 us at {pair.v_set:.4f} V (SET) and {pair.v_reset:.4f} V (RESET)")

live = ouro.live(cell, cell.state(cell.window_S[0]))
for amplitude in [pair.v_set] * 12 + [pair.v_reset] * 12:
    live.apply(ouro.Pulse(amplitude, width=5e-6))
    print(f"{amplitude:+.3f} V   {live.read() * 1e6:6.1f} uS")
