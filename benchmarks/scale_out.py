"""Scale-out: every verb with many simulations, here with one and two workers and on a Dask cluster, byte for byte.

One worker of the cluster is killed in the midst of extractions, writes and trials: their results must be the same.
Times are those of this machine, whose workers share its cores: a cluster of two brings nothing here.
"""

from __future__ import annotations

import dataclasses
import hashlib
import logging
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from _cluster import Cluster, cluster
from _common import Figures, Target, arguments, finish, show

import ouro_spice as ouro
from ouro_spice.dataset import pulse_dataset
from ouro_spice.dataset.recipe import Recipe, Sample
from ouro_spice.device.jart.spread import SPREADS
from ouro_spice.evaluation.noise_sources.noise_study import noise_sources
from ouro_spice.experiment.bench import Bench, Tuning
from ouro_spice.experiment.benchmark import benchmark
from ouro_spice.experiment.switching_curves import switching_curves
from ouro_spice.prediction.pretrained import default_programmer, shipped_checkpoint
from ouro_spice.spice.dask_cluster import DaskExecutor

TARGETS = (
    Target("different", 0), Target("different_after_loss", 0), Target("losses_told", 1, at_least=True),
    Target("verbs", 14, at_least=True),
)  # fmt: skip
PAIR = ouro.Pair(-0.414269, 0.854029, 60e-6)
WALKER = ouro.jart_vcm_v1b(window=True, walk=ouro.Walk())
COMPACT = ouro.CompactCell(WALKER)
CIRCUIT = ouro.Cell1R(WALKER)
SHARD = 3
"""Records of a task: small, so that small datasets have several."""

Where = dict[str, Any]
"""``workers`` or ``scheduler``."""


def digest(value: Any) -> str:
    """A hash of all numbers, texts and arrays in a value, bit by bit."""
    found = hashlib.sha256()
    _feed(found, value)
    return found.hexdigest()


def _feed(found: Any, value: Any) -> None:
    """Feed a value to a hash."""
    if isinstance(value, np.ndarray):
        found.update(f"{value.dtype}{value.shape}".encode())
        if value.dtype == object:
            _feed(found, value.tolist())
        else:
            found.update(np.ascontiguousarray(value).tobytes())
    elif isinstance(value, pd.DataFrame):
        _feed(found, {name: value[name].to_numpy() for name in value.columns})
    elif isinstance(value, Mapping):
        _feed(found, list(value.items()))
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        _feed(found, [getattr(value, f.name) for f in dataclasses.fields(value) if f.name != "kept"])
    elif isinstance(value, list | tuple | set | frozenset):
        found.update(f"{len(value)}".encode())
        for one in sorted(value, key=repr) if isinstance(value, set | frozenset) else value:
            _feed(found, one)
    else:
        found.update(repr(value).encode())


@cache
def drawn(n: int, kind: str) -> list[Sample]:
    """Devices, starts and targets."""
    cell = {"compact": COMPACT, "circuit": CIRCUIT}[kind]
    recipe = Recipe(n, 5, PAIR, d2d=SPREADS["ten_percent"])
    return [recipe.draw(cell, k) for k in range(n)]


def fleet_of(n: int, kind: str, where: Where) -> Any:
    """Cells of a kind."""
    return ouro.fleet({"compact": COMPACT, "circuit": CIRCUIT}[kind], drawn(n, kind), **where)


def written(n: int, kind: str, programmer: Any, where: Where, tolerance: float = 0.1, most: int = 15) -> Any:
    """Writes, and the states that they leave the cells in."""
    cells = fleet_of(n, kind, where)
    histories = ouro.write_many(cells, programmer, [one.target_S for one in drawn(n, kind)], tolerance, most)
    states = [cells.state(k) for k in range(n)]
    getattr(cells, "close", lambda: None)()
    return histories, states, cells.failures


def tuned(n: int, where: Where) -> Any:
    """The best of some settings, and the table of all."""
    cells = fleet_of(n, "compact", where)
    targets = [one.target_S for one in drawn(n, "compact")]
    from ouro_spice.programming.tuning import rank

    return rank(ouro.ISPP.candidates(PAIR)[:5], cells.copy, targets, 0.2, 10)


