"""Damaged and foreign files: what `hostile.py` runs in its own process."""

from __future__ import annotations

import itertools
import json
import pickle
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from _hostile import ARRAY, IMPORT, PAIR, REDUCED, Case


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
        *(("name", f'"{name}"') for name in ("../../escaped", "/x", "a/b", "..", ".", "", "a\\u0000b", "n" * 300)),
        *(("key", f'"{name}"') for name in ("../../../evil", "/x", "a/b", "..", "", "n" * 300)),
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
