"""The commit of the repository that the package runs from, and whether what makes figures was changed since."""

from __future__ import annotations

import subprocess
from pathlib import Path

UNKNOWN = "unknown"
CHANGED = " with changes"
"""Behind a commit from which what makes figures differs."""

_MAKERS = ("ouro_spice", "training", "netlists", "verilog_a")
"""What can change a figure."""


def commit(root: Path | None = None) -> str:
    """Return the commit of the sources, with `CHANGED` behind it where files that make figures are not as in it.

    `UNKNOWN` where the package is no work tree of git: an installed one, or a source archive.

    Parameters
    ----------
    root
        The folder that the package lies in; by default that of this one.
    """
    root = (root or Path(__file__).parents[3]).resolve()
    top = _git(root, "rev-parse", "--show-toplevel")
    # a package in another project's repository has no commit of its own there
    if not top or Path(top.strip()).resolve() != root:
        return UNKNOWN
    head = _git(root, "rev-parse", "--verify", "HEAD")
    changes = _git(root, "status", "--porcelain", "--", *_MAKERS)
    if head is None or changes is None:
        return UNKNOWN
    return head.strip() + (CHANGED if changes.strip() else "")


def _git(root: Path, *arguments: str) -> str | None:
    """Return the output of a command of git; None where it fails, or git is not there."""
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout if done.returncode == 0 else None
