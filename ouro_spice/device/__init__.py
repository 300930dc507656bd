"""What a memristor is: its parameters with units and legal ranges, and what varies from device to device.

In: parameters by name. Out: a frozen description; nothing is computed over time here.
Noun: `Device`, with the laws `Spread` (device to device), `Walk` (cycle to cycle) and `ReadNoise`.
Imported by every room but `_util`.
"""
