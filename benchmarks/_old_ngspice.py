"""Debian 12's own ngspice 39, downloaded with apt-get into the cache folder and unpacked there."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from ouro_spice._util import machine
from ouro_spice._util.files import make_folder, write_text
from ouro_spice._util.machine import cache_folder

PACKAGES = ("ngspice", "libngspice0")
SUITE = "bookworm"


def old_ngspice() -> tuple[Path | None, str]:
    """The root of an unpacked ngspice 39 in the cache folder, or None; and what there is to say."""
    root = cache_folder() / "ngspice39"
    program = root / "usr/bin/ngspice"
    if not program.is_file():
        for tool in ("apt-get", "dpkg-deb"):
            if shutil.which(tool) is None:
                return None, f"no {tool} on this machine"
        said = obtain(root)
        if said:
            return None, said
    version = machine.ngspice_version(str(program))
    return (root, f"ngspice {version}") if version == 39 else (None, f"{program} is version {version or 'unknown'}")


def obtain(root: Path) -> str:
    """Download and unpack the packages; what went wrong, or nothing."""
    make_folder(root.parent)
    with tempfile.TemporaryDirectory(dir=root.parent, prefix=".ngspice39-") as name:
        folder = Path(name)
        wanted = [f"{package}/{SUITE}" for package in PACKAGES]
        done = subprocess.run(["apt-get", "download", *wanted], cwd=folder, capture_output=True, text=True, check=False)
        found = sorted(folder.glob("*.deb"))
        if done.returncode or len(found) < len(PACKAGES):
            lines = [line for line in done.stderr.splitlines() if line.startswith("E:")]
            return f"apt-get has no {' '.join(wanted)}: {(lines or ['no more is known'])[0]}"
        for package in found:
            subprocess.run(["dpkg-deb", "-x", str(package), str(folder / "root")], check=True)
        # without a start-up file of its own it would read that of the installed ngspice, and its code models
        scripts = folder / "root/usr/share/ngspice/scripts"
        spinit = (scripts / "spinit").read_text()
        write_text(scripts / "spinit", spinit.replace(" /usr/lib/", f" {root}/usr/lib/"))
        (folder / "root").rename(root)
    return ""
