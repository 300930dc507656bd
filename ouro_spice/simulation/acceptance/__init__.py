"""The acceptance test of a foreign model: what it is able to, each with a figure, in a process that is thrown away.

In: a description's path, or a foreign device. Out: what was looked at, and what the model may be used for.
Noun: `Acceptance`.
Imported by `reporting`, `cli`.
"""
