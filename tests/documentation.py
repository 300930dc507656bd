"""Run the Python and shell blocks of README.md and docs/*.md from top to bottom, as a reader would paste them.

    python tests/documentation.py [FILE ..] [--jobs N]

Each file has a process and an empty folder of its own. Its Python blocks run in one namespace, its shell blocks with
`sh -e` between them. OURO_SPICE_N, which the blocks read, is 24 where it is not set. `make` only checks that there is
such a target. A block that is not run says why: "```sh no-run: REASON"; its commands are parsed all the same.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
COPIED = ("netlists", "training", "results", "examples")
"""Folders of the repository that commands in the documentation name."""

LANGUAGES = ("python", "sh", "text", "console", "csv", "toml")
LIMIT_S = 900.0
SMALL_N = "24"
_MARK = "@@line:"

WARNINGS = ("-W", "error", "-W", "default::UserWarning")
"""The package's own warnings, UserWarnings all, may come of a small n."""

MAKE = """#!/bin/sh
for target; do
  case " {targets} " in *" $target "*) ;; *) echo "make: no target $target" >&2; exit 2 ;; esac
done
# what setting up does beside the machine
[ "$1" != setup ] || exec ouro-spice osdi jart_vcm_v1b --link netlists/osdi
"""


class BlockError(Exception):
    """A block that does not do what a reader expects: line and reason."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line


@dataclass(frozen=True)
class Block:
    """A fenced block: language, why it is not run, where its text begins (counted from 1), its text."""

    language: str
    skipped: str
    line: int
    text: str


def blocks(page: str) -> Iterator[Block]:
    """Yield the fenced blocks of a page; BlockError where one has no end, no known language or no reason."""
    fence = re.compile(r"^ *```(\w*) *(.*)$")
    rows = enumerate(page.splitlines(), start=1)
    for number, row in rows:
        head = fence.match(row)
        if not head:
            continue
        language, said = head.groups()
        skipped = said.removeprefix("no-run:").strip()
        if language not in LANGUAGES:
            raise BlockError(number, f"a block's language is one of {', '.join(LANGUAGES)}, not {language!r}")
        if said and (not said.startswith("no-run:") or not skipped):
            raise BlockError(number, f"behind the language stands nothing or 'no-run: REASON', not {said!r}")
        inside = []
        for _, line in rows:
            if line.strip() == "```":
                break
            inside.append(line)
        else:
            raise BlockError(number, "this block has no end")
        yield Block(language, skipped, number + 1, "\n".join(inside) + "\n")


def run_page(path: Path) -> int:
    """Run the blocks of a page in this process and the current folder; return how many ran."""
    found = list(blocks(path.read_text(encoding="utf-8")))
    space = {"__name__": "__main__"}
    for block in found:
        if block.language == "sh":
            (parse if block.skipped else run_shell)(block)
        elif block.language == "python":
            run_python(block, path, space)
    return sum(block.language in ("python", "sh") and not block.skipped for block in found)


def run_python(block: Block, path: Path, space: dict[str, object]) -> None:
    """Run a block in a namespace, or compile it alone; BlockError with the line of the page that failed."""
    try:
        code = compile("\n" * (block.line - 1) + block.text, str(path), "exec", dont_inherit=True)
        if not block.skipped:
            exec(code, space)
    except SyntaxError as error:
        raise BlockError(error.lineno or block.line, f"SyntaxError: {error.msg}") from None
    except (Exception, SystemExit) as error:
        own = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
        said = str(error).strip().splitlines()
        reason = f"{type(error).__name__}: {said[0] if said else ''}"
        raise BlockError((own or [block.line])[-1] or block.line, reason) from error


def run_shell(block: Block) -> None:
    """Run a block by `sh -e`; BlockError with the line of the page that failed, and the last that was said."""
    script = "".join(f"echo {_MARK}{block.line + line} >&2\n{text}" for line, text in commands(block.text))
    done = subprocess.run(["sh", "-e", "-c", script], capture_output=True, text=True)
    if done.returncode:
        at = re.findall(rf"^{_MARK}(\d+)$", done.stderr, re.MULTILINE)
        said = [row for row in done.stderr.splitlines() if row.strip() and not row.startswith(_MARK)]
        raise BlockError(int(at[-1]), f"exit {done.returncode}: {said[-1] if said else ''}")


def commands(text: str) -> Iterator[tuple[int, str]]:
    """Yield the whole commands of a shell block, each with the number of its first line, counted from 0."""
    begun, part, document = 0, "", ""
    for number, row in enumerate(text.splitlines(keepends=True)):
        part += row
        heads = re.findall(r"<<-?\s*'?(\w+)", row)
        if document or heads:
            document = heads[-1] if heads and not document else document if row.strip() != document else ""
        if not document and not row.endswith("\\\n") and _whole(part):
            yield begun, part
            begun, part = number + 1, ""
    if part:
        yield begun, part


def _whole(text: str) -> bool:
    return subprocess.run(["sh", "-n", "-c", text], capture_output=True).returncode == 0


def parse(block: Block) -> None:
    """Check that the commands of ouro-spice in a block exist and take the options that they are given."""
    for number, text in commands(block.text):
        words = shlex.split(text.replace("\\\n", " "), comments=True)
        if words and Path(words[0]).name == "ouro-spice":
            said = complaint(words[1:])
            if said:
                raise BlockError(block.line + number, said)


def complaint(words: Sequence[str]) -> str:
    """Return what is wrong with a command line of ouro-spice; empty where nothing is."""
    from typer.main import get_command

    from ouro_spice.cli import app

    command, rest = get_command(app), list(words)
    while hasattr(command, "commands"):
        name = rest.pop(0) if rest else ""
        if name not in command.commands:
            return f"ouro-spice has no command {name!r}"
        command = command.commands[name]
    try:
        command.make_context(name, rest)
    except Exception as error:
        # typer brings its own click along, whose exceptions it does not hand out
        if not hasattr(error, "format_message"):
            raise
        return error.format_message()
    return ""


def furnish(folder: Path) -> None:
    """Put into a folder what the documentation takes for granted: the repository's files, and the programs."""
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("osdi", "*.raw", "__pycache__"))
    targets = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[1]
    programs = folder / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name, text in {
        "ouro-spice": f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m ouro_spice "$@"\n',
        "python": f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n',
        "make": MAKE.format(targets=targets),
    }.items():
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)


