"""Write and verify in SPICE: the predictor against a conventional incremental-pulse programmer."""

import ouro_spice as ouro

cell = ouro.Cell1T1R(ouro.jart_vcm_v1b(window=True))
data = ouro.extract(cell, n=60, seed=7, step_s=1e-9, d2d=None)
predictor = ouro.PulsePredictor.fit(data)

programmers = [ouro.NeuralProgrammer(predictor), ouro.ISPP(data.pair, width=1e-6, start=0.9, step=0.02)]
histories = [
    ouro.write_verify(cell, programmer, target, tolerance=0.10, state=cell.state(150e-6))
    for programmer in programmers
    for target in (200e-6, 300e-6, 450e-6)
]
for history in histories:
    readings = ", ".join(f"{g * 1e6:.0f}" for g in history.readings_S)
    print(f"{history.programmer:8} -> {history.target_S * 1e6:.0f} uS: {len(history.pulses)} pulses, {readings} uS")
print(ouro.report(histories, out="write_verify.html"))
