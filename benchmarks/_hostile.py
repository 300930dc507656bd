"""Bad command lines and files: what `hostile.py` runs in its own process."""

from __future__ import annotations

import itertools
import json
import os
import pickle
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

import ouro_spice as ouro
from ouro_spice.predictor import PulsePredictor, Specification, Stage

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


def cases(folder: Path, seed: int) -> Iterator[Case]:
    """All cases of bad command lines and files; good inputs for the others are made in `folder`."""
    good(folder, seed)
    yield from numbers()
    yield from words()
    yield from damaged_files(folder)
    yield from damaged_datasets(folder)
    yield from damaged_manifests(folder)
    yield from damaged_checkpoints(folder, seed)
    yield from campaign_files(folder)
    yield from outputs(folder)


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
    bad = ("nan", "inf", "-inf", "-1e9", "1e400", "x", "1e-6 S", "0x10", "1,5", "--", "1e")
    options = {
        "pair --total": ("pair", *REDUCED, "--total"),
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


def damaged_files(folder: Path) -> Iterator[Case]:
    """Every kind of file that is none of the kind that is asked for, for every command that reads one."""
    made = folder / "files"
    made.mkdir()
    contents = {
        "empty": b"", "binary": bytes(range(256)) * 8, "json": b"[1, 2, 3]", "object": b"{}", "text": b"a b c\n",
        "pickle": pickle.dumps({"a": 1}), "zip": b"PK\x03\x04" + bytes(60), "nested": b"[" * 200_000,
        "latin1": "größe\n1".encode("latin-1"), "toml": b"a = 1\n", "nan": b"g_start_S,g_target_S\nnan,nan\n",
        "header": b"g_start_S,g_target_S\n",
    }  # fmt: skip
    for name, content in contents.items():
        (made / name).write_bytes(content)
    np.save(made / "array.npy", np.zeros(3))
    np.savez(made / "arrays.npz", a=np.zeros(3))
    (made / "loop").symlink_to(made / "loop")
    paths = [*(made / name for name in contents), made / "array.npy", made / "arrays.npz", made / "loop", made,
             made / "nowhere", made / ("n" * 300), Path("/dev/null"), made / "empty" / "below"]  # fmt: skip
    commands: dict[str, Callable[[Path], Sequence[object]]] = {
        "dataset info": lambda path: ("dataset", "info", path),
        "dataset check": lambda path: ("dataset", "check", path),
        "dataset plot": lambda path: ("dataset", "plot", path, "--out", "o"),
        "train": lambda path: ("train", path, "--out", "o.npz"),
        "train --spec": lambda path: ("train", "data", "--spec", path, "--out", "o.npz"),
        "train --start": lambda path: ("train", "data", "--start", path, "--out", "o.npz"),
        "compare": lambda path: ("compare", "data", path, "--out", "o"),
        "extract --like": lambda path: ("extract", *REDUCED, *PAIR, "--like", path, "--out", "o"),
        "extract --list": lambda path: ("extract", *REDUCED, *PAIR, "--list", path, "--out", "o"),
        "program": lambda path: ("program", *REDUCED, "--target", "2e-4", "--checkpoint", path),
        "report": lambda path: ("report", path, "--out", "o.md"),
        "campaign": lambda path: ("campaign", "paper", "--config", path, "--out", "o"),
        "import": lambda path: ("import", path, *IMPORT[2:], "--out", "o"),
        "array --g-map": lambda path: ("array", "write", *ARRAY, "--g-map", path, "--out", "o"),
    }
    for (name, argv), path in itertools.product(commands.items(), paths):
        yield Case("files", f"{name} {path.name[:20]}", argv(path))


def damaged_datasets(folder: Path) -> Iterator[Case]:
    """Datasets with a file that is damaged, for every command that reads one."""

    def cut(path: Path) -> None:
        path.write_bytes(path.read_bytes()[:-100])

    def flip(path: Path) -> None:
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)

    records = "records-00000"
    harms: dict[str, Callable[[Path], object]] = {
        "cut": lambda data: cut(data / f"{records}.parquet"), "flip": lambda data: flip(data / f"{records}.parquet"),
        "empty": lambda data: (data / f"{records}.parquet").write_bytes(b""),
        "text": lambda data: (data / f"{records}.parquet").write_text("records"),
        "missing": lambda data: (data / f"{records}.parquet").unlink(),
        "no checksum": lambda data: (data / f"{records}.sha256").unlink(),
        "checksum of bytes": lambda data: (data / f"{records}.sha256").write_bytes(b"\xff\xfe"),
        "no manifest": lambda data: (data / "manifest.json").unlink(),
        "manifest a folder": lambda data: ((data / "manifest.json").unlink(), (data / "manifest.json").mkdir()),
    }  # fmt: skip
    for name, harm in harms.items():
        data = folder / "harmed" / name.replace(" ", "_")
        shutil.copytree(folder / "data", data)
        harm(data)
        partial = name == "missing"  # is not complete, which is no fault of one that is being extracted
        gone = name in ("no manifest", "manifest a folder")
        report = "report.html" if not gone else "report.md"
        for command, argv, code in (
            ("info", ("dataset", "info", data), 0 if partial else 2),
            ("check", ("dataset", "check", data), 2 if name == "no manifest" else 1),
            ("plot", ("dataset", "plot", data, "--out", "o"), 2), ("train", ("train", data, "--out", "o.npz"), 2),
            ("compare", ("compare", "data", data, "--out", "o"), 2),
            ("like", ("extract", *REDUCED, *PAIR, "--like", data, "--out", "o"), 2),
            ("report", ("report", data, "--out", report), 2),
        ):  # fmt: skip
            yield Case("datasets", f"{name}: {command}", argv, code, one_line=command != "check")


