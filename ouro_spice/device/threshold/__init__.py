"""Memristors of the survey that move by drift or beyond thresholds: linear ion drift, TEAM, VTEAM, Zhang's model.

In: parameters by name. Out: frozen descriptions, with what their state is called and which polarity raises g.
Noun: `ThresholdDevice`; a file each for the families, `parameter_sets` for published values.
Imported by `compact.threshold` and every room below it.
"""
