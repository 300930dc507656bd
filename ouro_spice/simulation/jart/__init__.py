"""The walk and the read noise of JART devices in circuits: how they go through pulses.

In: a circuit run, a pulse, a state. Out: waveforms with the walk's traces, states after it.
Noun: the walk of a pulse; `walk_relaxation` sends it through SPICE.
Imported by the files of `simulation` beside it.
"""
