"""Pages and figures of what others computed. matplotlib is imported inside functions only.

In: datasets, histories, comparisons, deployments. Out: self-contained HTML, PNG with the table of each figure.
Noun: `Page`.
Imported by `experiment` and `cli`.
"""
