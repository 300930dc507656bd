"""The command line: each command is one call of the package.

Exit codes: 2 for what is wrong with the command line or an input file, 1 for a tool, the machine (an output that
cannot be written, too) or a missed figure, 130 for Ctrl-C, 143 and 129 for SIGTERM and SIGHUP.
"""

from __future__ import annotations

import errno
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from .._util.files import OutputError
from .._util.machine import ToolError
from ..circuit.result import SimulationError
from . import array, dataset, jobs, model
from .benchmark_programmers import benchmark_programmers
from .campaign import campaign
from .compare import compare
from .edges import edges
from .extract import extract
from .importing import import_
from .noise_sources import noise_sources
from .output import StoppedError, plain_warnings, resumable
from .pair import pair
from .predict import predict
from .process import flush, print_version, refuse_empty, stand_in_for_closed_streams, stoppable, uninterrupted
from .program import program
from .pulse import pulse
from .report import report
from .train import train

_INTERRUPTED = 130

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
    ("pulse", pulse),
    ("pair", pair),
    ("edges", edges),
    ("extract", extract),
    ("import", import_),
    ("compare", compare),
    ("train", train),
    ("predict", predict),
    ("program", program),
    ("benchmark-programmers", benchmark_programmers),
    ("noise-sources", noise_sources),
    ("campaign", campaign),
    ("report", report),
):
    app.command(name=_name)(_command)
app.add_typer(array.app, name="array")
app.add_typer(dataset.app, name="dataset")
app.add_typer(model.app, name="model")


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and end.", callback=print_version, is_eager=True)
    ] = False,
) -> None:
    """SPICE-level co-simulation of memristor programming."""


@plain_warnings()
def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line, and end the process: exceptions become one clear line and an exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    stand_in_for_closed_streams()
    with stoppable() as came:
        code = _run(given)
        code = 128 + came[0] if came and code == _INTERRUPTED else code
        with uninterrupted():
            code = _leave(code)
    sys.exit(code)


def _run(arguments: list[str]) -> int | str | None:
    """Run a command and return its exit code."""
    try:
        refuse_empty(arguments)
        app(args=arguments, standalone_mode=True)
    except SystemExit as stop:
        # typer makes 130 of Ctrl-C, and says nothing
        return _complain("interrupted", _INTERRUPTED) if stop.code == _INTERRUPTED else stop.code
    except (UnicodeError, ValueError) as error:
        return _complain(error, 2)
    except (ToolError, SimulationError, OutputError) as error:
        return _complain(error, 1)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else "cannot read or write: "
        # a name that no system takes is that of an input: outputs have errors of their own
        return _complain(f"{where}{error.strerror or error}", 2 if error.errno == errno.ENAMETOOLONG else 1)
    except MemoryError:
        return _complain("there is not enough memory on this machine for what was asked", 1)
    except StoppedError as error:
        return _complain(error, _INTERRUPTED)
    except KeyboardInterrupt:
        return _complain("interrupted", _INTERRUPTED)
    return 0


def _leave(code: int | str | None) -> int | str | None:
    """End what the command has started, and write out what it has printed; return the exit code."""
    from ..spice.ngspice import default_engine

    default_engine().close()
    error = flush()
    return code if error is None else _complain(f"cannot write the output: {error}", 1)


def _complain(error: object, code: int) -> int:
    """Print what is wrong, in one line; return the exit code."""
    print(f"ouro-spice: {error}", file=sys.stderr)
    return code
