"""Bad command lines and places: what `hostile.py` runs in its own process."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import ouro_spice as ouro
from ouro_spice.prediction.pulse_predictor import PulsePredictor
from ouro_spice.prediction.specification import Specification, Stage

LIMIT_S = 120
"""A case that takes longer hangs, on a busy machine, too; nearly all take milliseconds [s]."""


@dataclass(frozen=True)
class Case:
    """A case: where it belongs, its name, a command line or a function that returns an exit code, and that code.

    `one_line`: what it says is one line; `leaves`: files below the folder that may be there afterwards.
    """

    group: str
    name: str
    argv: Sequence[object] = ()
    code: int = 2
    call: Callable[[], int] | None = None
    one_line: bool = True
    leaves: Sequence[str] = field(default=())


def good(folder: Path, seed: int) -> None:
    """A small dataset, a checkpoint of it, a table of measurements and results, all good."""
    device = ouro.jart_vcm_v1b(window=True)
    cell = ouro.CompactCell(device, "reduced")
    data = ouro.extract(cell, 20, seed, folder / "data", 1, voltages=ouro.Pair(-0.4143, 0.854, 60e-6), start="nominal")
    shutil.copytree(folder / "data", folder / "other")
    PulsePredictor.fit(data, Specification((Stage("time", epochs=1),))).save(folder / "net.npz")
    (folder / "pulses.csv").write_text("a,v,t,b\n1e-4,-0.5,1e-7,2e-4\n2e-4,0.5,1e-7,1e-4\n")
    (folder / "list.csv").write_text("g_start_S,g_target_S\n1.5e-4,3e-4\n")
    (folder / "map.csv").write_text("2e-4,2e-4\n2e-4,2e-4\n")


REDUCED = ("--cell", "reduced")
PAIR = ("--v-set", "-0.4143", "--v-reset", "0.854")
IMPORT = ("import", "pulses.csv", "--map", "g_start_S=a:S,amplitude_V=v:V,width_s=t:s,g_end_S=b:S")
PROGRAM = ("program", *REDUCED, "--checkpoint", "net.npz")
ARRAY = ("--cell", "1r", "--rows", "2", "--cols", "2")


def numbers() -> Iterator[Case]:
    """Options that take a number, with what is none, or none that makes sense."""
    bad = ("nan", "inf", "-inf", "-1e9", "1e400", "x", "1e-6 X", "0x10", "1,5", "--", "1e")
    options = {
        "pair --total": ("pair", *REDUCED, "--total"),
        "pulse --amplitude": ("pulse", *REDUCED, "--out", "o", "--width", "1e-6", "--amplitude"),
        "pulse --width": ("pulse", *REDUCED, "--out", "o", "--amplitude", "-0.5", "--width"),
        "pulse --start": ("pulse", *REDUCED, "--out", "o", "--amplitude", "1", "--width", "1e-6", "--start"),
        "predict --g": ("predict", "1r", "--target", "2e-4", "--g"),
        "predict --target": ("predict", "1r", "--g", "2e-4", "--target"),
        "edges --total": ("edges", *REDUCED, "--out", "o", "--total"),
        "edges --walk": ("edges", *REDUCED, "--out", "o", "--walk"),
        "extract --walk": ("extract", *REDUCED, *PAIR, "--out", "o", "--walk"),
        "extract --step": ("extract", *REDUCED, *PAIR, "--out", "o", "--step"),
        "extract --v-set": ("extract", *REDUCED, "--v-reset", "0.8", "--out", "o", "--v-set"),
        "extract --rise": ("extract", *REDUCED, *PAIR, "--out", "o", "--rise"),
        "program --target": (*PROGRAM, "--target"),
        "program --start": (*PROGRAM, "--target", "2e-4", "--start"),
        "program --tolerance": (*PROGRAM, "--target", "2e-4", "--tolerance"),
        "program --walk": (*PROGRAM, "--target", "2e-4", "--walk"),
        "import --rise": (*IMPORT, "--out", "o", "--rise"),
        "array write --width": ("array", "write", *ARRAY, "--out", "o", "--width"),
        "array write --amplitude": ("array", "write", *ARRAY, "--out", "o", "--amplitude"),
        "array write --r-bl": ("array", "write", *ARRAY, "--out", "o", "--amplitude", "-0.5", "--r-bl"),
        "array product --inputs": ("array", "product", *ARRAY, "--out", "o", "--inputs"),
        "benchmark --tolerance": ("benchmark-programmers", *REDUCED, "--checkpoint", "net.npz", "--out", "o",
                                  "--tolerance"),
        "benchmark --read-times": ("benchmark-programmers", *REDUCED, "--checkpoint", "net.npz", "--out", "o",
                                   "--read-times"),
    }  # fmt: skip
    for (name, argv), value in itertools.product(options.items(), bad):
        yield Case("numbers", f"{name} {value}", (*argv, value))


def words() -> Iterator[Case]:
    """Words and combinations that no command knows."""
    for argv in (
        (), ("nosuch",), ("--nosuch",), ("extract", "--nosuch"), ("extract", "--cell", "2r"), ("osdi", "../x"),
        ("osdi", "nosuch"), ("osdi", "x\ny"), ("campaign", "nosuch"), ("array",), ("array", "nosuch"), ("dataset",),
        ("extract", "--d2d", "x"), ("extract", "--sampling", "x"), ("extract", "--n", "0"), ("extract", "--n", "x"),
        ("extract", "--workers", "0"), ("extract", "--workers", "1" + "0" * 12), ("extract", "--seed", "-1"),
        ("extract", "--cell", "array", "--rows", "1" + "0" * 9, "--out", "o"),
        ("extract", *REDUCED, *PAIR, "--n", "1" + "0" * 15, "--out", "o"),
        ("extract", *REDUCED, *PAIR, "--scheduler", "x", "--out", "o"),
        ("extract", *REDUCED, *PAIR, "--per-device", "1" + "0" * 30, "--out", "o"),
        ("extract", "--like", "data", "--list", "list.csv"), ("extract", "--rows", "2"),
        ("extract", "--voltages", "paper", "--cell", "1r", "--out", "o"), ("extract", "--out", ""),
        ("extract", "--out="),
        ("train", "data", "--variant", "nosuch"), ("train", "data", "--variant", "../x"),
        ("train", "data", "--out", "."),
        ("train", "data", "--out", "data"), ("train", ""), ("program", "--target", "2e-4", "--out", "."),
        (*PROGRAM, "--target", "2e-4", "--corner", "ss"), (*PROGRAM, "--target", "2e-4", "--max-pulses", "0"),
        ("pair", *REDUCED, "--by", "gate"), ("pair", "--v-set", "-1"), ("pair", "--corner", "xx"), ("pair", "--w", "0"),
        ("array", "write", *ARRAY, "--col", "x", "--out", "o"), ("array", "write", *ARRAY, "--row", "5", "--out", "o"),
        ("array", "write", "--rows", "1" + "0" * 9, "--out", "o"), ("array", "write", *ARRAY, "--g", "x", "--out", "o"),
        ("array", "write", *ARRAY, "--scheme", "x", "--out", "o"),
        ("array", "read", *ARRAY, "--bits", "99", "--out", "o"),
        ("array", "write", *ARRAY, "--g", "2e-4", "--g-map", "map.csv", "--out", "o"),
        ("array", "disturb", *ARRAY, "--n", "0", "--out", "o"), ("array", "write", "--cell", "tud", "--out", "o"),
        ("edges", *REDUCED, "--counts", "x", "--out", "o"), ("edges", *REDUCED, "--counts", "1.5", "--out", "o"),
        ("edges", *REDUCED, "--edges", ",", "--out", "o"),
        ("edges", *REDUCED, "--starts", "1" + "0" * 12, "--out", "o"),
        ("switching-curves", "--law", "x", "--out", "o"),
        ("switching-curves", "--spice", "99", "--out", "o"),
        ("noise-sources", "--n", "1", "--out", "o"), ("noise-sources", "--cell", "x"), ("report",),
        ("report", "nowhere"), ("report", "data", "other"), ("report", "data", "--out", "x.md"),
        ("report", "data", "--out", "data"),
        ("compare", "data"), ("compare", "data", "nowhere"), ("import", "pulses.csv"),
        (*IMPORT[:2], "--map", "x", "--out", "o"), (*IMPORT[:2], "--map", "g_start_S=a", "--out", "o"),
        (*IMPORT[:2], "--map", "a=b:c,a=b:c", "--out", "o"), ("doctor", "x"), ("decks", "--out", ""),
        ("sim", "--seed", "-1"), ("sim", "--workers", "0"), ("benchmark-programmers", *REDUCED, "--n", "0"),
        ("benchmark-programmers", *REDUCED, "--checkpoint", "nowhere.npz", "--out", "o"),
    ):  # fmt: skip
        yield Case("words", " ".join(map(str, argv))[:60], argv)


def outputs(folder: Path) -> Iterator[Case]:
    """Places that cannot be written to, for every command that writes: told before the work, exit code 1."""
    (folder / "file").write_text("mine")
    (folder / "link").symlink_to(folder / "link")
    places = [folder / "file", folder / "file" / "below", folder / "link" / "x", Path("/proc/nowhere/x"),
              Path("/dev/null/x"), folder / ("n" * 300)]  # fmt: skip
    commands: dict[str, tuple[Sequence[object], str]] = {
        "extract": (("extract", *REDUCED, *PAIR, "--n", "2"), ""), "import": (IMPORT, ""), "sim": (("sim",), ""),
        "decks": (("decks",), ""), "switching-curves": (("switching-curves", "--spice", "0"), ""),
        "plot": (("dataset", "plot", "data"), ""), "compare": (("compare", "data", "other", "--no-split"), ""),
        "edges": (("edges", *REDUCED), ""), "noise-sources": (("noise-sources", "--quick"), ""),
        "campaign": (("campaign", "paper"), ""), "array write": (("array", "write", *ARRAY, "--amplitude", "-0.5"), ""),
        "array read": (("array", "read", *ARRAY), ""), "array product": (("array", "product", *ARRAY), ""),
        "array position": (("array", "position", *ARRAY, "--amplitude", "-0.5"), ""),
        "array disturb": (("array", "disturb", *ARRAY, "--amplitude", "-0.5"), ""),
        "benchmark": (("benchmark-programmers", *REDUCED, "--checkpoint", "net.npz", "--any-circuit", "--n", "2"), ""),
        "train": (("train", "data"), ".npz"), "report": (("report", "data"), ".html"),
        "program": ((*PROGRAM, "--any-circuit", "--target", "2e-4"), ".html"),
    }  # fmt: skip
    for (name, (argv, suffix)), place in itertools.product(commands.items(), places):
        if suffix and place.name == "file":
            continue  # a file may be written anew
        out = place.with_name(place.name + suffix) if suffix else place
        yield Case("outputs", f"{name} {os.fspath(place)[-20:]}", (*argv, "--out", out), 1)