def deployed(n: int, kind: str, where: Where) -> Any:
    """One attempt each."""
    cells = fleet_of(n, kind, where)
    found = ouro.deploy(cells, ouro.noise_free(COMPACT, PAIR), [one.target_S for one in drawn(n, kind)], PAIR)
    getattr(cells, "close", lambda: None)()
    return found


def survey(n: int, where: Where) -> Any:
    """Writes to a memristor of the survey's families, whose cells have no common kernels."""
    cell = ouro.CompactCell(ouro.vteam())
    voltages = ouro.pair(cell)
    recipe = Recipe(n, 1, voltages)
    some = [recipe.draw(cell, k) for k in range(n)]
    cells = ouro.fleet(cell, some, **where)
    return ouro.write_many(cells, ouro.FixedPulse(voltages), [one.target_S for one in some], 0.2, 10)


def extracted(cell: Any, n: int, where: Where) -> Any:
    """Bytes of all files of a dataset."""
    with tempfile.TemporaryDirectory() as folder:
        ouro.extract(cell, n, 3, folder, voltages=PAIR, **where)
        return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(Path(folder).iterdir())}


def compared(n: int, where: Where) -> Any:
    """Compare the same records in a compact cell and a circuit."""
    a, b = _operands(n)
    found = ouro.compare(a, b, n_split=n, **where)
    return found.frame, found.played, found.split and found.split.log10_s


@cache
def _operands(n: int) -> tuple[ouro.PulseDataset, ouro.PulseDataset]:
    """The datasets that are compared."""
    first = ouro.extract(COMPACT, n, 4, voltages=PAIR)
    table = {name: first.frame[name].to_numpy(float) for name in ("g_start_S", "g_target_S", "rise_s", "fall_s")}
    return first, ouro.extract(CIRCUIT, n, 4, voltages=PAIR, sampling=table)


def positions(where: Where) -> Any:
    """One pulse at the corners of an array, and reads there."""
    array = ouro.Crossbar(3, 3, ouro.Cell1R(ouro.jart_vcm_v1b(window=True)))
    pulse = ouro.Pulse(-0.6, 50e-9)
    return ouro.sweep_positions(array, pulse, positions=2, **where), ouro.sneak_map(array, positions=2, **where)


def benched(n: int, where: Where) -> Any:
    """All programmers on the same cells, tuned on others; with a table."""
    bench = Bench("full", COMPACT, PAIR, n, 0.2, 8, tuning=Tuning(3, 6), table=60, **where)
    found = benchmark(bench)
    return found.histories, found.settings, found.edges, found.failures


def verbs(quick: bool) -> dict[str, Callable[[Where], Any]]:
    """Return all that is done, by name."""
    many, few = (12, 4) if quick else (60, 12)
    network = default_programmer(ouro.PulsePredictor.load(shipped_checkpoint("1r")), any_circuit=True)
    own = {"workers": None, "scheduler": None}

    def threads(where: Where) -> Where:
        both = own | where
        return {"threads": both["workers"], "scheduler": both["scheduler"]}

    return {
        "extract, compact": lambda where: extracted(COMPACT, many, where),
        "extract, 1R in SPICE": lambda where: extracted(CIRCUIT, 2 * few, where),
        "write_many, ISPP, compact": lambda where: written(many, "compact", ouro.ISPP(PAIR), where),
        "write_many, network, compact": lambda where: written(many, "compact", network, where),
        "write_many, posterior, compact": lambda where: written(many, "compact", posterior(), where),
        "write_many, ISPP, 1R in SPICE": lambda where: written(few, "circuit", ouro.ISPP(PAIR), where, 0.2, 4),
        "write_many, VTEAM, compact": lambda where: survey(few, where),
        "tune, compact": lambda where: tuned(many, where),
        "deploy, compact": lambda where: deployed(many, "compact", where),
        "deploy, 1R in SPICE": lambda where: deployed(few, "circuit", where),
        "trials (noise floor), compact": lambda where: ouro.trials(COMPACT, PAIR, many, 8, widths=32, **where),
        "trials (noise floor), 1R in SPICE": lambda where: ouro.trials(CIRCUIT, PAIR, 2, 2, widths=8, **where),
        "positions and reads of an array": positions,
        "edges, compact": lambda where: ouro.edges(
            COMPACT, voltages=PAIR, counts=(1, 3), edges_s=(2e-9,), starts=2, heldout=2, **where
        ),
        "noise sources": lambda where: noise_sources(n=10 if quick else 60, quick=True, **threads(where)),
        "switching curves": lambda where: switching_curves(2, 2, 3, **where),
        "compare": lambda where: compared(few, where),
        "benchmark-programmers, compact": lambda where: benched(few, where),
    }


