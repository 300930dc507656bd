"""Nodal analysis of arrays: against ngspice, a dense solver, closed forms, and where it has to refuse."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import ouro_spice as ouro
from ouro_spice.array.line_order import dissection
from ouro_spice.array.operating_point import StaticArray

DEVICE = ouro.jart_vcm_v1b(window=True)
LINES = ouro.Lines(r_wl=1.5, r_bl=2.5, contact=3.0)
CIRCUITS = {
    "ideal": (ouro.Lines(), 0.0),
    "drivers alone": (ouro.Lines(), 50.0),
    "word lines alone": (ouro.Lines(r_wl=2.0), 0.0),
    "bit lines alone": (ouro.Lines(r_bl=2.0, contact=4.0), 20.0),
    "all": (LINES, 50.0),
    "ideal drivers": (LINES, 0.0),
}


def crossbar(shape, lines, driver, seed=0, **changes):
    """An array of resistors, log-uniform from 1 kOhm to 1 MOhm."""
    values = 10 ** np.random.default_rng(seed).uniform(3, 6, shape)
    cell = ouro.Cell1R(ouro.Resistor(1e3), lines, ouro.Driver(driver))
    return ouro.Crossbar(*shape, cell, **changes).resistors(values)


def dense(array, x):
    """Currents of all columns (cols,) by a dense matrix over every node of the circuit, sources and contacts included.

    What has no resistance between it is one node.
    """
    rows, cols, lines, driver = array.rows, array.cols, array.cell.lines, array.cell.driver.resistance
    branches = []
    for k, (i, j) in enumerate(np.ndindex(rows, cols)):
        branches.append((("w", i, j - 1) if j else ("source", i), ("w", i, j), lines.r_wl + (0 if j else driver)))
        branches.append((("b", i - 1, j) if i else ("ground", j), ("b", i, j), lines.r_bl + (0 if i else driver)))
        ends = (("w", i, j), ("ae", k), ("oe", k), ("b", i, j))
        branches += zip(ends, ends[1:], (lines.contact, array.device_at(k).resistance, lines.contact), strict=False)
    same = {}

    def node(name):
        return node(same[name]) if name in same else name

    for a, b, ohm in branches:
        if ohm == 0 and node(a) != node(b):
            same[node(b)] = node(a)
    numbers = {name: k for k, name in enumerate(dict.fromkeys(node(end) for a, b, _ in branches for end in (a, b)))}
    matrix = np.zeros((len(numbers),) * 2)
    for a, b, ohm in branches:
        if ohm:
            pair = [numbers[node(a)], numbers[node(b)]]
            matrix[np.ix_(pair, pair)] += np.array([[1, -1], [-1, 1]]) / ohm
    ground = [numbers[node(("ground", j))] for j in range(cols)]
    held = {numbers[node(("source", i))]: x[i] for i in range(rows)} | dict.fromkeys(ground, 0.0)
    volts, free = np.zeros(len(numbers)), [k for k in range(len(numbers)) if k not in held]
    volts[list(held)] = list(held.values())
    volts[free] = np.linalg.solve(matrix[np.ix_(free, free)], -matrix[free] @ volts)
    return -matrix[ground] @ volts


@pytest.mark.parametrize("shape", [(1, 1), (1, 6), (5, 1), (6, 7)])
@pytest.mark.parametrize("circuit", CIRCUITS)
def test_currents_are_those_of_a_dense_solver(circuit, shape):
    array = crossbar(shape, *CIRCUITS[circuit])
    x = np.random.default_rng(1).uniform(-0.3, 0.3, (2, shape[0]))
    exact = np.array([dense(array, one) for one in x])
    assert ouro.ArraySolver(array).currents(x) == pytest.approx(exact, rel=0, abs=1e-12 * np.abs(exact).max())


@pytest.mark.ngspice
@pytest.mark.parametrize("shape", [(1, 1), (1, 6), (5, 1), (9, 12)])
@pytest.mark.parametrize("circuit", CIRCUITS)
def test_currents_are_those_of_ngspice(circuit, shape):
    array = crossbar(shape, *CIRCUITS[circuit])
    x = np.random.default_rng(1).uniform(-0.3, 0.3, shape[0])
    solved, full = (ouro.product(array, x, fidelity=name) for name in (None, "full"))
    assert (solved.fidelity, solved.agreement, full.fidelity) == ("circuit", None, "full")
    assert solved.i_A == pytest.approx(full.i_A, rel=0, abs=1e-9 * np.abs(full.i_A).max())
    assert (solved.ideal_A == full.ideal_A).all() and solved.summary["fidelity"] == "circuit"


def test_ideal_lines_give_the_exact_product_and_the_far_cell_all_its_resistances():
    array = crossbar((5, 4), ouro.Lines(), 0.0)
    g = 1 / np.array([one.resistance for one in array.devices]).reshape(5, 4)
    assert ouro.ArraySolver(array).matrix_S == pytest.approx(g, rel=1e-14)
    cell = ouro.Cell1R(ouro.Resistor(1e3), ouro.Lines(r_wl=3.0, r_bl=7.0, contact=11.0), ouro.Driver(50.0))
    far = ouro.Crossbar(4, 6, cell).resistors(np.where(np.arange(24).reshape(4, 6) == 23, 1e3, 1e12))
    series = 1e3 + 6 * 3 + 4 * 7 + 2 * 11 + 2 * 50
    assert ouro.ArraySolver(far).currents([0, 0, 0, 0.2])[5] == pytest.approx(0.2 / series, rel=1e-8)


@pytest.mark.parametrize("shape", [(70, 5), (5, 70), (1, 1)])
def test_the_matrix_is_what_single_inputs_and_many_give(shape):
    solver = ouro.ArraySolver(crossbar(shape, LINES, 10.0))
    x = np.random.default_rng(2).uniform(-0.5, 0.5, (90, shape[0]))
    currents = solver.currents(x)
    assert x @ solver.matrix_S == pytest.approx(currents, rel=0, abs=1e-13 * np.abs(currents).max())
    assert solver.product(x[3]).i_A == pytest.approx(currents[3], rel=0, abs=1e-13 * np.abs(currents).max())
    assert solver.currents(x[:0]).shape == (0, shape[1])


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (8, 1), (5, 7), (16, 16)])
def test_a_dissection_has_every_node_once_and_few_entries(shape):
    order = dissection(*shape)
    assert sorted(order) == list(range(2 * shape[0] * shape[1]))
    static = ouro.ArraySolver(crossbar(shape, LINES, 0.0)).static
    entries = static.factors._factors.L.nnz
    assert entries <= 8 * order.size * (1 + np.log2(order.size)) / 4 + order.size


# ---- reads of one cell


@pytest.mark.ngspice
@pytest.mark.parametrize("scheme", ["half", "third", "grounded", "floating"])
def test_reads_are_those_of_ngspice(scheme):
    read = ouro.Read(-0.2 if scheme == "third" else 0.2)
    for circuit in ("ideal", "all"):
        array = crossbar((4, 5), *CIRCUITS[circuit], read_scheme=scheme)
        array = array.replace(cell=array.cell.replace(read=read))
        solved, full = (ouro.sneak(array, 2, 4, fidelity=name) for name in (None, "full"))
        assert (solved.fidelity, full.fidelity) == ("circuit", "full")
        for name in ("sensed_A", "own_A", "reading_S"):
            assert getattr(solved, name) == pytest.approx(getattr(full, name), rel=1e-9, abs=0)
        assert ouro.ArraySolver(array).read(2, 4) == solved


@pytest.mark.ngspice
def test_reads_of_memristors_say_how_far_they_are_from_ngspice():
    cell = ouro.Cell1R(DEVICE, ouro.Lines(2.0, 0.0, 2.0, 2e-16, 0.0, 2e-16), ouro.Driver(50.0))
    array = ouro.Crossbar(3, 3, cell, read_scheme="floating")
    found = ouro.sneak_map(array, array.state(3e-4), workers=1, fidelity="circuit")
    assert found.fidelity == found.summary["fidelity"] == "circuit"
    assert 0 < found.agreement < 1e-4 and found.summary["agreement"] == found.agreement
    assert found.reading_S[2, 1] == ouro.ArraySolver(array, array.state(3e-4)).read(2, 1).reading_S
    assert ouro.sneak(array, 0, 0, array.state(3e-4)).fidelity == "full"


# ---- memristors


@pytest.mark.ngspice
@pytest.mark.parametrize(
    "device",
    [DEVICE, DEVICE.replace(realisation="tud"), ouro.linear_drift(), ouro.team(), ouro.vteam(), ouro.zhang()],
    ids=["jart", "tud", "linear_drift", "team", "vteam", "zhang"],
)
def test_memristors_are_those_of_ngspice(device):
    array = ouro.Crossbar(4, 5, ouro.Cell1R(device, LINES, ouro.Driver(20.0)))
    low, high = array.ensemble.ranges_S
    state = array.state(np.random.default_rng(3).uniform(low, high).reshape(4, 5))
    x = [0.5, -0.4, 0.3, 0.0]
    solved, full = (ouro.product(array, x, state, fidelity=name) for name in (None, "full"))
    # ngspice's own Newton method stops at its reltol of 1e-4, mostly far below
    assert solved.i_A == pytest.approx(full.i_A, rel=0, abs=1e-7 * np.abs(full.i_A).max())
    assert solved.fidelity == "circuit" and solved.agreement < 1e-7
    assert ouro.product(array, x, state, sample=0).agreement is None


def test_a_column_of_memristors_obeys_its_own_equation():
    """One row, ideal bit lines: along the word line each cell's voltage is what its static current leaves."""
    array = ouro.Crossbar(1, 3, ouro.Cell1R(DEVICE, ouro.Lines(r_wl=200.0, contact=30.0)))
    state = array.state([[2e-4, 3e-4, 4e-4]])
    i = ouro.ArraySolver(array, state).currents([0.4])
    drops = 200.0 * np.cumsum(np.cumsum(i[::-1])[::-1])
    volts = 0.4 - drops - 60.0 * i
    static = [ouro.static_current(DEVICE, v, x[0]) for v, x in zip(volts, state.x, strict=True)]
    assert i == pytest.approx(np.ravel(static), rel=1e-9)


