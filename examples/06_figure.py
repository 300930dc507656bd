"""The figure of the README, drawn to figure.svg: a pulse, the circuit's switching curves, verified writes."""

import numpy as np

import ouro_spice as ouro
from ouro_spice.reporting import figures

cell = ouro.Cell1T1R(ouro.jart_vcm_v1b(window=True))
pair = ouro.pair(cell)
figure, ((one, many, writes),) = figures.axes(3, width=4.2)

wave = ouro.simulate(cell, [ouro.Pulse(-0.55, width=60e-9)], state=cell.state(150e-6))
t = wave.time_s * 1e9
one.plot(t, wave["v_bl"], color="#555f6b", label="driver")
one.plot(t, -wave["v_cell"], color=figures.SET_COLOUR, label="device")
conductance = one.twinx()
conductance.plot(t, wave.g * 1e6, color=figures.RESET_COLOUR)
conductance.set_ylabel("G (µS)", color=figures.RESET_COLOUR)
one.set(title="one 60 ns pulse, 1T1R", xlabel="time (ns)", ylabel="voltage (V)")
one.legend(frameon=False, fontsize=8, loc="center")

for start in np.linspace(110e-6, 530e-6, 8):
    for amplitude, colour in ((pair.v_set, figures.SET_COLOUR), (pair.v_reset, figures.RESET_COLOUR)):
        wave = ouro.simulate(cell, [ouro.Pulse(amplitude, width=60e-6)], state=cell.state(start))
        many.semilogx(np.maximum(wave.time_s, 3e-9)[3:], wave.g[3:] * 1e6, color=colour, alpha=0.6, linewidth=0.9)
many.set(title=f"SET {pair.v_set:+.2f} V, RESET {pair.v_reset:+.2f} V", xlabel="pulse time (s)", ylabel="G (µS)")

predictor = ouro.PulsePredictor.fit(ouro.extract(cell, n=100, seed=7, step_s=1e-9, d2d=None))
programmers = (ouro.NeuralProgrammer(predictor), ouro.ISPP(pair, width=3e-6, start=0.9, step=0.01))
for programmer, colour in zip(programmers, (figures.SET_COLOUR, figures.RESET_COLOUR), strict=True):
    for k, target in enumerate((180e-6, 260e-6, 340e-6, 420e-6)):
        history = ouro.write_verify(cell, programmer, target, tolerance=0.10, state=cell.state(130e-6))
        readings = np.array(history.readings_S) * 1e6
        writes.plot(readings, "o-", color=colour, markersize=3, linewidth=1, label=None if k else programmer.name)
        writes.axhline(target * 1e6, color="#888", linewidth=0.6, linestyle=":")
writes.set(title="writes to four targets, ±10 %", xlabel="pulses", ylabel="reading (µS)")
writes.legend(frameon=False, fontsize=8)
figure.savefig("figure.svg", metadata={"Date": None})
print("figure.svg")
