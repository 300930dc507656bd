"""Why a noise-free model predicts pulses poorly: which noise moves the time to a target, which way, and how far.

Each source alone, and everything but it: the time to targets over that of the noise-free device, and the share of
targets that the noise-free time itself hits. Beside it what the law of the walk and the rate alone let expect.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._util.checks import check_count
from ..._util.display import brief, shows
from ..._util.progress import progress
from ...circuit.compact_cell import CompactCell
from ...device.jart.jart_preset import jart_vcm_v1b
from ...device.jart.walk import Walk
from ...simulation.write_voltages import Pair, pair
from ...spice.execution import executor
from ...spice.tasks import Resources
from .noise_cases import ALONE, CASES, CYCLES, D2D, EVERYTHING, NOTHING, SOURCES, WINDOW, Case
from .noisy_pulses import Pairs, PulseOutcomes, run, run_frozen
from .walk_theory import Averaged, levers, mixture_quantiles

if TYPE_CHECKING:
    import pandas as pd


BANDS = (0.5, 0.2, 0.1)
"""Relative errors of the conductance within which a pulse counts as a hit."""

BY_LENGTH = 10.0 ** np.arange(1, 6.5, 0.5)
"""Lengths of noise-free pulses between which they are taken together [steps of the walk]."""

PAPER = Pair(v_set=-0.342, v_reset=0.7065, total_s=9e-3)
"""The amplitudes of Yu et al.; the window takes 9.2 ms and 7.9 ms."""

MODELS = ("reduced", "full")

_STEPS_S = {"60us": (2e-9, 5e-9), "paper": (30e-9, 100e-9, 300e-9, 1e-6)}
"""Other steps of the walk than the law's own 10 ns; a crossing is seen where one ends, so pulses have to be longer."""

_LEVERS_N = (0.06, 0.3, 1.0, 1.98)
"""Where the exponents of the rate are shown [1e26 m^-3]."""

_PROGRESS = ALONE[SOURCES.index("progress")]

_LEAST = 20
"""Pulses of a length that are worth a point."""

_QUANTILES = (0.16, 0.25, 0.5, 0.75, 0.84)


@dataclass(frozen=True, eq=False)
class NoiseSources:
    """What was found; times are at a constant voltage, without edges.

    Attributes
    ----------
    model, n, seed
        The compact model; pairs of start and target in each row; of everything random.
    frame
        A row for each voltage (`setting`), case, direction, step of the walk and start: `bias`, the median of
        ln(time / noise-free time), with its standard error, its quantiles .16 to .84, `scatter`, half the distance of
        the outer two, the share of targets `unreached`, shares `within_50`, `within_20`, `within_10` of targets that
        the noise-free time hits; `bias_expected` and `scatter_expected` of a walk that averages out, `bias_frozen` and
        `scatter_frozen` of one that stands still.
    pulses
        Each pulse of the whole walk: `steps`, the noise-free time in steps, `ratio`, ln of the time over it, and
        what is expected of it.
    levers
        d ln rate over d ln of r, l, Ndiscmin and Ndiscmax, for each voltage and some concentrations.
    """

    model: str
    n: int
    seed: int
    frame: pd.DataFrame
    pulses: pd.DataFrame
    levers: pd.DataFrame

    @shows
    def __repr__(self) -> str:
        return brief(self)


@dataclass(frozen=True)
class _Plan:
    """Rows to be: a voltage by name, a case, the walk's step [s], the start, and whether pulses are deployed."""

    setting: str
    case: Case
    step_s: float = 10e-9
    stationary: bool = True
    deploy: bool = True


