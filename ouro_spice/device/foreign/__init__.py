"""Memristors that a user brings along: a description (TOML) beside a Verilog-A or SPICE text.

In: tables of a description, and the text of the model. Out: a frozen device, its netlist lines, their vectors.
Noun: `ForeignDevice`, what is said of it: `Description`.
Imported by `circuit`, `spice` and rooms below; files are read, and currents solved, in `spice.foreign`.
"""
