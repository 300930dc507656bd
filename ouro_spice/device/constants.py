"""Physical constants of the model: CODATA 2018; effective mass, Richardson constant and charge number as published."""

Q = 1.602176634e-19  # [C]
KB_EV = 8.617333262145e-5  # [eV/K]
PLANCK = 6.62607015e-34  # [Js]
EPS0 = 8.8541878128e-12  # [F/m]
MEFF = 9.10938e-31  # [kg]
RICHARDSON = 6.01e5  # [A/m^2K^2]
Z = 2  # charge number of a vacancy

V_READ = 0.2
"""The voltage V(AE, OE) at which ``g`` is defined [V]."""

AMBIENT_RANGE_K = (100.0, 500.0)
"""The ambient temperatures that there are [K]."""

AMBIENT_K = 293.0
"""The ambient temperature of everything, where nothing else is said [K]."""
