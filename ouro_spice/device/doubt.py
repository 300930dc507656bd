"""Sentences of doubt about a model: what they have in common."""

FIGURE = " (here: "
"""What stands before the worst figure of such a sentence, which is no part of a warning."""
