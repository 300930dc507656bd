"""The sweep of the records that something was made from, by their manifest."""

from __future__ import annotations

from ..dataset.sweep import Sweep
from ..provenance.manifest import Manifest


def swept(manifest: Manifest) -> Sweep | None:
    """Return the sweep of records that vary a voltage; None of those that vary the width of a pulse."""
    return Sweep.from_plain(manifest.settings.get("sweep"))


def sweep_of(manifest: Manifest) -> Sweep:
    """Return the sweep of records that vary a voltage; ValueError of others."""
    found = swept(manifest)
    if found is None:
        raise ValueError("these records vary the width of a pulse: there is no sweep of a voltage")
    return found
