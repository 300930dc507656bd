"""Memristors without SPICE: current, rate and conductance, and their integration over pulses, in compiled kernels.

In: a device, voltages and states as arrays. Out: arrays of currents, conductances, states.
Noun: the kernel; `characteristics` is its face for arrays, `integration` for many devices over time.
Imported by `circuit` and every room below it.
"""
