"""All columns read at once: the product of a vector of inputs with the conductance map, and what it deviates by."""

from __future__ import annotations

from numpy.typing import ArrayLike

from .._util.checks import check_count, check_engine
from ..circuit.crossbar import Crossbar
from ..device.state import State
from ..spice.ngspice import Engine, default_engine
from .array_solver import ArraySolver
from .column_currents import Product, product_of
from .ngspice_sample import columns_of, product_agreement
from .positions_in_turn import check_array
from .read_fidelity import chosen
from .recorded_voltages import as_walked


def product(
    array: Crossbar,
    inputs: ArrayLike,
    state: State | None = None,
    engine: Engine | None = None,
    fidelity: str | None = None,
    sample: int = 8,
) -> Product:
    """Read all columns at once, at the operating point, and return their currents.

    Parameters
    ----------
    array
        The array. Its bit lines are held by their drivers, at 0 V in a positive read; a `Sense` takes no part.
    inputs
        (rows,): 1R: voltages of the word lines, -0.5 .. 0.5 V. 1T1R: 0 or 1, which gates are on; all source lines are
        at the read voltage, or all bit lines are where it is negative.
    state
        Where the memristors stand: ``array.state(g_map)``.
    engine
        What runs the circuit at fidelity "full", and the sample.
    fidelity
        "full": ngspice. "circuit": nodal analysis of the same circuit, see `ArraySolver`, for 1R cells with ideal
        drivers. None: "circuit" where that is possible.
    sample
        With memristors, a product at fidelity "circuit" says how far it is from ngspice: by at most so many rows and
        columns of the array, solved by both; 0: none. Resistors need no sample: both solve the same linear equations.

    Raises
    ------
    ValueError
        For inputs of another number or out of range, a state of another array, or a fidelity that it cannot have.
    SimulationError
        Where no operating point is found, or the sample is further from ngspice than 1e-6.
    """
    check_array(array, state)
    check_engine(engine)
    check_count("sample", sample, 0)
    x = array.checked_inputs(inputs, one=True)
    state = state or array.state()
    array = as_walked(array, state)
    state = State(state.x) if state.wander or state.volts else state
    fidelity = chosen(array, fidelity)
    if fidelity == "full":
        wave = (engine or default_engine()).run(array.product_testbench(x, state))
        return product_of(array, state, x, columns_of(wave, array.cols), fidelity)
    solver, agreement = ArraySolver(array, state), None
    i = solver.currents(x)
    if sample and not solver.linear:
        agreement = product_agreement(array, state, x, sample, engine or default_engine())
    return product_of(array, state, x, i, fidelity, agreement)
