"""Verbs of single cells: pulses, reads, pairs, records, predictors, writes. Each says in a word what it found."""

from __future__ import annotations

import dataclasses

import numpy as np
from _grid_case import Case

import ouro_spice as ouro
from ouro_spice.compact import characteristics
from ouro_spice.prediction.specification import Specification, Stage
from ouro_spice.programming.tuning import rank
from ouro_spice.simulation.write_voltages import traverses

SAME_G = 1e-3
"""Compact model against circuit, part by part against the whole: relative, of a conductance."""

SAME_J = 0.01
"""The same of an energy."""

# ---- one pulse


def _moves(case: Case, cell, pair: ouro.Pair) -> str:
    low, high = np.sort(characteristics.conductance(case.kind.device, np.array(case.kind.device.bounds)))
    waves = [ouro.simulate(cell, case.pulse(0.1, up, pair), cell.state(case.middle_S)) for up in (True, False)]
    up, down = (wave.g_S for wave in waves)
    assert low * 0.999 < down < 0.99 * case.middle_S < 1.01 * case.middle_S < up < high * 1.001, (
        f"SET to {up:g}, RESET to {down:g} S"
    )
    assert all(wave.energy_J > 0 for wave in waves)
    return f"{down * 1e6:.0f} .. {up * 1e6:.0f} uS"


def simulate_compact(case: Case) -> str:
    return _moves(case, case.compact, case.pair)


def simulate_1r(case: Case) -> str:
    return _moves(case, case.one, case.pair)


def simulate_1t1r(case: Case) -> str:
    return _moves(case, case.access, case.access_pair)


def compact_is_1r(case: Case) -> str:
    gap_g, gap_j = 0.0, 0.0
    for up, share in ((True, 0.2), (False, 0.2), (True, 0.5)):
        waves = [
            ouro.simulate(cell, case.pulse(share, up), cell.state(case.middle_S), engine=case.engine)
            for cell in (case.compact, case.one)
        ]
        gap_g = max(gap_g, abs(waves[0].g_S / waves[1].g_S - 1))
        gap_j = max(gap_j, abs(waves[0].energy_J / waves[1].energy_J - 1))
    assert gap_g < SAME_G and gap_j < SAME_J, f"g {gap_g:.1e}, energy {gap_j:.1e}"
    return f"dg/g {gap_g:.0e}"


def read_live(case: Case) -> str:
    cell = ouro.live(case.one, case.one.state(case.middle_S))
    before = cell.g_S
    said, moved = cell.read() / before - 1, cell.g_S / before - 1
    assert abs(said) < 0.02, f"a read of {said:+.1%}"
    assert abs(moved) < (0.02 if case.kind.moves_in_reads else 1e-4), f"a read moves g by {moved:+.1e}"
    return f"{said:+.1e}, moves {moved:+.0e}"


def resume(case: Case) -> str:
    gaps = []
    for cell in (case.one, case.any):
        one, two = case.pulse(0.1), case.pulse(0.2, up=False)
        start = cell.state(case.middle_S)
        whole = ouro.simulate(cell, [one, two], start)
        first = ouro.simulate(cell, one, start)
        second = ouro.simulate(cell, two, first.state)
        cut_s = one.rise + one.width / 3
        half = ouro.simulate(cell, [one, two], ouro.simulate(cell, one, start, stop_s=cut_s).state, start_s=cut_s)
        gaps += [abs(other.g_S / whole.g_S - 1) for other in (second, half)]
        gaps.append(abs((first.energy_J + second.energy_J) / whole.energy_J - 1))
    assert max(gaps) < SAME_G, f"gaps {gaps}"
    return f"{max(gaps):.0e}"


# ---- pairs and records


def pair(case: Case) -> str:
    cells = (case.one, case.access)
    pairs = [ouro.pair(cell, case.kind.total_s, case.engine) for cell in cells] if case.kind.given else [
        case.pair, case.access_pair
    ]  # fmt: skip
    for cell, one in zip(cells, pairs, strict=True):
        for way in traverses(cell, one, case.engine):
            gap = abs(way.time_s / case.kind.total_s - 1) if way else np.inf
            assert gap < 0.02, f"a traverse of {gap:+.1%} more than asked for"
    return "; ".join(f"{one.v_set:.2f}, {one.v_reset:.2f} V" for one in pairs)


def extract_1r(case: Case) -> str:
    return _records(case, case.one)


def extract_1t1r(case: Case) -> str:
    return _records(case, case.access)


def _records(case: Case, cell) -> str:
    frame = case.extract(cell, 8, d2d="ten_percent").frame
    assert (frame.result == "OK").all(), dict(frame.result.value_counts())
    reached = frame.loc[frame.outcome == "reached"]
    assert frame.device.nunique() == len(frame) and len(reached) >= len(frame) / 2
    assert np.all(reached.energy_J > 0) and np.all(reached.t_pulse_s.abs() < 4.01 * case.kind.total_s)
    return f"{len(reached)} of {len(frame)}"


def fit_network(case: Case) -> str:
    stages = (Stage("time", epochs=20), Stage("band", epochs=4))
    predictor = ouro.PulsePredictor.fit(case.data, Specification(stages))
    rows = case.data.reached()
    said = predictor.predict(rows.g_sense_start_S.to_numpy(), (rows.g_target_S - rows.g_sense_start_S).to_numpy())
    assert np.all(np.isfinite(said)) and np.all(np.sign(said) == np.sign(rows.t_pulse_s.to_numpy()))
    predictor.save(case.folder_for("network") / "one.npz")
    return f"{len(rows)} records"


