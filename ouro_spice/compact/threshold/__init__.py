"""Kernels of the families in `device.threshold`: current, rate of the state, conductance and its inverse.

In: voltages, states and the vector of a device's parameters. Out: arrays of currents, rates, states.
Noun: the kernel; `survey_families` is their face for arrays, `survey_pulses` integrates them over voltages.
Imported by nothing yet but their users and tests.
"""
