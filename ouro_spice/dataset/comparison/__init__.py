"""The same records in two cells, beside each other: circuit against compact model.

In: two datasets of one recipe. Out: a `Comparison`: ratios of pulse times, distances, what each difference does.
Noun: the matched record.
Imported by `reporting` and `cli`.
"""
