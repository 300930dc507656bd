"""What an ngspice of ours finds where it starts: nothing but what it is given."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def surroundings(folder: str, library: str | Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment in which ngspice starts without any file or variable of this machine.

    Start-up files are looked for in the working folder, the home folder and the installation, where any of them may
    change options, temperature or dialect. Here the only one is written into `folder`: it loads the code models.

    Parameters
    ----------
    folder
        An empty folder; it is the home folder of that environment.
    library
        The shared library; its code models lie beside it.
    environment
        Variables to start from; ngspice's own are left out.
    """
    models = sorted(Path(library).resolve().parent.glob("ngspice/*.cm"))
    Path(folder, "spinit").write_text("".join(["* code models\n", *(f"codemodel {path}\n" for path in models)]))
    kept = {name: value for name, value in environment.items() if not name.startswith(("SPICE_", "NGSPICE_"))}
    return kept | {"HOME": folder, "SPICE_SCRIPTS": folder}
