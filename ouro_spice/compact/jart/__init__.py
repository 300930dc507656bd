"""JART VCM v1b without SPICE: current, rate and conductance, and their integration over pulses, in compiled kernels.

In: a device, voltages and concentrations as arrays. Out: arrays of currents, conductances, concentrations.
Noun: the kernel; `jart_characteristics` is its face for arrays, `integration` for many devices over time.
Imported by `circuit` and every room below it.
"""
