"""``ouro-spice train``: a pulse predictor from a dataset."""

from __future__ import annotations

import enum
import json
import tempfile
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .._util.files import OutputError, read_text
from .output import Json, option, out_file, show

if TYPE_CHECKING:
    from ..dataset.pulse_dataset import PulseDataset
    from ..prediction.pulse_predictor import PulsePredictor
    from ..prediction.specification import Specification


Activation = enum.Enum("Activation", {"TANH": "tanh", "RELU": "relu", "SIGMOID": "sigmoid"})
"""What can stand behind the hidden layers."""

_ROOM = 1 << 17
"""The size of most checkpoints [bytes]."""


def train(
    dataset: Annotated[Path, typer.Argument(help="Folder of the dataset, extracted or imported.", show_default=False)],
    variant: Annotated[str | None, option("A network of training/paper.toml or circuit.toml.")] = None,
    spec: Annotated[Path | None, option("TOML file that describes the network and its training.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of initial weights and the order of records.")] = 0,
    start: Annotated[Path | None, option("Checkpoint whose weights training begins with.")] = None,
    hidden: Annotated[str | None, option("Units of each hidden layer, as 16,16. [default: 32,64,32]")] = None,
    activation: Annotated[Activation | None, option("Behind each hidden layer. [default: tanh]")] = None,
    out: Annotated[Path, typer.Option(help="File for the checkpoint.")] = Path("predictor.npz"),
    as_json: Json = False,
) -> None:
    """Train a pulse predictor, say what it is worth on records that it has not seen, and write its checkpoint."""
    if variant is not None and spec is not None:
        raise ValueError("--variant and --spec: give one of them")
    layers: dict[str, Any] = {"hidden": _units(hidden), "activation": activation and activation.value}
    out_file(out, "predictor.npz", _ROOM)
    from ..dataset.pulse_dataset import PulseDataset
    from ..prediction.held_out import held_out
    from ..prediction.pulse_predictor import PulsePredictor

    wanted = _read_specification(spec) if spec else _variant(variant) if variant else None
    begin = PulsePredictor.load(start) if start else None
    data = PulseDataset.load(dataset)
    predictor = _train(data, wanted, seed, begin, layers)
    path = _save(predictor, out)
    results = {
        "out": str(path), "sha256": predictor.sha256, "circuit": predictor.manifest.circuit, "seed": seed,
        "control": predictor.control, "layers": list(predictor.weights.sizes),
        "activation": predictor.specification.activation, "variant": variant or (str(spec) if spec else "default"),
        "records": {split: len(data.reached(split)) for split in ("train", "validation", "test")},
        "empty_splits": _empty_splits(data),
        "kept": predictor.manifest.settings["training"]["kept"], "held_out": held_out(predictor, data),
    }  # fmt: skip
    if as_json:
        print(json.dumps(results, indent=2))
    else:
        _print_results(results)


def _save(predictor: PulsePredictor, out: Path) -> Path:
    """Write the checkpoint, elsewhere where its place is full or gone, for training takes long; return its path."""
    try:
        return predictor.save(out)
    except OutputError as error:
        elsewhere = Path(tempfile.mkdtemp(prefix="ouro-spice-")) / (out.name or "predictor.npz")
        raise OutputError(f"{error}; the network is in {predictor.save(elsewhere)}") from error


def _units(hidden: str | None) -> tuple[int, ...] | None:
    """Return the units of each hidden layer; ValueError for a text that holds none."""
    if hidden is None:
        return None
    try:
        return tuple(int(one) for one in hidden.split(","))
    except ValueError:
        raise ValueError(f"--hidden {hidden}: whole numbers with commas between them, as 16,16") from None


def _train(
    data: PulseDataset, wanted: Specification | None, seed: int, begin: PulsePredictor | None, layers: dict[str, Any]
) -> PulsePredictor:
    """Return the trained network; one that another begins with is trained before, unless a checkpoint is given."""
    from ..prediction.pulse_predictor import PulsePredictor

    if begin is None and wanted is not None and wanted.start:
        begin = _train(data, _variant(wanted.start), seed, None, layers)
    return PulsePredictor.fit(data, wanted, seed=seed, start=begin, **layers)