@cache
def posterior() -> Any:
    """The programmer that knows the law of the devices."""
    from ouro_spice.programming.nominal import nominal_times
    from ouro_spice.programming.programmers.posterior import Posterior

    return Posterior(nominal_times(COMPACT, PAIR))


def matrix(there: Cluster, quick: bool) -> tuple[Figures, dict[str, str]]:
    """Each verb with one worker, two workers and on the cluster; how many differ, and the digests of one worker."""
    rows, digests, different = [], {}, 0
    for name, verb in verbs(quick).items():
        found, taken_s = [], []
        for where in ({"workers": 1}, {"workers": 2}, {"scheduler": there.address}):
            begun = time.perf_counter()
            found.append(digest(verb(where)))
            taken_s.append(time.perf_counter() - begun)
        digests[name] = found[0]
        different += len(set(found)) > 1
        rows.append([name, *taken_s, "same" if len(set(found)) == 1 else "DIFFERENT"])
        print(*rows[-1], sep="  ", file=sys.stderr, flush=True)
    show("wall time s", ("verb", "1 worker", "2 workers", "Dask", "bytes"), rows)
    return {"verbs": len(rows), "different": different}, digests


class _Told(logging.Handler):
    """Takes the lines that say which worker was lost."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line."""
        self.lines.append(record.getMessage())


@contextmanager
def killed_after(there: Cluster, tasks: int) -> Iterator[None]:
    """Kill a worker when so many tasks have been done."""
    usual, done = DaskExecutor._taken, []

    def taken(*arguments: Any) -> Any:
        done.append(usual(*arguments))
        if len(done) == tasks:
            there.workers[0].kill()
        return done[-1]

    DaskExecutor._taken = taken
    try:
        yield
    finally:
        DaskExecutor._taken = usual


def losses(quick: bool, digests: Mapping[str, str], lost: Mapping[str, int]) -> Figures:
    """Kill a worker in the midst of each of some verbs: after so many tasks; the other does those of it."""
    told, rows = _Told(), []
    logging.getLogger("ouro_spice").addHandler(told)
    different = 0
    for name, after in lost.items():
        with cluster(2) as there, killed_after(there, after):
            found = digest(verbs(quick)[name]({"scheduler": there.address}))
        different += found != digests[name]
        rows.append([name, "same" if found == digests[name] else "DIFFERENT", told.lines[-1] if told.lines else "-"])
    logging.getLogger("ouro_spice").removeHandler(told)
    show("a worker is killed", ("verb", "bytes", "said"), rows)
    return {"different_after_loss": different, "losses_told": sum("was lost" in line for line in told.lines)}


def main() -> int:
    """Run it."""
    args = arguments(__doc__).parse_args()
    pulse_dataset._SHARD = pulse_dataset._COMPACT_SHARD = SHARD
    lost = {"extract, 1R in SPICE": 1} if args.quick else {
        "extract, 1R in SPICE": 1, "write_many, ISPP, 1R in SPICE": 1, "deploy, 1R in SPICE": 1,
    }  # fmt: skip
    with cluster() as there:
        figures, digests = matrix(there, args.quick)
    figures |= losses(args.quick, digests, lost)
    return finish(args, figures, TARGETS)


if __name__ == "__main__":
    sys.exit(main())