def damaged_manifests(folder: Path) -> Iterator[Case]:
    """Manifests of the wrong kinds and sizes."""
    whole = json.loads((folder / "data" / "manifest.json").read_text())
    changes = {
        "cell a list": {"cell": []}, "settings a list": {"settings": []}, "files a text": {"files": "x"},
        "circuit a number": {"circuit": 1}, "failures of texts": {"failures": {"a": "b"}}, "more": {"more": 1},
        "a trillion records": {"settings": whole["settings"] | {"n": 10**12}},
        "no records": {"settings": whole["settings"] | {"n": 0}},
        "shard of a text": {"settings": whole["settings"] | {"shard": "x"}},
        "pair a number": {"settings": whole["settings"] | {"pair": 5}},
        "step null": {"settings": whole["settings"] | {"step_s": None}},
        "another cell": {"cell": whole["cell"] | {"resistance": 5.0}},
    }  # fmt: skip
    for (name, change), signed in itertools.product(changes.items(), (True, False)):
        data = folder / "manifests" / f"{name}-{signed}".replace(" ", "_")
        data.mkdir(parents=True)
        values = whole | change
        if not signed:
            values.pop("sha256")
        (data / "manifest.json").write_text(json.dumps(values))
        for command in ("info", "check", "plot"):
            yield Case("manifests", f"{name}: {command}", ("dataset", command, data))
        yield Case("manifests", f"{name}: train", ("train", data, "--out", "o.npz"))
        yield Case("manifests", f"{name}: compare", ("compare", "data", data, "--out", "o"))
        yield Case("manifests", f"{name}: go on", ("extract", *REDUCED, *PAIR, "--n", "20", "--out", data))


def damaged_checkpoints(folder: Path, seed: int) -> Iterator[Case]:
    """Checkpoints with bits that were flipped, or cut off anywhere."""
    content, rng = (folder / "net.npz").read_bytes(), np.random.default_rng(seed)
    (folder / "nets").mkdir()
    for number in range(30):
        harmed = bytearray(content)
        # the names in the archive's own table count twice: flips of what nobody reads are no damage
        place = int(rng.integers(100, len(content) // 2))
        harmed[place] ^= 1 << int(rng.integers(8))
        path = folder / "nets" / f"{number}.npz"
        path.write_bytes(harmed if number % 3 else harmed[: int(rng.integers(len(content)))])
        yield Case("checkpoints", f"{number}", ("program", *REDUCED, "--target", "2e-4", "--checkpoint", path))


def campaign_files(folder: Path) -> Iterator[Case]:
    """Campaigns whose names lead out of the folder, or whose values are of the wrong kind."""
    made = folder / "campaigns"
    made.mkdir()
    base = {
        "seed": "1", "records": "10", "deployments": "5", "key": "a", "name": '"s"', "cell": '"reduced"', "more": "",
        "variant": 'stages = [{ objective = "time", epochs = 1 }]', "end": "[floor]\npairs = 1\ntrajectories = 2",
    }  # fmt: skip
    changes = [
        *(("name", f'"{name}"') for name in ("../../escaped", "/tmp/x", "a/b", "..", ".", "", "a\\u0000b", "n" * 300)),
        *(("key", f'"{name}"') for name in ("../../../evil", "/tmp/x", "a/b", "..", "", "n" * 300)),
        *(("variant", f"{base['variant']}\nname = {name}") for name in ('"../x"', '"/x"', "3", '""', '".x"')),
        *(("cell", value) for value in ('"2r"', "3", "[]", "true")),
        *((name, value) for name in ("seed", "records", "deployments") for value in ("-1", '"x"', "1.5", "nan", "[]")),
        *(("more", f"{name} = {value}") for name in ("write", "devices", "starts") for value in ("-1", '"x"', "true")),
        *(("more", f"edges_s = {value}") for value in ("5", "[]", '["a", "b"]', "[1e-9]", "[1, 2, 3]")),
        *(("more", line) for line in ('d2d = "x"', "d2d = 3", 'voltages = "x"', 'judged = "no"', "nosuch = 1",
                                      'begin = "x"', "variants = 3", 'compact = "x"', 'transfer = "x"', "write = 1",
                                      'converge = ["a"]')),
        *(("variant", line) for line in ("stages = 3", "stages = []", 'stages = [{ objective = "x" }]', "x = 1",
                                         f"{base['variant']}\nexperience = 5", f"{base['variant']}\ndrives = 5",
                                         f"{base['variant']}\nexperience = {{ devices = 1, rounds = 3 }}",
                                         f"{base['variant']}\nlike = 5", f"{base['variant']}\nnetworks = 1000")),
        *(("end", line) for line in ("", "floor = 3", '[floor]\npairs = "x"\ntrajectories = 2', "[floor]\npairs = 1")),
    ]  # fmt: skip
    for number, (place, value) in enumerate(changes):
        v = base | {place: value}
        key = v["key"] if v["key"].startswith('"') else f'"{v["key"]}"'
        variants = "" if v["more"].startswith("variants") else f"variants = [{key}]\n"
        path = made / f"{number}.toml"
        path.write_text(
            f"seed = {v['seed']}\nrecords = {v['records']}\ndeployments = {v['deployments']}\n"
            f"[variant.{key}]\n{v['variant']}\n"
            f"[[setting]]\nname = {v['name']}\ncell = {v['cell']}\n{variants}{v['more']}\n{v['end']}\n"
        )
        name = f"{place}: {value}"[:60].replace("\n", " ")
        yield Case("campaigns", name, ("campaign", "paper", "--config", path, "--out", "o"))


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
