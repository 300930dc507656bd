"""``ouro-spice model``: memristor models, built in and of your own."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Annotated, Any

import typer

from .output import Json, option, out_folder, show
from .quantity import quantity

app = typer.Typer(
    add_completion=False, rich_markup_mode=None, no_args_is_help=True, help="Memristor models, built in and your own."
)

File = Annotated[Path, typer.Argument(help="Description of a model, NAME.toml.", metavar="FILE", show_default=False)]


@app.command(name="list")
def list_(as_json: Json = False) -> None:
    """Show the built-in families: parameters, states, what each is able to."""
    from ..simulation.model_card import built_in_cards

    cards = built_in_cards()
    if as_json:
        print(json.dumps({"models": [card.as_json for card in cards]}, indent=2, allow_nan=False))
        return
    head = ("model", "parameters", "state", "reads (V)", "able to")
    show(head, [
        [card.name, str(len(card.parameters)), ", ".join(one["name"] for one in card.states), f"{card.read_V:g}",
         ", ".join(card.capabilities)]
        for card in cards
    ])  # fmt: skip


@app.command(name="show")
def show_(
    model: Annotated[
        str,
        typer.Argument(help="A built-in family, or a description NAME.toml.", metavar="NAME|FILE", show_default=False),
    ],
    as_json: Json = False,
) -> None:
    """Show a model's parameters with units and ranges, its state, polarity, read voltage and source."""
    from ..simulation.model_card import model_card

    card = model_card(model)
    if as_json:
        print(json.dumps(card.as_json, indent=2, allow_nan=False))
        return
    print(f"{card.name}: {card.source}")
    print(f"SET: {card.polarity}; reads at {card.read_V:g} V; able to: {', '.join(card.capabilities)}")
    show(("parameter", "value", "unit", "range", "what it is"), [_row(one) for one in card.parameters])
    show(("state", "start", "unit", "range", "conductance"), [
        [one["name"], f"{one['start']:g}", one["unit"], _span(one), one["order"]] for one in card.states
    ])  # fmt: skip


def _row(one: dict[str, Any]) -> list[str]:
    return [one["name"], f"{one['value']:g}", one["unit"], _span(one), one["text"]]


def _span(one: dict[str, Any]) -> str:
    """Return a range in words, "any" where there is none."""
    low, high = one["low"], one["high"]
    return "any" if low is None and high is None else f"{low if low is not None else -math.inf:g} .. {high:g}"


@app.command()
def check(
    file: File,
    limit: Annotated[float, quantity("s", "Time limit of one simulation.", default=20.0)] = 20.0,
    out: Annotated[Path | None, option("Folder for a page with a figure.")] = None,
    as_json: Json = False,
) -> None:
    """Run the acceptance test of a model in a process of its own; exit code 1 for a missed bar, 2 for a bad file."""
    from .._util.checks import check_range

    check_range("--limit", limit, 0.1, 3600, "s")
    folder = None if out is None else out_folder(out)
    from ..simulation.acceptance.acceptance_test import accept
    from ..spice.foreign.model_files import load_model

    found = accept(load_model(file), limit)
    if as_json:
        print(json.dumps(found.as_json, indent=2, allow_nan=False))
    else:
        for one in found.findings:
            figure = "" if one.figure is None else f"{one.figure:.3g}"
            bar = "" if one.limit is None else f"bar {one.limit:g}"
            print(f"{'ok' if one.ok else 'MISSED':7} {one.name:20} {figure:>10} {bar:>10}  {one.says}")
        for name, (able, why) in found.capabilities.items():
            print(f"{'yes' if able else 'no':7} {name:20} {why}")
    if folder is not None:
        from ..reporting.model_page import write_model_page

        path = write_model_page(found, folder)
        if not as_json:
            print(f"page: {path}")
    if not found.ok:
        raise typer.Exit(1)


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="Of the model; a folder may stand before it.", metavar="NAME")],
) -> None:
    """Write NAME.va and NAME.toml, a model to begin with that passes the check; nothing is overwritten."""
    from ..device.families import FAMILIES
    from ..spice.foreign.template import write_template

    if name in FAMILIES:
        raise ValueError(f"{name} is a family of this package; give the model another name")
    for path in write_template(name):
        print(path)