def fit_table(case: Case) -> str:
    rows = case.data.reached()
    said = case.table.predict(rows.g_sense_start_S.to_numpy(), (rows.g_target_S - rows.g_sense_start_S).to_numpy())
    off = float(np.median(np.abs(np.log(said / rows.t_pulse_s.to_numpy()))))
    assert off < 1.0, f"times off by exp({off:.2f})"
    return f"x{np.exp(off):.2f}"


# ---- writes


def target(case: Case) -> float:
    low, high = case.one.window_S
    return float(np.clip(1.5 * case.middle_S, low * 1.1, high * 0.9))


def programmers(case: Case, pair: ouro.Pair) -> list:
    # JART's SET is abrupt: at the amplitudes of 1 us, 20 ns leap over 20 % of a conductance, to and fro
    width = case.kind.total_s / (200 if case.kind.name == "jart_vcm" else 50)
    return [ouro.FixedPulse(pair, width), ouro.ISPP(pair, width=width, start=0.9, step=0.02)]


def write_verify(case: Case) -> str:
    counts = []
    for cell, pair_ in ((case.one, case.pair), (case.access, case.access_pair)):
        for programmer in programmers(case, pair_):
            history = ouro.write_verify(cell, programmer, target(case), 0.1, state=cell.state(case.middle_S / 1.5))
            assert history.outcome.name == "REACHED", f"{programmer.name}: {history.outcome.name} {history.detail}"
            assert history.energy_J > 0
            counts.append(len(history.pulses))
    return f"{' '.join(map(str, counts))} pulses"


def write_many(case: Case) -> str:
    return _fleet(case, case.any, 8)


def fleet_1t1r(case: Case) -> str:
    return _fleet(case, case.access, 3)


def _fleet(case: Case, cell, n: int) -> str:
    cells, targets = case.fleet(cell, n)
    pair_ = case.access_pair if cell.gated else case.pair
    histories = ouro.write_many(cells, programmers(case, pair_)[0], targets, 0.15, 60)
    reached = sum(one.outcome.name == "REACHED" for one in histories)
    assert reached >= n - 1, [one.outcome.name for one in histories]
    return f"{reached} of {n}"


def write_by_table(case: Case) -> str:
    histories = ouro.write_many(case.fleet(case.any, 8)[0], case.table, [target(case)] * 8, 0.15)
    reached = [one for one in histories if one.outcome.name == "REACHED"]
    assert len(reached) >= 6, [one.outcome.name for one in histories]
    return f"{len(reached)} of 8, {np.mean([len(one.pulses) for one in reached]):.1f} pulses"


def knows_model(case: Case) -> str:
    nominal = ouro.nominal_times(case.any, case.pair, None if case.kind.has_kernels else case.engine)
    counts = []
    for programmer in (ouro.ModelTime(nominal), ouro.Posterior(nominal, width=case.kind.total_s / 50)):
        history = ouro.write_verify(case.any, programmer, target(case), 0.1, state=case.any.state(case.middle_S / 1.5))
        assert history.outcome.name == "REACHED", f"{programmer.name}: {history.outcome.name} {history.detail}"
        counts.append(len(history.pulses))
    return f"{' '.join(map(str, counts))} pulses"


def noise_free(case: Case) -> str:
    times = ouro.noise_free(case.one, case.pair, case.engine)
    goal_S = target(case)
    change = np.array([goal_S - case.middle_S])
    time_s = float(np.abs(times(np.array([case.middle_S]), change))[0])
    pulse = ouro.Pulse(case.pair.amplitude(float(change[0])), time_s)
    end = ouro.simulate(case.one, pulse, case.one.state(case.middle_S)).g_S
    assert abs(end / goal_S - 1) < 0.03, f"ends {end / goal_S - 1:+.1%} beside its target"
    return f"{end / goal_S - 1:+.1e}"


def trials(case: Case) -> str:
    # each device that is drawn of a netlist of a user's own is solved for its conductances first
    n = 40 if case.kind.has_kernels else 2
    found = ouro.trials(case.any, case.pair, n, 3, widths=16, d2d="ten_percent", start="nominal", workers=1)
    assert np.ptp(found.g_S[:, :, -1], axis=1).max() > 0, "all devices are the same"
    if case.kind.has_kernels:
        assert np.all(np.isfinite(found.floor(0.2, folds=3).t_s))
        assert np.all(np.isfinite(ouro.Table.fit(found, 0.2).log_time))
    return f"{len(found.g_S)} pairs"


def tune(case: Case) -> str:
    cells, targets = case.fleet(case.any, 6)
    width = case.kind.total_s / 50
    some = [ouro.FixedPulse(case.pair, width * share) for share in (0.5, 1, 2)]
    best, rows = rank(some, cells.copy, targets, 0.2)  # as tune does, without its warning of so few candidates
    assert len(rows) == 3 and rows[0]["success"] > 0.5, rows
    return f"{best.width * 1e9:.0f} ns"


def deploy(case: Case) -> str:
    cells, targets = case.fleet(case.any, 6)
    found = ouro.deploy(cells, case.table.predict, targets, case.pair)
    small = ouro.small_updates(case.fleet(case.any, 4)[0], case.table.predict, case.pair, (5e-6, 20e-6))
    assert found.shares() and len(small.rows())
    return "attempts, increments"


def long_times(case: Case) -> str:
    cell = case.one
    rest = dataclasses.replace(case.pulse(0.1), idle=3e8)
    short = ouro.simulate(cell, case.pulse(0.1), cell.state(case.middle_S))
    ends = [short.g_S, ouro.simulate(cell, rest, cell.state(case.middle_S)).g_S]
    assert abs(ends[1] / ends[0] - 1) < SAME_G, f"ten years of rest: {ends[1] / ends[0] - 1:+.1e}"
    return f"{ends[1] / ends[0] - 1:+.0e}"
