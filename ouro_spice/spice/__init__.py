"""ngspice: compiled models, worker processes, raw files, the stand-alone decks.

In: a `Testbench`. Out: a `Waveform`; failures are values of it or a `SimulationError`.
Noun: the engine (`Ngspice`), the only door to SPICE.
Imported by `simulation` and every room below it.
"""
