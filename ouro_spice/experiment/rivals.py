"""What networks are compared with: tables made of the same simulations, and what rules know of the nominal model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..circuit.cell_kinds import Cell
from ..circuit.compact_cell import CompactCell
from ..evaluation.bands import BANDS
from ..evaluation.noise_floor import Trials
from ..evaluation.trajectories import trials
from ..prediction.lookup_table import Table
from ..programming.nominal import NominalTimes, nominal_times
from ..programming.tuning import edges, rank
from ..provenance.cache import cached_arrays
from ..simulation.write_voltages import Pair
from ..spice.ngspice import Engine
from .context import TRAINING, ExperimentContext
from .ranking import Rule

TABLE = 6
"""Stream of a campaign's seed from which the trials of tables come, beside those of `networks`: no floor that judges a
table and no device that is written to is in them."""

NOMINAL = "nominal model"

MEDIAN = "20 x 20 median table"


def table_name(band: float) -> str:
    """Return the name of the table of a band in results: ``table_20``."""
    return f"table_{100 * band:g}"


def setting_trials(place: ExperimentContext, name: str, seed: int) -> Trials:
    """Return the trials of a setting that the table ``[name]`` of the configuration asks for, from cache or made."""
    table = place.configuration.tables[name]
    # slow devices among many need long pulses; in a circuit they would take as long as all the others
    far = place.setting.law is not None and isinstance(place.cell, CompactCell)
    suffix = "trials" if name == "floor" else f"{name}-trials"
    return trials(
        place.cell, place.pair, table["pairs"], table["trajectories"], seed=seed, d2d=place.setting.law,
        rise_s=float(np.sqrt(np.prod(place.setting.edges_s))), beyond=6.0 if far else 3.0,
        out=place.cache_folder / f"{place.setting.name}-{suffix}", workers=place.workers, engine=place.engine,
        scheduler=place.scheduler,
    )  # fmt: skip


def table(place: ExperimentContext, band: float) -> Table:
    """Return the table of a setting for a band, made of trials of its own."""
    return Table.fit(setting_trials(place, "table", place.seed(TABLE)), band)


def has_tables(place: ExperimentContext) -> bool:
    """Return whether tables are made in a setting: they take as many trials as its floor."""
    return "table" in place.configuration.tables and place.setting.floor


def has_median(place: ExperimentContext) -> bool:
    """Return whether a table of the records alone takes part where trials are too dear: ``[table] median = true``."""
    return not has_tables(place) and bool(place.configuration.tables.get("table", {}).get("median", False))


def tables(place: ExperimentContext) -> dict[str, Table]:
    """Return the tables that make one attempt each, by name: one for each band, and the medians of the records."""
    made = {table_name(band): table(place, band) for band in BANDS} if has_tables(place) else {}
    return made | ({MEDIAN: Table.fit(place.data)} if made or has_median(place) else {})


def writing_table(
    place: ExperimentContext, tolerance: float, compact: ExperimentContext | None, most: int, count: int
) -> list[Table]:
    """Return the table that writes to within a tolerance, its factors tuned; empty where there are no tables.

    They are tuned on training devices of the setting; of a circuit on those of the compact model, `compact`.
    """
    if not has_tables(place):
        return []
    made = table(place, tolerance).replace(name="table")
    where = place if compact is None else compact
    there = made if compact is None else table(compact, tolerance).replace(name="table")
    settings = {"table": there.sha256, "tolerance": tolerance, "n": count, "most": most, "d2d": where.setting.d2d}
    settings |= {"seed": where.configuration.seed, "candidates": [_plain(one) for one in there.candidates()]}

    def make() -> dict[str, np.ndarray]:
        drawn = where.samples(count, TRAINING)
        best = best_table(there, where.fleet(drawn), [one.target_S for one in drawn], tolerance, most)
        return {"best": np.array(json.dumps(_plain(best)))}

    found = cached_arrays(where.cache_folder, f"{where.setting.name}-tuned-Table", where.origin(**settings), make)
    return [made.replace(**json.loads(str(found["best"])))]


def best_table(made: Table, cells: Any, targets_S: Sequence[float], tolerance: float, most: int) -> Table:
    """Return a table with the factors that take the least time on training cells."""
    return rank(made.candidates(), cells.copy, targets_S, tolerance, most, "time", patience=None)[0]


def table_settings(one: Table) -> dict[str, Any]:
    """Return the tuned factors of a table, and which lie at an edge of what is tried, as results hold them."""
    return {"parameters": _plain(one), "edges": edges(_plain(one), [_plain(other) for other in one.candidates()])}


def _plain(one: Table) -> dict[str, float]:
    """Return the factors of a table by name."""
    return {"growth": one.growth, "turn": one.turn}


def basis(kind: Rule, cell: Cell | CompactCell, voltages: Pair, engine: Engine | None = None) -> Pair | NominalTimes:
    """Return what programmers of a kind are made of: the pair, or the nominal model's times in that very cell."""
    return nominal_times(cell, voltages, engine) if getattr(kind, "knows", "") == NOMINAL else voltages


def cached_basis(place: ExperimentContext, kind: Rule) -> Pair | NominalTimes:
    """Return the `basis` of a setting, from the cache or made."""
    if getattr(kind, "knows", "") != NOMINAL:
        return place.pair

    def make() -> dict[str, np.ndarray]:
        found = nominal_times(place.cell, place.pair, place.engine)
        return {"overs": found.overs, "log_g": found.log_g, "time_s": found.time_s}

    arrays = cached_arrays(place.cache_folder, f"{place.setting.name}-nominal-times", place.origin(version=1), make)
    return NominalTimes(place.pair, **arrays)