@dataclasses.dataclass(frozen=True, eq=False)
class Jumping(StaticArray):
    """Devices whose current jumps where their lines want a value between."""

    above: float = 1e-3

    def _devices_at(self, volts):
        return np.where(volts > 0.1, self.above, 0.0)


@pytest.mark.parametrize(
    ("above", "message"),
    [(1e-3, r"Newton's method is still off by .* fidelity=\"full\" asks"), (np.nan, "not finite: error: in step 1")],
)
def test_an_operating_point_that_is_not_found_is_an_error_with_a_sentence(above, message):
    static = ouro.ArraySolver(ouro.Crossbar(1, 1, ouro.Cell1R(DEVICE, ouro.Lines(r_wl=400.0)))).static
    jumping = Jumping(static.array, static.lead, static.network, above)
    with pytest.raises(ouro.SimulationError, match=message):
        jumping.solved({"wl": np.array([[0.3]]), "bl": np.array([[0.0]])})


# ---- what it refuses


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        (ouro.Cell1T1R(DEVICE), 'access transistors of 1T1R cells are simulated by ngspice alone; take "full"'),
        (ouro.Cell1R(DEVICE, driver=ouro.WriteDriver()), "drivers made of transistors"),
        (ouro.Cell1R(DEVICE, sense=ouro.Sense()), "a sense path of transistors"),
    ],
)
def test_what_has_transistors_is_left_to_ngspice_in_one_sentence(cell, sentence):
    array = ouro.Crossbar(2, 2, cell)
    with pytest.raises(ValueError, match=sentence):
        ouro.sneak(array, 0, 0, fidelity="circuit")
    with pytest.raises(ValueError, match=sentence):
        ouro.ArraySolver(array).read(0, 0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda a: ouro.product(a, [0.1, 0.1], fidelity="frozen"), "there is full, circuit"),
        (lambda a: ouro.product(a, [0.1, 0.1], sample=-1), "sample"),
        (lambda a: ouro.sneak_map(a, sample=1.5), "sample"),
        (lambda a: ouro.ArraySolver(a).currents([[0.1, 0.9]]), "between -0.5 and 0.5 V"),
        (lambda a: ouro.ArraySolver(a).currents(np.zeros((2, 3))), r"must be \(2,\) or \(N, 2\)"),
        (lambda a: ouro.ArraySolver(a).product([[0.1, 0.1]]), r"must be \(2,\), one a row"),
        (lambda a: ouro.ArraySolver(a).matrix_S, "is not linear"),
        (lambda a: ouro.ArraySolver(a).read(2, 0), "row = 2"),
        (lambda a: ouro.ArraySolver(a, ouro.State(0.1)), "the state has 1 memristors"),
        (lambda _: ouro.ArraySolver(None), "array"),
    ],
)
def test_wrong_use_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call(ouro.Crossbar(2, 2, ouro.Cell1R(DEVICE)))
