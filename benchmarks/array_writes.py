"""Writes of arrays without SPICE: CPU time beside ngspice's in one run, the error beside it, memory of large ones.

One 100 ns SET with edges of 1 ns into the middle cell of n x n cells with lines, from the low end of its window, in a
random map of conductances up to one and a half times that. 1R: V/2, 2 Ohm a segment; 1T1R: the usual lines and
transistor. Below 64 x 64 each is written A B A B: solved, ngspice, and both again; the time is the mean. Kernels and
the transistor's table were made before; the sample of full SPICE, which `write_array` needs once, is not in it.
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from _common import Figures, Target, arguments, finish, peak_MB, show

import ouro_spice as ouro
from ouro_spice.simulation.array_solver.solved_pulse import solved
from ouro_spice.spice.ngspice import Ngspice

DEVICE = ouro.jart_vcm_v1b(window=True)
CELLS: dict[str, ouro.Cell1R | ouro.Cell1T1R] = {
    "1R": ouro.Cell1R(DEVICE, ouro.Lines(r_bl=2.0, r_wl=2.0, c_bl=0.2e-15, c_wl=0.2e-15), ouro.Driver(10.0)),
    "1T1R": ouro.Cell1T1R(DEVICE, ouro.Lines(2.0, 2.0, 2.0, 0.2e-15, 0.2e-15, 0.2e-15)),
}
AMPLITUDES_V = {"1R": -0.9, "1T1R": -0.6}
QUICK, WHOLE, LARGE = (8, 16), (16, 32, 64), (128, 256)
TARGETS = (
    Target("1R_64_ratio", 10.0, at_least=True), Target("1T1R_64_ratio", 5.0, at_least=True),
    Target("1R_64_g_apart", 1e-3), Target("1T1R_64_g_apart", 1e-3), Target("1R_64_disturb_apart", 1e-2),
    Target("1R_256_cpu_s", 120.0), Target("1R_256_peak_MB", 2e3),
)  # fmt: skip
QUICK_TARGETS = (
    Target("1R_16_g_apart", 1e-3), Target("1T1R_16_g_apart", 1e-3), Target("1R_16_disturb_apart", 1e-2),
    Target("1R_16_energy_apart", 1e-2), Target("1T1R_16_energy_apart", 2e-2),
    Target("1T1R_16_ratio", 2.0, at_least=True),
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """One write: a cell of an array, the pulse, and where the array starts."""

    selection: ouro.Selection
    pulse: ouro.Pulse
    state: ouro.State

    @classmethod
    def of(cls, kind: str, n: int, seed: int) -> Case:
        """The middle cell of n x n cells."""
        array = ouro.Crossbar(n, n, CELLS[kind])
        low, _ = array.cell.window_S
        g = np.random.default_rng(seed).uniform(low, 1.5 * low, (n, n))
        g[n // 2, n // 2] = low
        pulse = ouro.Pulse(AMPLITUDES_V[kind], 100e-9, 1e-9, 1e-9)
        return cls(array.cell_at(n // 2, n // 2), pulse, array.state(g))

    def solved(self, engine: Ngspice) -> ouro.Waveform:
        """The write without SPICE."""
        return solved(self.selection, self.pulse, 0.0, self.selection.duration([self.pulse]), self.state, engine)

    def spice(self, engine: Ngspice) -> ouro.Waveform:
        """The write in full SPICE."""
        return ouro.simulate(self.selection, self.pulse, self.state, engine=engine)

    def moved(self, wave: ouro.Waveform) -> tuple[float, np.ndarray]:
        """The selected conductance afterwards [S], and how far all other states have moved on their scale."""
        g = self.selection.array.g_map_S(ouro.State(wave.end_state.x)).ravel()
        way = np.log(wave.end_state.lead / self.state.lead)
        return float(g[self.selection.index]), np.delete(way, self.selection.index)


def cpu_s(engine: Ngspice, work: Callable[[Ngspice], ouro.Waveform]) -> tuple[float, ouro.Waveform]:
    """Return the CPU time of this process and of the engine's worker [s], and what the work gave."""
    worker = engine._pool._workers[0]._process.pid

    def now() -> float:
        own = resource.getrusage(resource.RUSAGE_SELF)
        ticks = Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()[11:13]
        return own.ru_utime + own.ru_stime + sum(map(int, ticks)) / 100

    begin = now()
    wave = work(engine)
    return now() - begin, wave


def compared(figures: Figures, kind: str, n: int, seed: int, rounds: int) -> list[object]:
    """One size in both ways: a row of the table, and the figures."""
    case = Case.of(kind, n, seed)
    with Ngspice(timeout_s=900) as engine:
        ouro.simulate(ouro.Cell1R(DEVICE), ouro.Pulse(-0.5, 1e-9), engine=engine)
        case.solved(engine)
        runs = [(cpu_s(engine, case.solved), cpu_s(engine, case.spice)) for _ in range(rounds)]
    ours, spice = (float(np.mean([run[which][0] for run in runs])) for which in (0, 1))
    solved_wave, wave = runs[-1][0][1], runs[-1][1][1]
    (g, way), (wanted, there) = case.moved(solved_wave), case.moved(wave)
    worst = int(np.argmax(np.abs(there)))
    disturb = abs(way[worst] / there[worst] - 1) if abs(there[worst]) > 1e-6 else 0.0
    energy = abs(solved_wave.energy_J / wave.energy_J - 1)
    found = {"ratio": spice / ours, "cpu_s": ours, "ngspice_cpu_s": spice, "g_apart": abs(g / wanted - 1)}
    found |= {"disturb_apart": disturb, "energy_apart": energy, "points": solved_wave.effort.points}
    figures.update({f"{kind}_{n}_{name}": value for name, value in found.items()})
    largest = float(np.abs(there[worst]))
    cost = [ours, spice, spice / ours, solved_wave.effort.points, wave.effort.points]
    return [f"{n} x {n} {kind}", *cost, abs(g / wanted - 1), largest, disturb, energy]


def alone(figures: Figures, kind: str, n: int, seed: int) -> list[object]:
    """One size without SPICE: a row of the table, and the figures."""
    case = Case.of(kind, n, seed)
    with Ngspice() as engine:
        ouro.simulate(ouro.Cell1R(DEVICE), ouro.Pulse(-0.5, 1e-9), engine=engine)
        seconds, wave = cpu_s(engine, case.solved)
    figures.update({f"{kind}_{n}_cpu_s": seconds, f"{kind}_{n}_peak_MB": peak_MB("self")})
    return [f"{n} x {n} {kind}", seconds, wave.effort.points, wave.effort.iterations, wave.g_S * 1e6, peak_MB("self")]


def main() -> int:
    """Run the benchmark; returns the exit code."""
    args = arguments(__doc__).parse_args()
    figures: Figures = {}
    sizes, rounds = (QUICK, 1) if args.quick else (WHOLE, 2)
    rows = [compared(figures, kind, n, args.seed, rounds if n < 64 else 1) for kind in CELLS for n in sizes]
    head = (
        "array",
        "CPU (s)",
        "ngspice (s)",
        "ratio",
        "points",
        "its points",
        "G apart",
        "disturb",
        "apart",
        "energy apart",
    )
    show("one write, solved and in ngspice", head, rows)
    large = [alone(figures, kind, n, args.seed) for kind in CELLS for n in ((64,) if args.quick else LARGE)]
    show("solved alone", ("array", "CPU (s)", "points", "solutions", "G after (uS)", "peak memory (MB)"), large)
    return finish(args, figures, QUICK_TARGETS if args.quick else TARGETS)


if __name__ == "__main__":
    sys.exit(main())
