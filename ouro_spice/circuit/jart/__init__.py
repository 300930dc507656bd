"""The walk of JART devices in a netlist: sources at the inputs of a memristor.

In: ln(value / parameter) over time, by the name of a parameter. Out: nodes and netlist lines.
Noun: the input; `walk_inputs` names them.
Imported by `circuit`, and by `simulation`, which sends walks through circuits.
"""
