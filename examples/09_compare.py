"""The same records - devices, walks, starts, targets - on the compact model and in the circuit, compared."""

import ouro_spice as ouro
from ouro_spice.reporting.comparison_page import write_comparison

device = ouro.jart_vcm_v1b(window=True, walk=ouro.Walk())
data = ouro.extract(ouro.CompactCell(device), n=6, seed=7, out="compact", rise_s=1e-12, fall_s=1e-12)
columns = {name: data.frame[name] for name in ("g_start_S", "g_target_S")}
ouro.extract(ouro.Cell1T1R(device), n=6, seed=7, out="circuit", sampling=columns)

comparison = ouro.compare("compact", "circuit", n_split=2)
print(comparison.frame[["g_start_S", "g_target_S", "t_a_s", "t_b_s", "log10_ratio"]])
print(comparison.verdict)
print(write_comparison(comparison, "comparison")["compare.html"])
