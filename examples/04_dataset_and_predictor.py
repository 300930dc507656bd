"""Extract records in SPICE and train a pulse predictor on them."""

import numpy as np

import ouro_spice as ouro

cell = ouro.Cell1T1R(ouro.jart_vcm_v1b(window=True))
data = ouro.extract(cell, n=60, seed=7, step_s=1e-9, d2d=None)
print(data.frame[["g_start_S", "g_target_S", "g_end_S", "t_pulse_s", "outcome"]].head())

predictor = ouro.PulsePredictor.fit(data)
test = data.frame[data.frame.split == "test"]
predicted = predictor.predict(test.g_sense_start_S, test.g_target_S - test.g_sense_start_S)
print(f"median error of the pulse time: {np.median(np.abs(predicted / test.t_pulse_s - 1)):.1%}")
