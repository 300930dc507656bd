"""``ouro-spice report``: of a dataset, or of the results of campaigns."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from ..files import read_text, write_text
from .output import out_file

_RESULTS = "results.json"


def report(
    paths: Annotated[
        list[Path], typer.Argument(help="A dataset's folder; or results.json of campaigns, or their folders.",
                                   metavar="PATH...", show_default=False),
    ],
    out: Annotated[
        Path | None,
        typer.Option(help="File: PATH/report.html of a dataset, RESULTS.md by default.", show_default=False),
    ] = None,
) -> None:  # fmt: skip
    """Write a report: HTML of a dataset, RESULTS.md of what campaigns have found."""
    if any(_is_dataset(path) for path in paths):
        if len(paths) > 1:
            raise ValueError(
                f"a report is of one dataset, or of the results of campaigns: {', '.join(map(str, paths))}"
            )
        print(f"report: {_dataset(paths[0], _file(out or paths[0] / 'report.html', '.html'))}")
        return
    several = [_results(path) for path in paths]
    print(f"report: {_campaigns(paths, several, _file(out or Path('RESULTS.md'), '.md'))}")


def _is_dataset(path: Path) -> bool:
    return path.is_dir() and not (path / _RESULTS).is_file() and (path / "manifest.json").is_file()


def _file(path: Path, suffix: str) -> Path:
    if path.suffix != suffix:
        raise ValueError(f"--out {path}: the report is a file that ends with {suffix}")
    return out_file(path, f"report{suffix}")


def _dataset(folder: Path, out: Path) -> Path:
    from ..dataset import PulseDataset
    from ..report import report as write

    return write(PulseDataset.load(folder), out)


def _results(path: Path) -> dict[str, Any]:
    """What a campaign has found."""
    file = path / _RESULTS if path.is_dir() else path
    try:
        text = read_text(file)
    except (FileNotFoundError, NotADirectoryError):
        what = "a folder with neither a dataset nor results.json" if path.is_dir() else "not there"
        raise ValueError(f"{path} is {what}") from None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{file} is no results.json, or is damaged: it is no whole JSON") from error
    if not isinstance(found, dict) or not {"campaign", "one_shot", "write_verify"} <= set(found):
        raise ValueError(f"{file} does not hold the results of a campaign (`make paper`, `make circuit`)")
    return found


def _campaigns(paths: list[Path], several: list[dict[str, Any]], out: Path) -> Path:
    from ..results import markdown

    try:
        text = markdown(several)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        names = ", ".join(map(str, paths))
        raise ValueError(
            f"{names}: figures are missing or of another version ({error!r}); run the campaign again"
        ) from error
    return write_text(out, text)
