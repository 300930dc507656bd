"""Predictors of pulses: networks and tables, how they are trained, stored and asked. The only room that imports torch.

In: a `PulseDataset` or trials. Out: a `PulsePredictor` or a `Table`, and the programmers that ask them.
Noun: the predictor.
Imported by `reporting`, `experiment` and `cli`.
"""
