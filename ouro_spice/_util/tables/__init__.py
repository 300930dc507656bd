"""Tables of numbers that people bring along: from an instrument's file to columns by name.

In: a file of any encoding and delimiter, with a header or a map of its columns. Out: columns of numbers.
Noun: `Table`, with the line that each of its rows stands in.
Imported by whatever reads files of others.
"""
