"""Pulses into a cell: one waveform, whatever stands behind the cell, a circuit or the compact model.

In: a cell, pulses, a state, a seed. Out: a `Waveform` with the state at its end; readings; voltages that write.
Noun: the live cell, which is pulsed and read.
Imported by `array`, `dataset` and every room below it.
"""
