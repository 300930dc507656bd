"""What chooses the next pulse, a file each: conventional programmers, and rules that know the nominal model.

In: the target and the readings so far. Out: the next pulse.
Noun: the programmer. Those that ask a network or a table are in `prediction`.
Imported by `experiment`.
"""