def _variant(key: str) -> Specification:
    """Return the specification of a network of the campaigns that needs nothing but records."""
    from ..experiment.campaigns import CAMPAIGNS
    from ..experiment.configuration import Configuration

    every = {key: one for name in CAMPAIGNS[::-1] for key, one in Configuration.load(name).variants.items()}
    plain = {key: one.specification for key, one in every.items() if not one.experience and not one.drives}
    if key in plain:
        return plain[key]
    if key in every:
        raise ValueError(
            f"variant {key!r} learns from pulse after pulse of each device: `ouro-spice campaign` makes it"
        )
    raise ValueError(f"variant {key!r} is unknown; there is {', '.join(plain)}")


def _read_specification(path: Path) -> Specification:
    """Return the specification of a TOML file: what stands below ``[variant.NAME]`` in training/paper.toml."""
    from ..prediction.specification import Specification

    try:
        table = tomllib.loads(read_text(path))
        if list(table) == ["variant"] and len(table["variant"]) == 1:
            (table,) = table["variant"].values()
        table.pop("name", None)
        return Specification.of(table)
    except FileNotFoundError:
        raise ValueError(f"--spec {path}: there is no such file") from None
    except (OSError, AttributeError, TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"--spec {path}: {error}") from error


def _empty_splits(data: PulseDataset) -> str:
    """Return a sentence on splits without a record that reached its target; "" where there is none."""
    empty = [split for split in ("validation", "test") if not len(data.reached(split))]
    what = {
        "validation": "no epoch is chosen, and the last of a fixed number is kept",
        "test": "nothing is said of records that the network has not seen",
    }
    if not empty:
        return ""
    groups = int(data.reached().device.nunique()) if "device" in data.frame else 0
    few = f" ({groups} devices, which stay together; each split needs one of its own)" if 1 < groups < 30 else ""
    return f"no record in {' and '.join(empty)}{few}: {'; '.join(what[split] for split in empty)}"


_FEW = 8


def _update(row: dict[str, Any]) -> list[str]:
    """Return the row of a size of small updates, as text."""
    sign = "+" if row["direction"] == "set" else "-"
    low, high = row["interval"]
    first = [f"{sign}{row['asked_S'] * 1e6:g}", str(row["n"]), f"{row['gain']:.2f}"]
    if row["n"] < _FEW:  # neither an interval nor a spread comes of so few
        return [*first, "-", "-", f"{row['wrong_way']:.0%}"]
    return [*first, f"{low:.2f} .. {high:.2f}", f"{row['spread']:.2f}", f"{row['wrong_way']:.0%}"]


def _print_results(results: dict[str, Any]) -> None:
    """Print records, scores and figures of a training, and where its checkpoint is."""
    records, found = results["records"], results["held_out"]
    rows = [[name, "none" if score is None else f"{score:.4g}"] for name, score in results["kept"].items()]
    print(
        f"records: {records['train']} to learn from, {records['validation']} to choose by, {records['test']} held out"
    )
    if results["empty_splits"]:
        print(results["empty_splits"])
    show(("stage", "best validation score"), rows)
    if found["n"] and "voltage_error_median_V" in found:
        volts = [f"{found[f'voltage_error_{name}_V'] * 1e3:.3g} mV" for name in ("median", "mean")]
        bands = [f"{found[f'within_{band}']:.1%}" for band in (50, 20, 10)]
        head = ("held out", "error of the voltage, median", "mean", "ends within 50 %", "20 %", "10 %")
        show(head, [[str(found["n"]), *volts, *bands]])
    elif found["n"]:
        errors = (found["t_error_median"], found["t_error_mean"])
        bands = [found[f"within_{band}"] for band in (50, 20, 10)]
        texts = ["-" if value is None else f"{value:.1%}" for value in (*errors, *bands)]
        show(
            ("held out", "error of t, median", "mean", "ends within 50 %", "20 %", "10 %"), [[str(found["n"]), *texts]]
        )
        if bands[0] is None:
            print("ends within: cannot be known from single pulses, which do not tell where another time would end")
    if found.get("small_updates"):
        head = ("asked for (uS)", "records", "gain", "its interval", "spread", "wrong way")
        show(head, [_update(row) for row in found["small_updates"]])
    print(f"checkpoint: {results['out']}\nsha256: {results['sha256']}")
