"""What every room needs and no room is about: files, tables, checks, progress, random numbers, intervals, this machine.

In: plain values, paths, text. Out: the same, checked, counted or written whole.
Noun: none of the field's. Knows nothing of memristors or circuits.
Imported by every room; imports none.
"""
