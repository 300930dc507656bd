"""Campaigns: the published experiment from records to figures, the main job, and the results that are published.

In: a file of ``training/``. Out: results as JSON, a report, the documents made of them.
Noun: the campaign, with its settings and variants.
Imported by `cli` alone.
"""
