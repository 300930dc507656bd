"""What was simulated, in full, folded away at the end of a page."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence

from ..provenance.manifest import Manifest
from .page import Page


def manifest_section(page: Page, manifest: Manifest, which: str = "") -> None:
    """Add a manifest in full, folded away: what was simulated; `which` tells it from others."""
    with page.folded(f"What was simulated: manifest, hashes, versions{which}"):
        _whole(page, manifest)


def manifests_section(page: Page, manifests: Sequence[Manifest]) -> None:
    """Add manifests, folded away: of those that differ in their settings alone one in full, of the others these."""
    alike: dict[str, list[Manifest]] = {}
    for manifest in dict.fromkeys(one.to_json() for one in manifests):
        one = Manifest.from_json(manifest)
        alike.setdefault(dataclasses.replace(one, settings={}).to_json(), []).append(one)
    for k, group in enumerate(alike.values(), 1):
        which = f", circuit {k} of {len(alike)}" if len(alike) > 1 else ""
        with page.folded(f"What was simulated: manifest, hashes, versions{which}"):
            _whole(page, group[0])
            if group[1:]:
                page.paragraph(f"Settings of {len(group) - 1} more of that circuit:")
                page.code("\n".join(json.dumps(one.settings, sort_keys=True) for one in group[1:]))


def _whole(page: Page, manifest: Manifest) -> None:
    """Add the hashes of a manifest's files, and all of it as JSON."""
    page.table(("file", "sha256"), sorted(manifest.files.items()))
    page.code(manifest.to_json())
