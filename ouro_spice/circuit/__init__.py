"""A circuit as data: pulses, cells, arrays, drivers, the sense path, the transistors of a process.

In: devices and numbers. Out: a `Testbench`: netlist text, analysis, what is recorded; the `Waveform` that answers it.
Noun: the cell (`Cell1R`, `Cell1T1R`, `CompactCell`, a `Selection` in a `Crossbar`).
Imported by `provenance`, `spice` and every room below; nothing is simulated here.
"""
