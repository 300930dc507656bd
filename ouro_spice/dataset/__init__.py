"""Pulse-to-conductance records: which pulse takes a cell from one conductance to another.

In: a cell and a recipe, or a table of measurements. Out: a `PulseDataset` on disk, checked, resumable.
Noun: the record.
Imported by `programming` and every room below it.
"""
