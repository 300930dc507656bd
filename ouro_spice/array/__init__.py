"""What an array does: writes, reads, products, disturb, and what position, lines and energy have to do with it.

In: a `Crossbar`, a map of conductances, pulses. Out: maps and figures of the whole array.
Noun: the conductance map.
Imported by `reporting` and `cli`.
"""
