"""Switching curves: conductance from pulse to pulse, SET pulses then RESET pulses, over devices that differ and walk.

As in Figure 2(b) of "The Ouroboros of Memristors" (6000 SET and 6000 RESET pulses on 10 devices), with the
compact model, and for some of the same devices with the same random numbers in SPICE.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .._util import random_keys
from .._util.checks import check_count
from .._util.display import brief, shows
from .._util.files import make_folder, read_text, write_text, write_whole
from .._util.progress import progress
from ..circuit.cells import Cell1R
from ..circuit.compact_cell import CompactCell
from ..circuit.pulse import Pulse, trapezoids
from ..compact import characteristics
from ..device.jart.jart_device import Device
from ..device.jart.jart_preset import jart_vcm_v1b
from ..device.jart.walk import Walk
from ..provenance.differences import differences, listed
from ..provenance.manifest import Manifest, describe
from ..reporting.amounts import amount, plain
from ..reporting.page import Fact
from ..reporting.study_page import Shown, study_page
from ..simulation.write_voltages import Pair, pair
from ..spice.execution import executor
from .curves_in_spice import EDGE_S, IDLE_S, WIDTH_S, curves_in_spice, device_seed

if TYPE_CHECKING:
    import pandas as pd

_DRAWN = 400
"""Points of each curve in the figure; the table has them all."""


@dataclass(frozen=True, eq=False)
class SwitchingCurves:
    """Conductance after each pulse.

    Attributes
    ----------
    devices
        The devices.
    voltages
        Amplitudes of the pulses.
    compact_S
        From the compact model, (D, 2 P + 1): at first, after each of P SET pulses, after each of P RESET pulses [S].
    spice_S
        From SPICE, for the first of the same devices, (K, 2 P + 1) [S].
    manifest
        What was simulated.
    """

    devices: tuple[Device, ...]
    voltages: Pair
    compact_S: np.ndarray
    spice_S: np.ndarray
    manifest: Manifest

    @shows
    def __repr__(self) -> str:
        return brief(self)

    @property
    def frame(self) -> pd.DataFrame:
        """Return one row a pulse, one column a curve: ``compact_0_S``, .., ``spice_0_S``, .."""
        import pandas as pd

        columns = {f"compact_{k}_S": curve for k, curve in enumerate(self.compact_S)}
        columns |= {f"spice_{k}_S": curve for k, curve in enumerate(self.spice_S)}
        return pd.DataFrame({"pulse": np.arange(self.compact_S.shape[1])} | columns)


def switching_curves(
    devices: int = 10,
    spice: int = 2,
    pulses: int = 6000,
    seed: int = 0,
    law: str = "ten_percent",
    out: str | Path | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
) -> SwitchingCurves:
    """Send `pulses` SET pulses, then as many RESET pulses, to each of many devices.

    The devices are drawn from a D2D law and walk, one step a pulse. The amplitudes are those at which the nominal
    device crosses its window in this many pulses.

    Parameters
    ----------
    devices, spice
        How many devices, and how many of them in SPICE, too.
    pulses
        Pulses of each direction.
    seed
        Seed of everything random.
    law
        D2D law by name.
    out
        Folder for each curve in SPICE as soon as it is whole; those found there are not simulated again.
    workers
        Processes; all cores where None.
    scheduler
        Address of a Dask scheduler, ``tcp://host:port``, whose workers do what is done in SPICE.

    Raises
    ------
    ValueError
        For counts out of range, an unknown law, or a folder that holds curves of something else.
    """
    for name, value, low in (("devices", devices, 1), ("spice", spice, 0), ("pulses", pulses, 1), ("seed", seed, 0)):
        check_count(name, value, low)
    if spice > devices:
        raise ValueError(f"spice = {spice} must be at most the number of devices, {devices}")
    pulse = Pulse(1.0, WIDTH_S, EDGE_S, EDGE_S, IDLE_S)
    nominal = jart_vcm_v1b(window=True)
    voltages = pair(CompactCell(nominal), pulses * WIDTH_S)
    drawn = nominal.draw(np.random.default_rng(seed), devices, law)
    walk = Walk(pulse.duration)
    walking = tuple(device.replace(walk=walk) for device in drawn)
    settings = {"pulses": pulses, "seed": seed, "law": law, "pair": dataclasses.asdict(voltages)}
    manifest = describe(Cell1R(nominal), "curves", **settings)
    modelled = _compact(walking, walk, voltages, pulses, seed)
    folder = None if out is None else _claimed(Path(out), manifest)
    curves = [np.empty((0, 2 * pulses + 1))]
    with executor(workers, scheduler) as does, progress("pulses in SPICE", 2 * pulses * spice) as bar:
        curves += curves_in_spice(walking[:spice], pulses, manifest, does, bar, folder)
    return SwitchingCurves(walking, voltages, modelled, np.concatenate(curves), manifest)


def _compact(devices: tuple[Device, ...], walk: Walk, voltages: Pair, pulses: int, seed: int) -> np.ndarray:
    """Return the curves of devices that walk, from the compact model, (D, 2 P + 1) [S]."""
    from ..compact.jart.integration import follow  # numba

    slot = (0.0, EDGE_S, WIDTH_S, EDGE_S, IDLE_S)
    pwl = trapezoids((*slot, v) for v in [voltages.v_set] * pulses + [voltages.v_reset] * pulses)
    keys = np.array([random_keys.stream_key(device_seed(seed, k)) for k in range(len(devices))])
    done = follow(
        "full", devices, pwl.times_s, pwl.volts, [device.bounds[0] for device in devices],
        walk=walk.settings, keys=keys, grid_s=sum(slot),
    )  # fmt: skip
    return np.stack(
        [characteristics.conductance(d, done.n[k], own={"r": done.r[k], "l": done.l[k]}) for k, d in enumerate(devices)]
    )


def _claimed(folder: Path, manifest: Manifest) -> Path:
    """Return the folder, with the manifest of these curves in it; ValueError where it holds others."""
    path = make_folder(folder) / "manifest.json"
    if path.is_file():
        try:
            there = Manifest.from_json(read_text(path))
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error
        if there.origin != json.loads(json.dumps(manifest.origin)):
            what = f"{folder} holds curves of something else ({listed(differences(there, manifest))})"
            raise ValueError(f"{what}: name another folder, or remove this one")
    else:
        write_text(path, manifest.to_json())
    return folder


def write_curves(curves: SwitchingCurves, folder: Path) -> dict[str, Path]:
    """Write figure, table and summary; return the paths by kind."""
    paths = {kind: folder / f"switching_curves.{kind}" for kind in ("png", "svg", "csv", "json")}
    figure = draw(curves)
    write_whole(paths["png"], lambda temporary: figure.savefig(temporary, format="png", dpi=150))
    write_whole(paths["svg"], lambda temporary: figure.savefig(temporary, format="svg", metadata={"Date": None}))
    write_whole(paths["csv"], lambda temporary: curves.frame.to_csv(temporary, index=False, float_format="%.6g"))
    write_text(paths["json"], json.dumps(summary(curves), indent=2) + "\n")
    shown = Shown(
        "Conductance from pulse to pulse", figure, "Conductance over the number of the pulse, a line a device",
        "Equal pulses do little, then much, then little: neither linear nor symmetric, and another curve for each "
        "device. Where SPICE is simulated, too (dashed), it lies on the compact model.",
    )  # fmt: skip
    files = [(paths["csv"].name, "conductance after each pulse"), (paths["json"].name, "where the curves go")]
    page = study_page(
        "Switching curves", f"Equal SET pulses, then equal RESET pulses, on {len(curves.devices)} devices that differ "
        "and walk.", _facts(curves), [shown], ("SET, RESET", "G", "D2D", "C2C, walk"), "ouro-spice switching-curves",
        files,
    )  # fmt: skip
    paths["html"] = page.write(folder / "report.html")
    return paths


def _facts(curves: SwitchingCurves) -> list[Fact]:
    """Return the facts of the curves: pulses to 300 uS, conductances, and SPICE against the compact model."""
    half = curves.compact_S.shape[1] // 2
    facts = [
        Fact(f"{half} + {half}", "SET and RESET pulses", f"of {amount(WIDTH_S, 's')}, to {len(curves.devices)} devices")
    ]
    for name, g, at in (("SET", curves.compact_S[:, : half + 1], 1), ("RESET", curves.compact_S[:, half:], -1)):
        crossed = [n for one in g if (n := _pulses(at * one >= at * 300e-6))]  # 0: it was there already
        value = f"{min(crossed)} to {max(crossed)}" if crossed else "none"
        facts.append(Fact(value, f"{name} pulses to 300 uS", f"{len(crossed)} of {len(g)} devices cross it"))
    turn = curves.compact_S[:, half]
    facts.append(Fact(f"{amount(turn.min(), 'S')} to {amount(turn.max(), 'S')}", "conductance at the turn"))
    if len(curves.spice_S):
        away = np.abs(curves.spice_S / curves.compact_S[: len(curves.spice_S)] - 1).max()
        beside = f"largest relative difference, {len(curves.spice_S)} devices"
        facts.append(Fact(f"{plain(100 * away)} %", "SPICE from the compact model", beside))
    return facts


def summary(curves: SwitchingCurves) -> dict[str, object]:
    """Return where the curves go: conductance at the turn and at the end [S], pulses to 300 uS."""
    found: dict[str, object] = {"v_set_V": curves.voltages.v_set, "v_reset_V": curves.voltages.v_reset}
    half = curves.compact_S.shape[1] // 2
    for name, group in (("compact", curves.compact_S), ("spice", curves.spice_S)):
        found[name] = [
            {
                "g_first_S": float(g[0]), "g_turn_S": float(g[half]), "g_last_S": float(g[-1]),
                "set_pulses_to_300uS": _pulses(g[: half + 1] >= 300e-6),
                "reset_pulses_to_300uS": _pulses(g[half:] <= 300e-6),
            }
            for g in group
        ]  # fmt: skip
    return found


def _pulses(crossed: np.ndarray) -> int | None:
    """Return the number of the first pulse after which a curve has crossed; None where it does not."""
    return int(np.argmax(crossed)) if crossed.any() else None


def _spice_label(k: int, count: int) -> str | None:
    """Return the legend's text of the k-th curve of SPICE: of all of them at the first."""
    return None if k else "ngspice" if count == 1 else f"ngspice, {count} of them"


