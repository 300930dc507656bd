"""What one pulse is worth: bands around a target, the noise floor, baselines without a network, deployments.

In: predictors, cells, trajectories. Out: shares within bands with their intervals, and the best that can be reached.
Noun: the attempt.
Imported by `prediction` and every room below it.
"""
