"""JART VCM v1b: its parameters, and what varies from device to device, from cycle to cycle, and in reads.

In: parameters by name. Out: a frozen `Device`, and its laws `Spread`, `Walk`, `HalfCycleWalk` and `ReadNoise`.
Noun: `Device`; nothing outside the folders named ``jart`` knows what its parameters and its state are called.
Imported by those folders, and by whoever has laws of this family.
"""
