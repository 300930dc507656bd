"""What the edges of pulses do to programming: many short pulses against a long one, and an effective width.

In: a cell and a voltage pair. Out: `Edges`, with the corrections `Alphas`.
Noun: the effective width.
Imported by `reporting` and `cli`.
"""