def noise_sources(
    model: str = "reduced", n: int = 500, seed: int = 0, *, threads: int | None = None, quick: bool = False,
    scheduler: str | None = None,
) -> NoiseSources:  # fmt: skip
    """Run the experiment on a compact model of the nominal device, and return its tables.

    Parameters
    ----------
    model
        "reduced", the model of the paper on pulse predictors, or "full".
    n
        Pairs of start and target, the same ones in each row.
    seed
        Of everything random.
    threads
        How many threads, None: one a core. The results do not depend on it.
    quick
        Only the pair that crosses the window in 60 us: seconds, not minutes.
    scheduler
        Address of a Dask scheduler, ``tcp://host:port``, whose workers do the work.

    Raises
    ------
    ValueError
        For another model, or numbers that make no sense.
    ToolError
        For a cluster that does not answer, or is lost.
    """
    if model not in MODELS:
        raise ValueError(f"model {model!r}: the experiment knows {' and '.join(MODELS)}")
    check_count("n", n, 10)
    check_count("seed", seed, 0)
    cell = CompactCell(jart_vcm_v1b(window=True), model)
    voltages = {"60us": pair(cell)} | ({} if quick else {"paper": PAPER})
    pairs = Pairs.draw(cell, n, seed)
    plans = [plan for plan in _plans(model) if plan.setting in voltages]
    tasks, rows, pulses = [(plan, direction) for plan in plans for direction in ("set", "reset")], [], []
    with executor(threads, scheduler) as does, progress("noise sources", len(tasks)) as bar:
        for row, each in does.map(_Rows(cell, voltages, pairs), tasks, bar, together=True):
            rows.append(row)
            pulses += each
    return NoiseSources(model, n, seed, *map(_frame, (rows, pulses, _levers(cell, voltages))))


def _plans(model: str) -> list[_Plan]:
    """Return what each row is to be; the full model takes three times as long: at the paper's voltages it gets fewer
    rows.
    """
    plans = [_Plan("60us", case) for case in CASES]
    on_paper = (NOTHING, *ALONE, CYCLES, EVERYTHING) if model == "reduced" else (*ALONE[:2], CYCLES)
    plans += [_Plan("paper", case) for case in on_paper]
    for setting, steps_s in _STEPS_S.items():
        plans.append(_Plan(setting, CYCLES, stationary=False))
        plans += [_Plan(setting, CYCLES, step_s, deploy=False) for step_s in steps_s]
    # a step as long as that in which N goes a good part of its way
    return [*plans, _Plan("paper", _PROGRESS, _STEPS_S["paper"][-1], deploy=False)]


@dataclass(frozen=True)
class _Rows:
    """Makes rows of the table."""

    cell: CompactCell
    voltages: dict[str, Pair]
    pairs: Pairs

    def __call__(self, planned: tuple[_Plan, str], resources: Resources) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Return the row of a plan and a direction, and its pulses where it is one of the whole walk."""
        plan, direction = planned
        found = _row(self.cell, plan, direction, self.voltages[plan.setting], self.pairs, resources.threads)
        resources.bar.advance()
        return found


def _row(
    cell: CompactCell, plan: _Plan, direction: str, voltages: Pair, pairs: Pairs, threads: int | None
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return one row of the table, and its pulses where it is one of the whole walk."""
    amplitude_V = voltages.v_set if direction == "set" else voltages.v_reset
    walk = Walk(plan.step_s)
    more = {"stationary": plan.stationary, "deploy": plan.deploy, "threads": threads}
    found = run(cell, plan.case, pairs, amplitude_V, walk, **more)
    row = {
        "setting": plan.setting, "case": plan.case.name, "direction": direction, "amplitude_V": amplitude_V,
        "step_s": plan.step_s, "start": "stationary" if plan.stationary else "nominal",
    } | _measured(found)  # fmt: skip
    # what differs from device to device, and r and l that follow N, are not part of what can be expected
    if not plan.case.sources & {"r", "l"} or plan.case.sources & {WINDOW, *D2D} or not plan.stationary:
        return row, []
    averaged = Averaged.of(cell, plan.case, amplitude_V, walk)
    way = found.n_start, averaged.last(found.target_S)
    bias, scatter = averaged.bias(*way, found.noise_free_s), averaged.scatter(*way)
    low, middle, high = mixture_quantiles(bias, scatter, (0.16, 0.5, 0.84))
    still = np.quantile(
        run_frozen(cell, plan.case, pairs, amplitude_V, walk).ratio, (0.16, 0.5, 0.84), method="nearest"
    )
    row |= {"bias_expected": middle, "scatter_expected": (high - low) / 2}
    row |= {"bias_frozen": still[1], "scatter_frozen": (still[2] - still[0]) / 2}
    if plan.case != CYCLES:
        return row, []
    steps = found.noise_free_s / plan.step_s
    columns = {"steps": steps, "ratio": found.ratio, "bias_expected": bias, "scatter_expected": scatter}
    return row, [
        {"setting": plan.setting, "direction": direction, "step_s": plan.step_s}
        | dict(zip(columns, map(float, values), strict=True))
        for values in zip(*columns.values(), strict=True)
    ]


