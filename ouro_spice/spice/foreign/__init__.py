"""Foreign models in ngspice: their files read, their currents solved, transients of one of them alone.

In: a path of a description, or a foreign device. Out: a device, currents and conductances, traces.
Noun: `ConductanceTable`.
Imported by `simulation` and rooms below it.
"""
