"""The published documents of results: ``RESULTS.md``, the pages with all tables, the rounded files they are made of.

In: the results of campaigns, as JSON holds them. Out: Markdown, tables of text, files of the repository.
Noun: the document.
Imported by `experiment` and `cli`.
"""
