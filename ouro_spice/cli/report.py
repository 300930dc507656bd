"""``ouro-spice report``: of a dataset, or of the results of campaigns."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from .._util.files import make_folder, write_text
from .output import option, out_file, out_folder

_RESULTS = "results.json"
_PAGES = Path("docs") / "results"
"""Where the pages with all tables are, beside RESULTS.md."""


def report(
    paths: Annotated[
        list[Path], typer.Argument(help="A dataset's folder; or results of campaigns: results.json, NAME.json, or "
                                   "folders with such files.", metavar="PATH...", show_default=False),
    ],
    out: Annotated[
        Path | None,
        option("File: PATH/report.html of a dataset; of campaigns RESULTS.md, by default here, with the "
               "pages of all tables in docs/results beside it."),
    ] = None,
    publish: Annotated[
        Path | None,
        option("Put the results of campaigns, rounded, as NAME.json into this folder, instead of a report.")
    ] = None,
    any_commit: Annotated[
        bool, typer.Option("--any-commit", help="Publish what sources of no commit, or changed ones, have made.")
    ] = False,
) -> None:  # fmt: skip
    """Write a report: HTML of a dataset, RESULTS.md and all tables of what campaigns have found; or publish that."""
    if any(_is_dataset(path) for path in paths):
        if len(paths) > 1:
            raise ValueError(
                f"a report is of one dataset, or of the results of campaigns: {', '.join(map(str, paths))}"
            )
        if publish is not None:
            raise ValueError(f"--publish is for the results of campaigns, and {paths[0]} is a dataset")
        print(f"report: {_dataset(paths[0], _file(out or paths[0] / 'report.html', '.html'))}")
        return
    several = _results_of(paths)
    if publish is not None:
        if out is not None:
            raise ValueError("--publish writes no report: leave --out away, and make it of what was published")
        _publish(several, publish, any_commit)
        return
    for path in _campaigns(paths, several, _file(out or Path("RESULTS.md"), ".md")):
        print(f"report: {path}")


def _is_dataset(path: Path) -> bool:
    """Return whether a path is the folder of a dataset."""
    return path.is_dir() and not (path / _RESULTS).is_file() and (path / "manifest.json").is_file()


def _file(path: Path, suffix: str) -> Path:
    """Return the file of the report, checked; ValueError for another suffix."""
    if path.suffix != suffix:
        raise ValueError(f"--out {path}: the report is a file that ends with {suffix}")
    return out_file(path, f"report{suffix}")


def _dataset(folder: Path, out: Path) -> Path:
    """Write the report of a dataset; return its path."""
    from ..dataset.pulse_dataset import PulseDataset
    from ..reporting.report_page import report as write

    return write(PulseDataset.load(folder), out)


def _results_of(paths: list[Path]) -> list[dict[str, Any]]:
    """Return the results of campaigns, each once; ValueError for two of the same name."""
    from ..experiment.published import publish

    files = [file for path in paths for file in _files(path)]
    several = [publish.read(file) for file in files]
    names = [one["campaign"] for one in several]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        files_of = ", ".join(str(file) for file, name in zip(files, names, strict=True) if name == twice)
        raise ValueError(f"there is more than one campaign {twice}: {files_of}")
    return several


def _files(path: Path) -> list[Path]:
    """Return the files of results that a path stands for; ValueError where there is none."""
    from ..experiment.campaigns import CAMPAIGNS

    if path.is_dir():
        found = [path / _RESULTS] if (path / _RESULTS).is_file() else [path / f"{name}.json" for name in CAMPAIGNS]
        found = [file for file in found if file.is_file()]
        if not found:
            raise ValueError(f"{path} is a folder with neither a dataset nor results.json")
        return found
    if not path.exists():
        raise ValueError(f"{path} is not there")
    return [path]


def _publish(several: list[dict[str, Any]], folder: Path, any_commit: bool) -> None:
    """Write the published files, and warn of results whose sources nobody can get again."""
    from ..experiment.published import publish
    from ..experiment.published.revision import CHANGED, UNKNOWN

    for path in publish.write(several, out_folder(folder, "--publish"), any_commit):
        print(f"published: {path}")
    for one in several:
        made_by = one.get("commit") or UNKNOWN
        if made_by == UNKNOWN or made_by.endswith(CHANGED):
            print(f"ouro-spice: warning: the results of {one['campaign']} are of commit: {made_by}", file=sys.stderr)


def _campaigns(paths: list[Path], several: list[dict[str, Any]], out: Path) -> list[Path]:
    """Write RESULTS.md and the pages with all tables; return their paths."""
    from ..experiment.published import document

    try:
        text = document.results_text(several)
        pages = {one["campaign"]: document.campaign_text(one) for one in several}
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        names, where = ", ".join(map(str, paths)), f" ({error})" if isinstance(error, LookupError) else ""
        raise ValueError(
            f"{names}: figures are missing or of another version{where}; run the campaign again"
        ) from error
    folder = make_folder(out.parent / _PAGES)
    return [write_text(out, text), *(write_text(folder / f"{name}.md", page) for name, page in pages.items())]
