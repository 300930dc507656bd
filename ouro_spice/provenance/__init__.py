"""What made a result: code, models, settings and tools; whether work can go on; and what has been done so far.

In: a cell, a kind of work, its settings. Out: a `Manifest`, differences in words, cached arrays, a journal.
Noun: `Manifest`.
Imported by every room that keeps results on disk.
"""
