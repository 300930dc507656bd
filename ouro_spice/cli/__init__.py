"""The command line: each command is one call of the package.

Exit codes: 2 for what is wrong with the command line or an input file, 1 for a tool, the machine or a missed figure,
130 for Ctrl-C.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence

import typer

from ..files import OutputError
from ..machine import ToolError
from ..waveform import SimulationError
from . import array, dataset, jobs
from .benchmark_programmers import benchmark_programmers
from .campaign import campaign
from .compare import compare
from .edges import edges
from .extract import extract
from .noise_sources import noise_sources
from .output import StoppedError, plain_warnings, resumable
from .pair import pair
from .program import program
from .report import report
from .train import train

app = typer.Typer(
    add_completion=False, rich_markup_mode=None, no_args_is_help=True, pretty_exceptions_enable=False,
    help="SPICE-level co-simulation of memristor programming.",
)  # fmt: skip

# the commands, in the order in which --help lists them; a module of commands is imported above and named here, and
# imports what it works with inside its functions: --help has to be quick
for _name, _command in (
    ("doctor", jobs.doctor),
    ("osdi", jobs.osdi),
    ("decks", jobs.decks),
    ("sim", resumable()(jobs.sim)),
    ("switching-curves", resumable()(jobs.switching_curves)),
    ("pair", pair),
    ("edges", edges),
    ("extract", extract),
    ("import", dataset.import_),
    ("compare", compare),
    ("train", train),
    ("program", program),
    ("benchmark-programmers", benchmark_programmers),
    ("noise-sources", noise_sources),
    ("campaign", campaign),
    ("report", report),
):
    app.command(name=_name)(_command)
app.add_typer(array.app, name="array")
app.add_typer(dataset.app, name="dataset")


@plain_warnings()
def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point: turns exceptions into one clear line and an exit code."""
    code: int | str | None
    try:
        app(args=list(arguments) if arguments is not None else None, standalone_mode=True)
        code = 0
    except SystemExit as stop:
        # typer makes 130 of Ctrl-C, and says nothing
        code = _complain("interrupted", 130) if stop.code == 130 else stop.code
    except ValueError as error:
        code = _complain(error, 2)
    except (ToolError, SimulationError, OutputError, OSError) as error:
        code = _complain(error, 1)
    except StoppedError as error:
        code = _complain(error, 130)
    except KeyboardInterrupt:
        code = _complain("interrupted", 130)
    _leave(code)


def _leave(code: int | str | None) -> None:
    from ..engine import default_engine

    default_engine().close()
    with contextlib.suppress(OSError):
        sys.stdout.flush()
    sys.exit(code)


def _complain(error: object, code: int) -> int:
    print(f"ouro-spice: {error}", file=sys.stderr)
    return code
