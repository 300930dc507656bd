"""Writes of arrays without SPICE, fidelity "circuit": the lines as a factored matrix, the devices by kernels.

In: a selection, the voltages of its lines, a state. Out: a waveform, with its agreement with full SPICE on a sample.
Noun: the solved array.
Imported by `circuit_transient`.
"""