def _measured(found: PulseOutcomes) -> dict[str, Any]:
    """Return statistics of pulses in one direction: quantiles, as targets that are never reached have no mean."""
    low, first, middle, third, high = np.quantile(found.ratio, _QUANTILES, method="nearest")
    scatter = (high - low) / 2
    error = np.abs(found.end_S / found.target_S - 1)
    shares = {f"within_{band * 100:.0f}": np.mean(error <= band) for band in BANDS}
    deployed = np.isfinite(error).all()
    return {
        "n": len(found.ratio), "noise_free_s": np.median(found.noise_free_s), "bias": middle,
        "bias_error": 1.253 * scatter / np.sqrt(len(found.ratio)), "q16": low, "q25": first, "q75": third, "q84": high,
        "scatter": scatter, "unreached": np.mean(np.isinf(found.ratio)),
    } | {name: share if deployed else np.nan for name, share in shares.items()}  # fmt: skip


def by_length(pulses: pd.DataFrame) -> pd.DataFrame:
    """Return bias and scatter of pulses of about the same length, with standard errors and what is expected of them.

    Of all pairs of amplitudes and all steps of the walk together: only the length in steps matters.
    """
    rows = []
    place = np.digitize(pulses.steps, BY_LENGTH)
    for _, mine in pulses.groupby(["direction", place]):
        inside = BY_LENGTH[0] <= mine.steps.iloc[0] < BY_LENGTH[-1]
        if len(mine) < _LEAST or not inside:
            continue
        low, middle, high = np.quantile(mine.ratio, (0.16, 0.5, 0.84), method="nearest")
        expected = mixture_quantiles(mine.bias_expected.to_numpy(), mine.scatter_expected.to_numpy(), (0.16, 0.5, 0.84))
        scatter, root = (high - low) / 2, np.sqrt(len(mine))
        rows.append({
            "direction": mine.direction.iloc[0], "steps": np.exp(np.log(mine.steps).mean()), "n": len(mine),
            "bias": middle, "bias_error": 1.253 * scatter / root, "bias_expected": expected[1],
            # of a normal distribution, whose quantiles are known that well
            "scatter": scatter, "scatter_error": 0.96 * scatter / root,
            "scatter_expected": (expected[2] - expected[0]) / 2,
        })  # fmt: skip
    return _frame(rows)


def _levers(cell: CompactCell, voltages: dict[str, Pair]) -> list[dict[str, Any]]:
    """Return the exponents of the rate, a row for each setting, direction and concentration."""
    rows = []
    for setting, chosen in voltages.items():
        for direction, amplitude_V in (("set", chosen.v_set), ("reset", chosen.v_reset)):
            for n_disc in _LEVERS_N:
                found = levers(cell, amplitude_V, n_disc)
                rows.append({"setting": setting, "direction": direction, "n_disc": n_disc} | found)
    return rows


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return rows as a table."""
    import pandas as pd

    return pd.DataFrame(rows)