def draw(curves: SwitchingCurves):  # noqa: ANN201 - matplotlib's Figure, imported where it is needed
    """Draw the curves over the number of the pulse; return the figure."""
    from ..reporting.figures import axes

    figure, grid = axes(1, width=8.4, height=4.2)
    ax = grid[0, 0]
    half = curves.compact_S.shape[1] // 2
    shown = np.unique(np.linspace(0, 2 * half, _DRAWN).astype(int))
    several = f"compact model, {len(curves.devices)} devices, a colour each"
    for k, g in enumerate(curves.compact_S[:, shown] * 1e6):
        name = None if k else "compact model" if len(curves.devices) == 1 else several
        ax.plot(shown, g, linewidth=0.7, alpha=0.8, label=name, color=f"C{k % 10}")
    for k, g in enumerate(curves.spice_S[:, shown] * 1e6):
        ax.plot(shown, g, color="black", linewidth=0.9, dashes=(4, 2), label=_spice_label(k, len(curves.spice_S)))
    ax.axvline(half, color="#888", linewidth=0.6)
    v = curves.voltages
    ax.set(
        xlabel="pulse", ylabel="G (uS)",
        title=f"{half} SET pulses at {v.v_set:+.3f} V, {half} RESET pulses at {v.v_reset:+.3f} V, 10 ns each",
    )  # fmt: skip
    ax.legend(loc="upper right", frameon=False)
    return figure