def check(path: Path) -> str:
    """Run a page in a process and a folder of its own; return what is wrong as FILE:LINE: REASON, or nothing."""
    with tempfile.TemporaryDirectory(prefix="documentation-") as name:
        folder = Path(name)
        furnish(folder)
        environment = os.environ | {
            "PATH": f"{folder / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}".rstrip(os.pathsep),
        }
        environment.setdefault("OURO_SPICE_N", SMALL_N)
        command = [sys.executable, *WARNINGS, str(Path(__file__).resolve()), "--here", str(path.resolve())]
        try:
            done = subprocess.run(
                command, cwd=folder, env=environment, capture_output=True, text=True, timeout=LIMIT_S
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return f"{path.name}: not finished after {LIMIT_S:g} s"
    if done.returncode == 0:
        return ""
    rows = (done.stdout + done.stderr).splitlines()
    own = [row.removeprefix(_MARK) for row in rows if row.startswith(_MARK)]
    return own[-1] if own else "\n".join([f"{path.name}: ended with {done.returncode}", *rows[-5:]])


def run_here(path: Path) -> int:
    """Run a page in this process, print where it fails; return the exit code."""
    try:
        run_page(path)
    except BlockError as error:
        print(f"\n{_MARK}{path.name}:{error.line}: {error}")
        return 1
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the pages that are named, or all; print a line for each and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", nargs="*", type=Path, help="without any: README.md and docs/*.md")
    parser.add_argument("--jobs", type=int, default=2, help="how many pages run at a time")
    parser.add_argument("--here", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.here:
        return run_here(given.here)

    def timed(path: Path) -> tuple[Path, str, float]:
        begun = time.monotonic()
        return path, check(path), time.monotonic() - begun

    missed = 0
    with ThreadPoolExecutor(given.jobs) as threads:
        for path, said, seconds in threads.map(timed, given.pages or PAGES):
            print(f"{path.name:24}{said or 'good'} ({seconds:.0f} s)", flush=True)
            missed += bool(said)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
