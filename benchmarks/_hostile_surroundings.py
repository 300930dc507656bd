"""Hostile surroundings: what `hostile.py` runs in processes of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from _hostile import IMPORT, PAIR, REDUCED, Case

_LIMIT_S = 100
EXTRACT = ("extract", *REDUCED, *PAIR, "--n", "4000", "--out", "long", "--workers", "1")
INFO = ("dataset", "info", "data")
PLAIN_C = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


def surroundings(folder: Path, quick: bool) -> Iterator[Case]:
    """Closed streams, signals, other environments; the quick ones first."""
    yield _shell("closed stdout", f"{_command(*INFO)} >&-", 0)
    yield _shell("closed stderr", f"{_command('dataset', 'info', 'nowhere')} 2>&-", 2)
    yield _shell("full stdout", f"{_command(*INFO, '--json')} >/dev/full", 1)
    yield _signal("SIGTERM", signal.SIGTERM, 143)
    if quick:
        return
    yield _shell("closed stdin", f"{_command(*INFO)} <&-", 0)
    yield _shell("all closed", f"{_command(*INFO)} <&- >&- 2>&-", 0)
    yield _shell("--json into a closed pipe", f"set -o pipefail; {_command(*INFO, '--json')} | true; exit 0", 0)
    yield _shell("version", _command("--version"), 0)
    yield _shell("version by -m", f"{sys.executable} -m ouro_spice --version", 0)
    name = "größe µ 漢"
    commands = {
        "import": (*IMPORT, "--out", name), "check": ("dataset", "check", name), "plot": ("dataset", "plot", name),
        "train": ("train", name, "--out", f"{name}.npz"),
    }  # fmt: skip
    for what, argv in commands.items():
        yield _shell(f"unicode in a plain C locale, {what}", _command(*argv), 0, PLAIN_C)
    yield _shell("a wrong unicode path", _command("dataset", "info", f"{name}?"), 2, PLAIN_C)
    yield _shell("no HOME", f"env -u HOME {_command(*INFO)}", 0)
    yield _shell("no TMPDIR", _command(*INFO), 0, {"TMPDIR": "/nowhere"})
    yield _shell("cache a file", _command("osdi", "jart_vcm_v1b"), 1, {"OURO_SPICE_CACHE": "pulses.csv"})
    yield _signal("SIGHUP", signal.SIGHUP, 129)
    yield _signal("SIGINT", signal.SIGINT, 130)
    yield _shell("nohup", f"nohup {_command(*INFO)}", 0)
    again = [one if one != "long" else "long-SIGTERM" for one in EXTRACT]
    yield _shell("what SIGTERM has stopped goes on", _command(*again), 0)
    yield _shell("and is whole", _command("dataset", "check", "long-SIGTERM"), 0)


def _command(*argv: object) -> str:
    """A command line for the shell."""
    quoted = " ".join(f"'{one}'" for one in argv)
    return f"{sys.executable} -c 'from ouro_spice.cli import main; main()' {quoted}"


def _shell(name: str, line: str, code: int, more: Mapping[str, str] | None = None) -> Case:
    return Case("surroundings", name, code=code, call=lambda: _ended(line, more or {}), one_line=False)


def _ended(line: str, more: Mapping[str, str]) -> int:
    """The exit code of a line of shell; a traceback in what it says is one here."""
    done = subprocess.run(
        ["bash", "-c", line], capture_output=True, stdin=subprocess.DEVNULL, timeout=_LIMIT_S, check=False,
        env=_environment() | more,
    )  # fmt: skip
    said = (done.stdout + done.stderr).decode(errors="replace")
    print(said, file=sys.stderr)
    if "Traceback" in said or "Exception ignored" in said:
        raise RuntimeError(said[-500:])
    return done.returncode


def _signal(name: str, number: int, code: int) -> Case:
    """A signal in the midst of long work: it ends with this exit code, and what it leaves is whole."""

    def call() -> int:
        # a shell in the background lets its children ignore SIGINT
        start = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
        line = [sys.executable, "-c", f"{start}; from ouro_spice.cli import main; main()", *EXTRACT]
        line[line.index("long")] = f"long-{name}"
        with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=_environment()) as child:
            until = time.monotonic() + _LIMIT_S
            folder = Path(f"long-{name}")
            while not list(folder.glob("*.parquet")) and child.poll() is None and time.monotonic() < until:
                time.sleep(0.02)
            child.send_signal(number)
            try:
                _, said = child.communicate(timeout=_LIMIT_S)
            except subprocess.TimeoutExpired:
                child.kill()
                raise
        if b"Traceback" in said:
            raise RuntimeError(said.decode()[-500:])
        half = [path.name for path in folder.iterdir() if path.suffix == ".part"]
        return child.returncode if not half else -1

    return Case("surroundings", name, code=code, call=call, one_line=False)


def _environment() -> dict[str, str]:
    """Return the environment of this process, with the package that it has."""
    import ouro_spice

    paths: Sequence[str] = [str(Path(ouro_spice.__file__).parent.parent), os.environ.get("PYTHONPATH", "")]
    return dict(os.environ) | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
