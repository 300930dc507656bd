"""Write-and-verify: read, pulse, read again, until the reading is within tolerance of the target.

In: a cell, a programmer, a target, a tolerance. Out: a `History` of each write, and figures of many.
Noun: the write. One cell in `write_loop`, many in `lockstep`, all behind `Programmer`.
Imported by `evaluation` and every room below it.
"""
