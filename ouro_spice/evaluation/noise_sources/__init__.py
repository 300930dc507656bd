"""Why a model without noise predicts pulses poorly: which noise moves the time to a target, and how far.

In: a compact model and a voltage pair. Out: `NoiseSources`, a row for each source of noise.
Noun: the case: some sources on, all others off.
Imported by `reporting` and `cli`.
"""
