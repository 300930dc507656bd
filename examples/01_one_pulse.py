"""One SET pulse into a 1T1R cell in ngspice: what the driver sends and what the device sees."""

import ouro_spice as ouro

device = ouro.jart_vcm_v1b(window=True)
cell = ouro.Cell1T1R(device, lines=ouro.Lines(r_bl=2.0, r_wl=2.0, c_bl=0.2e-15))
wave = ouro.simulate(cell, [ouro.Pulse(-1.0, width=100e-9, rise=2e-9, fall=2e-9)], state=cell.state(150e-6))

print(f"conductance     {wave.g[0] * 1e6:.1f} -> {wave.g_S * 1e6:.1f} uS")
print(f"at the driver   {wave['v_bl'].max():.3f} V, at the device {-wave['v_cell'].min():.3f} V")
print(f"peak current    {abs(wave['i_cell']).max() * 1e6:.1f} uA, peak temperature {wave['temperature'].max():.0f} K")
print(f"energy          {wave.energy_J * 1e12:.2f} pJ, {wave.effort.points} time points")
