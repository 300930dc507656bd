"""An array of 1T1R cells: a write, what it costs, what the others notice, and all columns read at once."""

import numpy as np

import ouro_spice as ouro

cell = ouro.Cell1T1R(ouro.jart_vcm_v1b(window=True))
array = ouro.Crossbar(rows=8, cols=8, cell=cell).draw(np.random.default_rng(7), law="in_use")
state = array.state(np.full((8, 8), 200e-6))

# one cell, far from the drivers
pulse = ouro.Pulse(-0.55, width=200e-9)
write = ouro.write_array(array.cell_at(7, 7), pulse, state)
print(f"cell 7,7: {write.g_before_S[7, 7] * 1e6:.0f} -> {write.g_after_S[7, 7] * 1e6:.0f} uS")
for part in write.energy.frame.itertuples():
    print(f"  {part.part:12} {part.energy_J * 1e12:8.3f} pJ")
for line in write.delays:
    print(f"  {line.line}: the edge comes {line.delay_s[-1] * 1e12:.0f} ps late at the far end")

# three cells of a row in parallel, one pulse each
row = array.row(2, (0, 3, 5))
pulses = ouro.Parallel((ouro.Pulse(-0.55, 200e-9), None, ouro.Pulse(-0.50, 200e-9)))
write = ouro.write_array(row, pulses, write.state)
print("row 2:", np.round(write.g_after_S[2] * 1e6).astype(int), "uS")

# reads: the cell by itself in a live array, and all columns at once
live = ouro.live(array.cell_at(7, 7), write.state)
print(f"reading of cell 7,7: {live.read() * 1e6:.0f} uS")
found = ouro.product(array, inputs=[1, 1, 0, 0, 1, 0, 0, 1], state=write.state)
print(f"product: {found.i_A[0] * 1e6:.1f} uA in column 0, {found.deviation[0]:+.1%} of that of the devices alone")

# 1R: half-selected cells notice
passive = ouro.Crossbar(8, 8, ouro.Cell1R(cell.device, lines=ouro.Lines(r_bl=5.0, r_wl=5.0)), scheme="half")
print(
    ouro.disturb(passive.cell_at(3, 3), ouro.Pulse(-0.65, 1e-6), n=10_000).classes.to_string(
        index=False, float_format="{:.3g}".format
    )
)
