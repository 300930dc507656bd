"""Bad inputs and hostile surroundings: command lines, files and folders of every kind that is wrong, one by one.

Counted are tracebacks, hangs, wrong exit codes, messages of several lines and files that are left half-written; each of
them is to be 0. Most cases run in this process, those of closed streams, signals and other environments in processes of
their own. A case is a name, a command line or a function, and the exit code: add one to the lists of `_hostile.py` or
`_hostile_files.py`.
"""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from _common import Figures, Target, arguments, finish, show
from _hostile import LIMIT_S, Case, good, numbers, outputs, words
from _hostile_files import campaign_files, damaged_checkpoints, damaged_datasets, damaged_files, damaged_manifests
from _hostile_surroundings import surroundings

from ouro_spice._util.progress import progress
from ouro_spice.cli import main as command_line

KINDS = ("tracebacks", "hangs", "wrong_exit_codes", "several_lines", "half_written_files")
TARGETS = (*(Target(kind, 0) for kind in KINDS), Target("cases", 300, at_least=True))


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


class HangError(BaseException):
    """A case that takes longer than its limit; no handler of errors takes it for one."""


def late(*_: object) -> None:
    raise HangError


@contextlib.contextmanager
def limited(seconds: int) -> Iterator[None]:
    """Raise HangError in what takes longer."""
    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def run(case: Case, folder: Path) -> tuple[list[str], str]:
    """Return what was wrong with a case, and what it said."""
    before = files(folder)
    out, err = io.StringIO(), io.StringIO()
    found, code = [], None
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            with limited(LIMIT_S):
                code = case.call() if case.call else ended(case.argv)
        except HangError:
            found.append("hangs")
        except BaseException:  # all that a user would see as a traceback
            found.append("tracebacks")
            err.write(traceback.format_exc(limit=-2))
    said = err.getvalue()
    if not found and code != case.code:
        found.append("wrong_exit_codes")
        said = f"exit code {code}, not {case.code}: {said or out.getvalue()}"
    if code in (1, 2) and case.one_line and "Usage" not in said and len(said.strip().splitlines()) > 1:
        found.append("several_lines")
    left = {name for name in files(folder) - before if name.endswith(".part") or case.code in (1, 2)}
    if left - set(case.leaves):
        found.append("half_written_files")
        said += f" left {sorted(left)[:3]}"
    return found, " ".join(said.split())


def ended(argv: Sequence[str]) -> int:
    """The exit code of a command line in this process."""
    try:
        command_line([str(one) for one in argv])
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    return 0


def files(folder: Path) -> set[str]:
    """All files below a folder."""
    return {str((Path(root) / name).relative_to(folder)) for root, _, names in os.walk(folder) for name in names}


def main() -> int:
    args = arguments(__doc__).parse_args()
    begun, counts, rows, group, spent = time.monotonic(), Counter(), [], Counter(), Counter()
    here = Path.cwd()
    with tempfile.TemporaryDirectory(prefix="ouro-hostile-") as name:
        folder = Path(name)
        os.chdir(folder)
        try:
            every = list(cases(folder, args.seed))
            every = [*(every[args.seed % 2 :: 2] if args.quick else every), *surroundings(folder, args.quick)]
            with progress("hostile cases", len(every)) as bar:
                for case in every:
                    start = time.process_time()
                    found, said = run(case, folder)
                    spent[case.group] += time.process_time() - start
                    bar.advance(1, bool(found))
                    counts.update(found)
                    group[case.group] += 1
                    rows += [[case.group, case.name, kind, said[-150:]] for kind in found]
        finally:
            os.chdir(here)
    show("cases", ("group", "cases", "CPU (s)"), [[name, group[name], spent[name]] for name in sorted(group)])
    if rows:
        show("what is wrong", ("group", "case", "kind", "what it said"), rows)
    figures: Figures = {"cases": len(every), "seconds": time.monotonic() - begun} | {k: counts[k] for k in KINDS}
    return finish(args, figures, TARGETS)


if __name__ == "__main__":
    sys.exit(main())
